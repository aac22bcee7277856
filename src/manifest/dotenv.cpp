#include "manifest/dotenv.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "manifest/scalars.h"
#include "manifest/yaml_syntax.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxProblems = 20;

bool IsBlankByte(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

class DotenvParser {
 public:
  DotenvParser(std::string_view text, const std::filesystem::path& file) : text_(text), file_(file) {}

  EnvironmentMap Parse() {
    while (at_ < text_.size() && problems_.size() < kMaxProblems) {
      ReadLine();
      at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
    }
    ThrowAll(std::move(problems_));
    return std::move(values_);
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\n'; }

  void SkipBlanks() {
    while (at_ < text_.size() && IsBlankByte(text_[at_])) ++at_;
  }

  void Report(std::size_t offset, std::string message, std::string hint) {
    problems_.push_back(Error(ErrorCode::kManifest, std::move(message))
                            .At({file_, PositionOfByte(text_, offset)})
                            .Hint(std::move(hint)));
  }

  void ReadLine() {
    SkipBlanks();
    if (Peek() == '\n' || Peek() == '#') return;
    constexpr std::string_view kExport = "export";
    if (text_.substr(at_, kExport.size()) == kExport && at_ + kExport.size() < text_.size() &&
        IsBlankByte(text_[at_ + kExport.size()])) {
      at_ += kExport.size();
      SkipBlanks();
    }
    const std::size_t start = at_;
    while (IsMadeOf(std::string_view(text_).substr(at_, 1), "_.-") && at_ < text_.size()) ++at_;
    const std::string_view key = text_.substr(start, at_ - start);
    if (key.empty() || (key[0] >= '0' && key[0] <= '9') || key[0] == '-' || key[0] == '.') {
      return Report(start, "expected the name of a variable", "write KEY=VALUE, or start a comment with '#'");
    }
    SkipBlanks();
    if (Peek() != '=')
      return Report(at_, fmt::format("'{}' is not followed by '='", key),
                    "write KEY=VALUE, the name made of letters, digits and '_'");
    ++at_;
    SkipBlanks();
    const bool quoted = Peek() == '"' || Peek() == '\'';
    if (auto value = quoted ? ReadQuoted(key) : ReadPlain())
      values_.insert_or_assign(std::string(key), std::move(*value));
  }

  std::optional<std::string> ReadPlain() {
    const std::size_t start = at_;
    while (Peek() != '\n' && !(Peek() == '#' && (at_ == start || IsBlankByte(text_[at_ - 1])))) ++at_;
    std::size_t end = at_;
    while (end > start && IsBlankByte(text_[end - 1])) --end;
    return std::string(text_.substr(start, end - start));
  }

  std::optional<std::string> ReadQuoted(std::string_view key) {
    const std::size_t start = at_;
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
        AppendEscape(value);
      } else {
        value += text_[at_++];
      }
    }
    if (at_ >= text_.size()) {
      // The lines behind it are no value: go on with them, to find what else is wrong.
      at_ = start;
      Report(start, fmt::format("the value of '{}' has no closing {}", key, quote),
             fmt::format("end the value with {}", quote));
      return std::nullopt;
    }
    ++at_;
    const std::size_t after = at_;
    SkipBlanks();
    if (Peek() == '\n' || (Peek() == '#' && at_ > after)) return value;
    Report(at_, fmt::format("text after the quoted value of '{}'", key),
           "quote the whole value, and put ' #' before a comment");
    return std::nullopt;
  }

  void AppendEscape(std::string& value) {
    const char c = text_[at_ + 1];
    at_ += 2;
    switch (c) {
      case 'n':
        value += '\n';
        return;
      case 'r':
        value += '\r';
        return;
      case 't':
        value += '\t';
        return;
      case '"':
      case '\'':
      case '\\':
      case '$':
        value += c;
        return;
      default:
        value.append({'\\', c});
    }
  }

  std::string_view text_;
  const std::filesystem::path& file_;
  std::size_t at_ = 0;
  EnvironmentMap values_;
  std::vector<Error> problems_;
};

}  // namespace

EnvironmentMap ParseDotenv(std::string_view text, const std::filesystem::path& file) {
  if (text.substr(0, kBom.size()) == kBom) text.remove_prefix(kBom.size());
  const std::size_t nul = text.find('\0');
  const std::size_t wrong = std::min(nul, FindInvalidUtf8(text));
  if (wrong != std::string_view::npos) {
    throw Error(ErrorCode::kManifest, nul == wrong ? "NUL byte" : "not UTF-8 text")
        .At({file, PositionOfByte(text, wrong)})
        .Hint("save the file as UTF-8 text");
  }
  return DotenvParser(text, file).Parse();
}

}  // namespace sqlmig
