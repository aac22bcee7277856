#include "sqltext/outline.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/scanner.h"
#include "sqltext/secret.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kShownCommand = 20;

// Tokens to segments, and the text without its COPY data to script.sql.
class OutlineReader {
 public:
  OutlineReader(const std::filesystem::path& file, ParsedScript& script)
      : file_(file), script_(script), text_(script.original), scanner_(text_) {}

  Outline Read() {
    for (Token token = scanner_.Next(); token.kind != TokenKind::kEnd; token = scanner_.Next()) {
      Take(token);
    }
    if (copy_) script_.copy_data.emplace_back();  // the file ends with the statement: no lines
    CloseSegment(true);
    KeepUpTo(text_.size());
    outline_.rescanned = scanner_.rescanned();
    outline_.rescanned_most_at = scanner_.rescanned_most_at();
    return std::move(outline_);
  }

 private:
  void Take(const Token& token) {
    switch (token.kind) {
      case TokenKind::kBackslash:
        throw MetaCommand(token);
      case TokenKind::kUnterminated:
        throw Unterminated(token);
      case TokenKind::kAfterCopy:
        throw ErrorAt(script_, file_, token.begin, "text between 'COPY ... FROM stdin;' and its data")
            .Hint("put it on a line of its own, after the line '\\.' that ends the data");
      case TokenKind::kCopyData:
        CutOut(token);
        return;
      default:
        break;
    }
    const bool ended = scanner_.statement_ended();
    if (token.In(text_) == ";") {
      CloseSegment(ended);
      return;
    }
    if (!open_) segment_.begin = token.begin - cut_;
    open_ = true;
    segment_.end = token.end - cut_;
    copy_ = scanner_.is_copy_from_stdin();
  }

  void CloseSegment(bool ends_statement) {
    if (open_) {
      outline_.segments.push_back({segment_.begin, segment_.end, ends_statement, copy_});
    } else if (ends_statement && !outline_.segments.empty()) {
      outline_.segments.back().ends_statement = true;
    }
    open_ = false;
    copy_ = false;
  }

  void CutOut(const Token& data) {
    script_.copy_data.emplace_back(data.In(text_));
    KeepUpTo(data.begin);
    kept_ = scanner_.position();
    cut_ += kept_ - data.begin;
    script_.pieces.push_back({script_.sql.size(), kept_});
  }

  void KeepUpTo(std::size_t end) { script_.sql.append(text_.substr(kept_, end - kept_)); }

  bool IsSecret(const Token& token) const { return LineHoldsSecret(text_, PositionOfByte(text_, token.begin)); }

  Error Unterminated(const Token& token) const {
    const std::string_view text = token.In(text_);
    if (text.starts_with("/*")) {
      return ErrorAt(script_, file_, token.begin, "unterminated comment").Hint("close it with '*/'; comments nest");
    }
    if (text.starts_with('$')) {
      const std::string_view tag = IsSecret(token) ? "$****$" : text.substr(0, text.find('$', 1) + 1);
      return ErrorAt(script_, file_, token.begin, fmt::format("unterminated dollar-quoted string '{}'", tag))
          .Hint(fmt::format("close it with '{}'", tag));
    }
    if (text[text.find_first_of("'\"")] == '"') {
      return ErrorAt(script_, file_, token.begin, "unterminated quoted identifier").Hint("close it with '\"'");
    }
    return ErrorAt(script_, file_, token.begin, "unterminated quoted string")
        .Hint("close it with a single quote; write a quote inside the string twice");
  }

  Error MetaCommand(const Token& token) const {
    const std::string_view rest = text_.substr(token.begin);
    const std::size_t end = std::min(rest.find_first_of(" \t\r\n\f\v;'\"", 1), rest.size());
    std::string name(rest.substr(0, end));
    if (IsSecret(token)) name = "\\";
    if (CountCharacters(name) > kShownCommand) name = name.substr(0, ByteOfCharacter(name, kShownCommand)) + "...";
    return ErrorAt(script_, file_, token.begin, fmt::format("'{}' is not SQL", name)).Hint(MetaCommandHint(name));
  }

