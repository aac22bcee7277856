#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "sqltext/lexer.h"
#include "sqltext/quoted_text.h"
#include "sqltext/scanner.h"
#include "sqltext/script.h"
#include "sqltext/secret.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

// Strings inside strings that are looked into.
// A shorter string of a secret statement is taken out of a message only where it is a word of its own.
constexpr std::size_t kShortText = 4;

// From its first token or comment to its end.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Range> StatementRanges(std::string_view script) {
  std::vector<Range> ranges;
  ScriptScanner scanner(script);
  Range range;
  const auto close = [&](std::size_t end) {
    range.begin = std::min(script.find_first_not_of(" \t\r\n\f\v", range.begin), end);
    range.end = end;
    ranges.push_back(range);
    range.begin = end;
  };
  for (Token token = scanner.Next(); token.kind != TokenKind::kEnd; token = scanner.Next()) {
    if (token.kind == TokenKind::kCopyData) range.begin = scanner.position();
    if (scanner.statement_ended()) close(token.end);
  }
  close(script.size());
  return ranges;
}

// What the strings of a text say, also those inside strings.
std::vector<std::string> TextsIn(std::string_view statement) {
  std::vector<std::string> texts;
  std::vector<std::pair<std::string, std::size_t>> todo = {{std::string(statement), 0}};
  while (!todo.empty()) {
    const auto [text, depth] = std::move(todo.back());
    todo.pop_back();
    Lexer lexer(text);
    TextReader reader;
    for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) {
      if (!IsText(token.kind)) continue;
      texts.push_back(reader.Read(token, token.In(text)));
      if (depth < kDeepestQuoting) todo.emplace_back(texts.back(), depth + 1);
    }
  }
  return texts;
}

bool IsWordAt(std::string_view text, std::size_t at, std::size_t size) {
  const auto continues = [&](std::size_t i) {
    return i < text.size() && Lexer(text.substr(i, 1)).Next().kind == TokenKind::kWord;
  };
  return (at == 0 || !continues(at - 1)) && !continues(at + size);
}

}  // namespace

bool LineHoldsSecret(std::string_view script, TextPosition at) {
  if (at.line < 1 || !HoldsSecret(script)) return false;
  std::size_t begin = 0;
  for (int line = 1; line < at.line; ++line) {
    const std::size_t newline = script.find('\n', begin);
    if (newline == std::string_view::npos) return true;  // it is not one of the script's
    begin = newline + 1;
  }
  const std::size_t end = std::min(script.find('\n', begin), script.size());
  const std::vector<Range> ranges = StatementRanges(script);
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    return range.begin <= end && range.end >= begin && HoldsSecret(script.substr(range.begin, range.end - range.begin));
  });
}

std::string ExcerptWithoutSecret(std::string_view script, TextPosition at) {
  return LineHoldsSecret(script, at) ? std::string() : ExcerptAt(script, at);
}

std::string WithoutQuotes(std::string message) {
  // Of other languages too. What is quoted may hold quotes itself.
  static constexpr std::array<std::string_view, 10> kQuotes = {
      "\"",           "'",           "`", "\xC2\xAB", "\xC2\xBB", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E",
      "\xE2\x80\x98", "\xE2\x80\x99"};
  std::size_t first = std::string::npos;
  std::size_t last = 0;
  for (const std::string_view quote : kQuotes) {
    const std::size_t open = message.find(quote);
    if (open == std::string::npos) continue;
    first = std::min(first, open + quote.size());
    last = std::max(last, message.rfind(quote));
  }
  if (first == std::string::npos) return message;
  if (last < first) last = message.size();
  return message.replace(first, last - first, "****");
}

std::string WithoutTextsOf(std::string_view statement, std::string message) {
  std::vector<std::string> texts = TextsIn(statement);
  // One may be a part of another: the longer goes first.
  std::sort(texts.begin(), texts.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const std::string& text : texts) {
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    for (std::size_t at = message.find(text); at != std::string::npos; at = message.find(text, at)) {
      const bool masks = text.size() >= kShortText || IsWordAt(message, at, text.size());
      if (masks) message.replace(at, text.size(), "****");
      at += masks ? 4 : 1;
    }
  }
  return message;
}

}  // namespace sqlmig
