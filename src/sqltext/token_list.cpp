#include "sqltext/token_list.h"

#include <algorithm>

#include "sqltext/outside_statement.h"
#include "sqltext/quoted_text.h"

namespace sqlmig {

TokenList::TokenList(std::string_view text) : text_(text) {
  Lexer lexer(text);
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) {
    tokens_.push_back(token);
    unterminated_ = unterminated_ || token.kind == TokenKind::kUnterminated;
  }
}

std::string_view TokenList::Text(std::size_t i) const {
  return i < tokens_.size() ? tokens_[i].In(text_) : std::string_view();
}

bool TokenList::Is(std::size_t i, std::string_view word) const {
  return i < tokens_.size() && tokens_[i].kind == TokenKind::kWord && IsWord(Text(i), word);
}

bool TokenList::IsOneOf(std::size_t i, std::initializer_list<std::string_view> words) const {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return Is(i, word); });
}

std::string TokenList::Name(std::size_t i) const {
  if (i >= tokens_.size()) return {};
  const TokenKind kind = tokens_[i].kind;
  return kind == TokenKind::kWord || kind == TokenKind::kQuotedWord ? StoredName(Text(i)) : std::string();
}

std::string TokenList::StringAt(std::size_t i) const {
  if (i >= tokens_.size() || !IsText(tokens_[i].kind)) return {};
  return TextReader().Read(tokens_[i], Text(i));
}

DoBody ReadDoBody(std::string_view do_statement) {
  const TokenList tokens(do_statement);
  DoBody body;
  TextReader reader;
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (tokens.Is(i, "language")) {
      ++i;
      const std::string language = i < tokens.size() && IsText(tokens[i].kind) ? tokens.StringAt(i) : tokens.Name(i);
      body.is_sql = language == "plpgsql" || language == "sql";
    } else if (IsText(tokens[i].kind)) {
      body.text += reader.Read(tokens[i], tokens.Text(i));
    }
  }
  body.is_sql = body.is_sql && !TokenList(body.text).unterminated();
  return body;
}

bool BeginsStatement(const TokenList& body, std::size_t i) {
  if (i == 0) return true;
  const std::string_view before = body.Text(i - 1);
  return before == ";" || before == ">>" || body.IsOneOf(i - 1, {"begin", "then", "else", "loop"});
}

}  // namespace sqlmig
