#include "catalog/line_diff.h"

#include <algorithm>
#include <cstdint>

namespace sqlmig {
namespace {

using Lines = std::vector<std::string_view>;

// A table of this many cells takes some milliseconds; what is larger is shown as replaced altogether.
constexpr std::size_t kMaxCells = 4'000'000;

Lines Split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

struct Line {
  char mark;  // ' ', '-', '+'
  std::string_view text;
};

// The longest common subsequence by the textbook, after what both begin and end with.
class Diff {
 public:
  Diff(const Lines& before, const Lines& after) : before_(before), after_(after) {
    const std::size_t shorter = std::min(before.size(), after.size());
    while (begin_ < shorter && before[begin_] == after[begin_]) ++begin_;
    while (end_ < shorter - begin_ && before[before.size() - 1 - end_] == after[after.size() - 1 - end_]) ++end_;
  }

  std::vector<Line> Run() {
    for (std::size_t i = 0; i < begin_; ++i) lines_.push_back({' ', before_[i]});
    const std::size_t rows = before_.size() - begin_ - end_;
    const std::size_t columns = after_.size() - begin_ - end_;
    if ((rows + 1) * (columns + 1) <= kMaxCells) Fill(rows, columns);
    Walk(rows, columns);
    for (std::size_t i = before_.size() - end_; i < before_.size(); ++i) lines_.push_back({' ', before_[i]});
    return std::move(lines_);
  }

 private:
  std::string_view Old(std::size_t row) const { return before_[begin_ + row]; }
  std::string_view New(std::size_t column) const { return after_[begin_ + column]; }
  // Length of the longest common subsequence from here on.
  std::uint32_t At(std::size_t row, std::size_t column) const {
    return table_.empty() ? 0 : table_[row * width_ + column];
  }

  void Fill(std::size_t rows, std::size_t columns) {
    width_ = columns + 1;
    table_.assign((rows + 1) * width_, 0);
    for (std::size_t r = rows; r-- > 0;) {
      for (std::size_t c = columns; c-- > 0;) {
        table_[r * width_ + c] = Old(r) == New(c) ? At(r + 1, c + 1) + 1 : std::max(At(r + 1, c), At(r, c + 1));
      }
    }
  }

  void Walk(std::size_t rows, std::size_t columns) {
    std::size_t r = 0;
    std::size_t c = 0;
    while (r < rows || c < columns) {
      if (!table_.empty() && r < rows && c < columns && Old(r) == New(c)) {
        lines_.push_back({' ', Old(r)});
        ++r;
        ++c;
      } else if (r < rows && (c == columns || At(r + 1, c) >= At(r, c + 1))) {
        lines_.push_back({'-', Old(r++)});
      } else {
        lines_.push_back({'+', New(c++)});
      }
    }
  }

  const Lines& before_;
  const Lines& after_;
  std::size_t begin_ = 0;  // lines that both begin with
  std::size_t end_ = 0;    // lines that both end with
  std::size_t width_ = 0;
  std::vector<std::uint32_t> table_;
  std::vector<Line> lines_;
};

// Which lines are near a change.
std::vector<bool> Shown(const std::vector<Line>& lines, std::size_t context) {
  std::vector<bool> shown(lines.size(), false);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].mark == ' ') continue;
    const std::size_t from = i - std::min(i, context);
    const std::size_t to = std::min(lines.size() - 1, i + context);
    for (std::size_t k = from; k <= to; ++k) shown[k] = true;
  }
  return shown;
}

}  // namespace

std::vector<std::string> LineDiff(std::string_view before, std::string_view after, std::size_t context) {
  const Lines old_lines = Split(before);
  const Lines new_lines = Split(after);
  const std::vector<Line> lines = Diff(old_lines, new_lines).Run();
  const std::vector<bool> shown = Shown(lines, context);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (shown[i]) {
      texts.push_back(std::string(1, lines[i].mark) + " " + std::string(lines[i].text));
    } else if (i == 0 || shown[i - 1]) {
      texts.emplace_back("  ...");
    }
  }
  return texts;
}

}  // namespace sqlmig
