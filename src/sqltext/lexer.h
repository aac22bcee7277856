// PostgreSQL's lexical grammar (src/backend/parser/scan.l of the server, standard_conforming_strings = on), without its
// parser: where a token, a string or a comment begins and ends. It serves what the parser cannot: texts of grammars
// newer than the parser's, psql's COPY data, hostile nesting. It never throws, needs no recursion and takes linear
// time for any bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sqlmig {

// The values go into TokenHash: another order would be another kHashAlgorithm.
enum class TokenKind : std::uint8_t {
  kEnd,              // the text is over; an empty token
  kWord,             // unquoted identifier or keyword
  kQuotedWord,       // "x" and U&"x"
  kString,           // 'x', E'x', B'x', X'x', N'x', U&'x'
  kStringContinued,  // 'x' that continues the string before it: nothing but blanks with a newline in between
  kDollarString,     // $tag$x$tag$
  kParameter,        // $1
  kNumber,
  kOperator,
  kSymbol,        // any other single character, and :: := ..
  kBackslash,     // begins no token of SQL: a psql command
  kUnterminated,  // string, quoted identifier or comment that the end of the text cuts off
  kCopyData,      // ScriptScanner only: the lines of a COPY ... FROM stdin
  kAfterCopy,     // ScriptScanner only: what stands between such a COPY's semicolon and its data
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::size_t begin = 0;
  std::size_t end = 0;

  std::string_view In(std::string_view text) const { return text.substr(begin, end - begin); }
};

class Lexer {
 public:
  // `text` must outlive the lexer.
  explicit Lexer(std::string_view text) : text_(text) {}

  // Skips blanks and comments and reads a token. After the end of the text: kEnd, again and again.
  Token Next();

  // Where the next search for a token begins.
  std::size_t position() const { return at_; }
  // REQUIRES: offset >= position() and on a boundary between tokens.
  void Seek(std::size_t offset) { at_ = offset; }

  // The server's scanner reads a run of operator characters again for each comment and each '+' that begins in it. This
  // is how many bytes it has read again so far: the quadratic part of its work.
  std::size_t rescanned() const { return rescanned_; }
  // Where the run begins that cost the most of it.
  std::size_t rescanned_most_at() const { return most_at_; }

 private:
  enum class Quoting : std::uint8_t { kNone, kPlain, kEscapes };

  bool SkipBlanks();  // false: an unterminated comment begins at position()
  bool SkipBlockComment();
  void CountRescan();
  Token Make(TokenKind kind, std::size_t begin, std::size_t end);
  Token LexQuoted(std::size_t begin, std::size_t quote, Quoting quoting);
  Token LexDollar();
  Token LexNumber();
  Token LexWord();
  Token LexOperator();
  Token LexSymbol();
  char At(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t operator_run_end_ = 0;  // end of the run of operator characters looked at last
  std::size_t single_signs_end_ = 0;  // up to here each '+' and '-' is a token of its own
  std::size_t rescanned_ = 0;
  std::size_t run_begin_ = 0;   // of the run looked at last
  std::size_t before_run_ = 0;  // what was read again before it
  std::size_t most_ = 0;        // that was read again in one run
  std::size_t most_at_ = 0;
  bool newline_before_ = false;
  bool comment_before_ = false;         // a block comment
  Quoting continued_ = Quoting::kNone;  // of the previous token, when a string that may be continued
};

// Whether an unquoted token is this keyword, which is given in lower case.
bool IsWord(std::string_view token, std::string_view lower);
char LowerAscii(char c);

}  // namespace sqlmig
