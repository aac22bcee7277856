#include "manifest/problems.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "manifest/scalars.h"
#include "manifest/yaml_syntax.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kQuotedCharacters = 60;
constexpr std::size_t kMaxExcerptLine = 10'000;  // nobody wrote a longer one by hand, and a hundred of them take time

// Whether `key` stands before a colon: `url:`, `"url" :`.
bool HoldsKey(std::string_view line, std::string_view key) {
  for (std::size_t i = line.find(key); i != std::string_view::npos; i = line.find(key, i + 1)) {
    std::size_t after = i + key.size();
    while (after < line.size() && (line[after] == '"' || line[after] == '\'' || line[after] == ' ')) ++after;
    if (after < line.size() && line[after] == ':') return true;
  }
  return false;
}

// Lines of a text by number, found once for all problems.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text) : text_(text) {}

  // REQUIRES: called with ascending numbers.
  std::string_view Line(int number) {
    for (; number_ < number; ++number_) {
      const std::size_t newline = text_.find('\n', start_);
      if (newline == std::string_view::npos) return {};
      start_ = newline + 1;
    }
    return text_.substr(start_, text_.find('\n', start_) - start_);
  }

 private:
  std::string_view text_;
  std::size_t start_ = 0;
  int number_ = 1;
};

// ExcerptAt of the line alone, under the line's own number.
std::string ExcerptOfLine(std::string_view line, TextPosition at) {
  if (line.empty() || line.size() > kMaxExcerptLine || MayHoldSecret(line)) return {};
  const std::string excerpt = ExcerptAt(line, {1, at.column});
  const std::string number = fmt::format("{}", at.line);
  const std::string blanks(number.size() - 1, ' ');
  const std::size_t second = excerpt.find('\n') + 1;
  // "  1 | text\n    | ^\n": the number is at offset 2, the second line's column of it as well.
  return fmt::format("  {}{}  {}{}", number, excerpt.substr(3, second - 3), blanks, excerpt.substr(second + 2));
}

}  // namespace

void Problems::Add(TextPosition at, std::string message, std::string hint) {
  if (full()) {
    ++dropped_;
    return;
  }
  kept_.push_back({at, std::move(message), std::move(hint)});
}

std::vector<Error> Problems::ToErrors(const std::filesystem::path& file, std::string_view text) && {
  std::stable_sort(kept_.begin(), kept_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  std::vector<Error> errors;
  if (text.substr(0, kBom.size()) == kBom) text.remove_prefix(kBom.size());
  LineIndex lines(text);
  const std::size_t shown = std::min(kept_.size(), kMaxShown);
  errors.reserve(shown + 1);
  for (std::size_t i = 0; i < shown; ++i) {
    Problem& problem = kept_[i];
    Error error(ErrorCode::kManifest, std::move(problem.message));
    errors.push_back(
        std::move(error)
            .At({file, problem.at})
            .Hint(std::move(problem.hint))
            .Excerpt(problem.at.line > 0 ? ExcerptOfLine(lines.Line(problem.at.line), problem.at) : std::string()));
  }
  const std::size_t left_out = kept_.size() - shown + dropped_;
  if (left_out > 0) {
    errors.push_back(Error(ErrorCode::kManifest, fmt::format("and {} more problems, the first of them here", left_out))
                         .At({file, shown < kept_.size() ? kept_[shown].at : kept_.back().at})
                         .Hint("correct those above first"));
  }
  return errors;
}

std::string Quoted(std::string_view text) {
  const std::size_t scheme = text.find("://");
  const bool secret = scheme != std::string_view::npos;
  if (secret) text = text.substr(0, scheme + 3);
  const std::size_t end = ByteOfCharacter(text, kQuotedCharacters);
  const bool cut = secret || end < text.size();
  std::string shown = Printable(text.substr(0, end));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return fmt::format("'{}{}'", shown, cut ? "..." : "");
}

bool MayHoldSecret(std::string_view line) {
  static constexpr std::array<std::string_view, 3> kWords = {"://", "passw", "pwd"};
  static constexpr std::array<std::string_view, 2> kKeys = {"url", "command"};
  const std::string lower = LowerCase(line);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; }) ||
         std::any_of(kKeys.begin(), kKeys.end(), [&](std::string_view key) { return HoldsKey(lower, key); });
}

}  // namespace sqlmig
