#include "manifest/entry_lines.h"

#include <algorithm>
#include <array>

#include "manifest/yaml_syntax.h"

namespace sqlmig {
namespace {

// What a plain scalar may be made of here; YAML allows more. Spaces only between these.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = '0'; c <= '9'; ++c) plain[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) plain[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) plain[static_cast<std::size_t>(c)] = true;
  for (const char c : {'_', '.', '/', '+', '-'}) plain[static_cast<unsigned char>(c)] = true;
  return plain;
}();

// YAML bounds the length of a key.
constexpr std::size_t kMaxKeyBytes = 1000;

bool IsPlain(char c) {
  return kPlain[static_cast<unsigned char>(c)];
}

// Reads one map in braces. Every method is false for what is not the plain common form.
class MapReader {
 public:
  MapReader(std::string_view text, std::size_t line_start, std::size_t line, std::size_t at,
            std::vector<YamlNode>& nodes)
      : text_(text), line_start_(line_start), line_(line), at_(at), nodes_(nodes) {}

  // Where the reader stands: after the closing brace, if Map() was true.
  std::size_t at() const noexcept { return at_; }

  bool Map() {
    const std::size_t index = Add(NodeKind::kMap, at_++);
    do {
      SkipSpaces();
      const std::size_t key = at_;
      if (!Plain() || at_ - key > kMaxKeyBytes || !Skip(':') || Peek() != ' ') return false;
      SkipSpaces();
      if (!(Peek() == '[' ? List() : Scalar())) return false;
      SkipSpaces();
    } while (Skip(','));
    return Close(index, '}');
  }

 private:
  bool List() {
    const std::size_t index = Add(NodeKind::kSequence, at_++);
    SkipSpaces();
    if (Peek() == ']') return Close(index, ']');
    do {
      SkipSpaces();
      if (!Scalar()) return false;
      SkipSpaces();
    } while (Skip(','));
    return Close(index, ']');
  }

  bool Scalar() {
    const char c = Peek();
    return c == '"' || c == '\'' ? InQuotes(c) : Plain();
  }

  bool Plain() {
    const std::size_t start = at_;
    if (!IsPlain(Peek()) || Peek() == '-') return false;
    std::size_t end = start;
    while (IsPlain(Peek()) || Peek() == ' ') {
      if (text_[at_++] != ' ') end = at_;
    }
    at_ = end;
    const std::string_view value = text_.substr(start, end - start);
    if (IsNullWord(value)) return false;
    AddScalar(start, start, value.size());
    return true;
  }

  bool InQuotes(char quote) {
    const std::size_t start = at_++;
    while (Peek() != quote) {
      if (Peek() == '\0' || Peek() == '\\' || Peek() == '\t') return false;
      ++at_;
    }
    ++at_;
    if (Peek() == quote) return false;  // '' is one quote
    AddScalar(start, start + 1, at_ - start - 2);
    return true;
  }

  // The end of the line and of the text are 0: a checked text holds none.
  char Peek() const { return at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r' ? text_[at_] : '\0'; }
  bool Skip(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  void SkipSpaces() {
    while (Peek() == ' ') ++at_;
  }

  std::size_t Add(NodeKind kind, std::size_t offset) {
    YamlNode& node = nodes_.emplace_back();
    node.kind = kind;
    node.flow = kind != NodeKind::kScalar;
    node.offset = static_cast<std::uint32_t>(offset);
    node.line = static_cast<std::uint32_t>(line_);
    node.column = static_cast<std::uint32_t>(offset - line_start_);
    return nodes_.size() - 1;
  }
  void AddScalar(std::size_t offset, std::size_t text, std::size_t length) {
    YamlNode& node = nodes_[Add(NodeKind::kScalar, offset)];
    node.text = static_cast<std::uint32_t>(text);
    node.length = static_cast<std::uint32_t>(length);
  }
  bool Close(std::size_t index, char bracket) {
    nodes_[index].size = static_cast<std::uint32_t>(nodes_.size() - index);
    return Skip(bracket);
  }

  std::string_view text_;
  std::size_t line_start_;
  std::size_t line_;
  std::size_t at_;
  std::vector<YamlNode>& nodes_;
};

// Whether nothing but spaces and a comment is between `from` and the end of the line.
bool IsEndOfLine(std::string_view text, std::size_t from, std::size_t line_end) {
  const std::string_view tail = text.substr(from, line_end - from);
  const std::size_t used = tail.find_first_not_of(' ');
  return used == std::string_view::npos || (tail[used] == '#' && used > 0) ||
         (tail[used] == '\r' && used + 1 == tail.size());
}

}  // namespace

EntryLines::EntryLines(std::string_view text) : text_(text) {
  nodes_.reserve(text.size() / 10);  // an entry with one dependency and a description has nine
  std::size_t line = 0;
  for (std::size_t start = 0; start < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::size_t dash = std::min(text.find_first_not_of(' ', start), text.size());
    if (text.substr(dash, 3) == "- {") {
      const std::size_t first_node = nodes_.size();
      MapReader reader(text, start, line, dash + 2, nodes_);
      if (reader.Map() && IsEndOfLine(text, reader.at(), end)) {
        Take(start, dash - start, reader.at(), end);
        runs_.back().end_node = nodes_.size();
      } else {
        nodes_.resize(first_node);
      }
    }
    start = end + 1;
  }
  if (!runs_.empty()) rest_ += text.substr(copied_);
}

void EntryLines::Take(std::size_t line_start, std::size_t indentation, std::size_t map_end, std::size_t line_end) {
  const std::size_t map = line_start + indentation + 2;
  if (!runs_.empty() && line_start == run_end_ && indentation == run_indentation_) {
    ++runs_.back().lines;
  } else {
    rest_ += text_.substr(copied_, map - copied_);
    const Run before = runs_.empty() ? Run() : runs_.back();
    runs_.push_back({map, rest_.size(), 0, before.lines, before.end_node, before.end_node});
    rest_ += "{}";
  }
  runs_.back().end = map_end;
  copied_ = map_end;
  run_end_ = line_end + 1;
  run_indentation_ = indentation;
}

}  // namespace sqlmig