  static std::string MetaCommandHint(std::string_view name) {
    if (name == "\\.") return "put it on a line of its own, below the data of a 'COPY ... FROM stdin;'";
    if (name == "\\i" || name == "\\ir" || name == "\\include" || name == "\\include_relative") {
      return fmt::format(
          "put the included statements here; sqlmig sends SQL to the server itself, and '{}' is a "
          "command of psql",
          name);
    }
    if (name == "\\copy") {
      return "write 'COPY ... FROM stdin;' with the data below it and a last line '\\.'; '\\copy' is a command of psql";
    }
    return fmt::format("remove it; sqlmig sends SQL to the server itself, and '{}' is a command of psql", name);
  }

  const std::filesystem::path& file_;
  ParsedScript& script_;
  const std::string_view text_;
  ScriptScanner scanner_;
  Outline outline_;
  Segment segment_;
  bool open_ = false;  // segment_ has a token
  bool copy_ = false;
  std::size_t kept_ = 0;  // text_ up to here is in script_.sql, or cut out
  std::size_t cut_ = 0;   // bytes cut out so far
};

void CheckBytes(const ParsedScript& script, const std::filesystem::path& file) {
  const std::size_t nul = script.original.find('\0');
  const std::size_t invalid = FindInvalidUtf8(script.original);
  if (nul < invalid) {
    throw ErrorAt(script, file, nul, "NUL byte in the script").Hint("save the file as UTF-8 text");
  }
  if (invalid != std::string::npos) {
    const auto byte = static_cast<unsigned char>(script.original[invalid]);
    throw ErrorAt(script, file, invalid, fmt::format("byte 0x{:02X} is not valid UTF-8", byte))
        .Hint("save the file as UTF-8 text");
  }
}

}  // namespace

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

std::size_t OffsetInOriginal(const ParsedScript& script, std::size_t offset) {
  const auto next =
      std::upper_bound(script.pieces.begin(), script.pieces.end(), offset,
                       [](std::size_t at, const ParsedScript::Piece& piece) { return at < piece.in_sql; });
  if (next == script.pieces.begin()) return std::min(offset, script.original.size());
  const ParsedScript::Piece& piece = *std::prev(next);
  return std::min(piece.in_file + (offset - piece.in_sql), script.original.size());
}

Error ErrorAt(const ParsedScript& script, const std::filesystem::path& file, std::size_t offset, std::string message) {
  const TextPosition at = PositionOfByte(script.original, offset);
  return Error(ErrorCode::kScript, std::move(message))
      .At({file, at})
      .Excerpt(ExcerptWithoutSecret(script.original, at));
}

std::string ExcerptOf(const ParsedScript& script, const SyntaxDoubt& doubt) {
  return HoldsSecret(script.original) ? std::string() : ExcerptAt(script.original, doubt.at);
}

Outline ReadOutline(std::string text, const std::filesystem::path& file, ParsedScript& script) {
  text.erase(0, text.size() - WithoutByteOrderMark(text).size());
  script.original = std::move(text);
  CheckBytes(script, file);
  script.sql.reserve(script.original.size() + 1);
  script.pieces.push_back({0, 0});
  Outline outline = OutlineReader(file, script).Read();
  if (!script.sql.ends_with('\n')) script.sql += '\n';
  return outline;
}

std::vector<Statement> SplitByLexer(const std::vector<Segment>& segments) {
  std::vector<Statement> statements;
  bool open = false;
  for (const Segment& segment : segments) {
    if (!open) statements.push_back({segment.begin, segment.end, false});
    statements.back().end = segment.end;
    statements.back().copy_from_stdin |= segment.copy_from_stdin;
    open = !segment.ends_statement;
  }
  return statements;
}

}  // namespace sqlmig
