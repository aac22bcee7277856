// Tokens with what psql adds to the lexical grammar: where statements end, and the data of COPY ... FROM stdin.
#pragma once

#include <cstddef>
#include <string_view>

#include "sqltext/lexer.h"

namespace sqlmig {

// Follows one statement from token to token, as psql does: semicolons in parentheses (CREATE RULE ... DO (a; b)) and in
// the body of a function between BEGIN ATOMIC and END do not end it. Of all the words END in such a body only the one
// that begins a statement closes it: others end a CASE or are names (SELECT 1 end).
class StatementTracker {
 public:
  // `text` is that of the token.
  void Add(const Token& token, std::string_view text);

  bool ended() const { return ended_; }
  bool is_copy_from_stdin() const { return copy_ == Copy::kFromStdin; }

 private:
  enum class Copy : unsigned char { kNo, kTable, kFrom, kFromStdin };
  enum class Routine : unsigned char { kNo, kCreate, kCreateOr, kCreateOrReplace, kYes };

  void AddWord(std::string_view word);
  void FollowCopy(std::string_view word);
  void FollowRoutine(std::string_view word);

  std::size_t parentheses_ = 0;
  std::size_t bodies_ = 0;  // open BEGIN ATOMIC
  Copy copy_ = Copy::kNo;
  Routine routine_ = Routine::kNo;
  bool first_ = true;          // the next token begins the statement, or one in a body
  bool before_begin_ = false;  // the last token is BEGIN
  bool ended_ = false;
};

class ScriptScanner {
 public:
  explicit ScriptScanner(std::string_view text) : text_(text), lexer_(text) {}

  Token Next();

  // Whether the token read last is the semicolon that ends a statement.
  bool statement_ended() const { return statement_.ended(); }
  // Whether the statement of the token read last is, so far, a COPY ... FROM stdin.
  bool is_copy_from_stdin() const { return statement_.is_copy_from_stdin(); }
  // Behind the token read last; after kCopyData behind the line that ends the data.
  std::size_t position() const { return lexer_.position(); }
  std::size_t rescanned() const { return lexer_.rescanned(); }
  std::size_t rescanned_most_at() const { return lexer_.rescanned_most_at(); }

 private:
  enum class Due : unsigned char { kToken, kRestOfLine, kData };

  Token Data();

  std::string_view text_;
  Lexer lexer_;
  StatementTracker statement_;
  Due due_ = Due::kToken;
};

}  // namespace sqlmig
