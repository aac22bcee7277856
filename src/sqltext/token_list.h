// The tokens of a text that is short enough to look at them in any order.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "sqltext/lexer.h"

namespace sqlmig {

class TokenList {
 public:
  // `text` must outlive the list.
  explicit TokenList(std::string_view text);

  std::size_t size() const { return tokens_.size(); }
  const Token& operator[](std::size_t i) const { return tokens_[i]; }
  // Empty behind the last token.
  std::string_view Text(std::size_t i) const;

  // Whether the token is this keyword, or one of these, given in lower case.
  bool Is(std::size_t i, std::string_view word) const;
  bool IsOneOf(std::size_t i, std::initializer_list<std::string_view> words) const;
  // A name as the server stores it; empty when the token is none.
  std::string Name(std::size_t i) const;
  // What a string says, when the token is one and does not continue another.
  std::string StringAt(std::size_t i) const;
  // A string or comment that the end of the text cuts off: what was taken for SQL is surely something else.
  bool unterminated() const { return unterminated_; }

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  bool unterminated_ = false;
};

// What a DO runs.
struct DoBody {
  std::string text;
  bool is_sql = true;  // of its comments and strings: PL/pgSQL
};

DoBody ReadDoBody(std::string_view do_statement);

// Whether a statement of a PL/pgSQL body may begin with this token.
bool BeginsStatement(const TokenList& body, std::size_t i);

}  // namespace sqlmig
