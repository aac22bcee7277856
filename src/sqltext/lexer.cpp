#include "sqltext/lexer.h"

#include <algorithm>
#include <array>

namespace sqlmig {
namespace {

constexpr std::uint8_t kBlank = 1;
constexpr std::uint8_t kDigit = 2;
constexpr std::uint8_t kWordStart = 4;
constexpr std::uint8_t kWordPart = 8;  // also '$', which no dollar quote's tag has
constexpr std::uint8_t kOperatorPart = 16;

constexpr std::array<std::uint8_t, 256> MakeClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (const char c : std::string_view(" \t\n\r\f\v")) classes[static_cast<unsigned char>(c)] = kBlank;
  for (std::size_t c = '0'; c <= '9'; ++c) classes[c] = kDigit | kWordPart;
  for (std::size_t c = 'a'; c <= 'z'; ++c) classes[c] = kWordStart | kWordPart;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) classes[c] = kWordStart | kWordPart;
  for (std::size_t c = 0x80; c <= 0xFF; ++c) classes[c] = kWordStart | kWordPart;
  classes['_'] = kWordStart | kWordPart;
  classes['$'] = kWordPart;
  for (const char c : std::string_view("~!@#^&|`?+-*/%<>=")) classes[static_cast<unsigned char>(c)] = kOperatorPart;
  return classes;
}

constexpr std::array<std::uint8_t, 256> kClasses = MakeClasses();

bool Is(char c, std::uint8_t classes) {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

// Characters that let a multi-character operator end in '+' or '-'.
bool IsBeyondStandardSql(char c) {
  return std::string_view("~!@#^&|`?%").find(c) != std::string_view::npos;
}

}  // namespace

char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool IsWord(std::string_view token, std::string_view lower) {
  return std::equal(token.begin(), token.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return LowerAscii(a) == b; });
}

Token Lexer::Next() {
  if (!SkipBlanks()) return Make(TokenKind::kUnterminated, at_, text_.size());
  if (at_ >= text_.size()) return Make(TokenKind::kEnd, text_.size(), text_.size());
  const char c = text_[at_];
  if (Is(c, kWordStart)) return LexWord();
  if (c == '\'') {
    const bool continues = continued_ != Quoting::kNone && newline_before_ && !comment_before_;
    Token token = LexQuoted(at_, at_, continues ? continued_ : Quoting::kPlain);
    if (continues && token.kind == TokenKind::kString) token.kind = TokenKind::kStringContinued;
    return token;
  }
  if (c == '"') return LexQuoted(at_, at_, Quoting::kPlain);
  if (Is(c, kDigit) || (c == '.' && Is(At(at_ + 1), kDigit))) return LexNumber();
  if (c == '$') return LexDollar();
  if (Is(c, kOperatorPart)) return LexOperator();
  return LexSymbol();
}

Token Lexer::Make(TokenKind kind, std::size_t begin, std::size_t end) {
  at_ = end;
  continued_ = Quoting::kNone;
  return {kind, begin, end};
}

bool Lexer::SkipBlanks() {
  newline_before_ = false;
  comment_before_ = false;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (Is(c, kBlank)) {
      newline_before_ = newline_before_ || c == '\n' || c == '\r';
      ++at_;
    } else if (c == '-' && At(at_ + 1) == '-') {
      // As in the server, a carriage return alone ends the comment too.
      while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
    } else if (c == '/' && At(at_ + 1) == '*') {
      comment_before_ = true;
      if (!SkipBlockComment()) return false;
    } else {
      return true;
    }
  }
  return true;
}

bool Lexer::SkipBlockComment() {
  std::size_t depth = 0;
  const std::size_t begin = at_;
  while (at_ + 1 < text_.size()) {
    if (text_[at_] == '/' && text_[at_ + 1] == '*') {
      CountRescan();
      ++depth;
      at_ += 2;
    } else if (text_[at_] == '*' && text_[at_ + 1] == '/') {
      at_ += 2;
      if (--depth == 0) return true;
    } else {
      ++at_;
    }
  }
  at_ = begin;
  return false;
}

void Lexer::CountRescan() {
  if (at_ >= operator_run_end_) {
    run_begin_ = at_;
    before_run_ = rescanned_;
    operator_run_end_ = at_;
    while (operator_run_end_ < text_.size() && Is(text_[operator_run_end_], kOperatorPart)) ++operator_run_end_;
    return;
  }
  rescanned_ += operator_run_end_ - at_;
  if (rescanned_ - before_run_ <= most_) return;
  most_ = rescanned_ - before_run_;
  most_at_ = run_begin_;
}

// The string or quoted identifier whose opening quote is at `quote`; a prefix such as U& may stand before it.
Token Lexer::LexQuoted(std::size_t begin, std::size_t quote, Quoting quoting) {
  const char mark = text_[quote];
  // In B'' and X'' a doubled quote ends one string and begins another.
  const char prefix = quote == begin + 1 ? LowerAscii(text_[begin]) : '\0';
  const bool doubles = prefix != 'b' && prefix != 'x';
  std::size_t i = quote + 1;
  for (; i < text_.size(); ++i) {
    if (text_[i] == '\\' && quoting == Quoting::kEscapes) {
      ++i;
    } else if (text_[i] == mark) {
      if (!doubles || At(i + 1) != mark) break;
      ++i;
    }
  }
  if (i >= text_.size()) return Make(TokenKind::kUnterminated, begin, text_.size());
  const Token token = Make(mark == '"' ? TokenKind::kQuotedWord : TokenKind::kString, begin, i + 1);
  if (mark == '\'') continued_ = quoting;
  return token;
}

Token Lexer::LexDollar() {
  std::size_t i = at_ + 1;
  if (Is(At(i), kDigit)) {
    while (Is(At(i), kDigit)) ++i;
    return Make(TokenKind::kParameter, at_, i);
  }
  if (Is(At(i), kWordStart)) {
    while (Is(At(i), kWordPart) && At(i) != '$') ++i;
  }
  if (At(i) != '$') return Make(TokenKind::kSymbol, at_, at_ + 1);
  const std::string_view delimiter = text_.substr(at_, i + 1 - at_);
  // Two occurrences of `delimiter` cannot overlap but for their '$', so this is linear.
  const std::size_t close = text_.find(delimiter, i + 1);
  if (close == std::string_view::npos) return Make(TokenKind::kUnterminated, at_, text_.size());
  return Make(TokenKind::kDollarString, at_, close + delimiter.size());
}

// Letters that follow a number are taken as part of it: 0x1F and 1_000 are numbers since PostgreSQL 16, anything else
// is an error since 15, and "1a" and "1 a" must never look alike.
Token Lexer::LexNumber() {
  std::size_t i = at_;
  const auto digits = [&] {
    while (Is(At(i), kDigit) || At(i) == '_') ++i;
  };
  const bool radix = text_[i] == '0' && std::string_view("xob").find(LowerAscii(At(i + 1))) != std::string_view::npos &&
                     Is(At(i + 2), kWordPart);
  if (!radix) {
    digits();
    if (At(i) == '.' && At(i + 1) != '.') {
      ++i;
      digits();
    }
    const bool sign = At(i + 1) == '+' || At(i + 1) == '-';
    if (LowerAscii(At(i)) == 'e' && Is(At(i + (sign ? 2U : 1U)), kDigit)) {
      i += 2;
      digits();
    }
  }
  // Before 15, 1E'x' was a number and a string.
  if (radix || (Is(At(i), kWordStart) && At(i + 1) != '\'')) {
    while (Is(At(i), kWordPart)) ++i;
  }
  return Make(TokenKind::kNumber, at_, i);
}

Token Lexer::LexWord() {
  const char next = At(at_ + 1);
  const char c = LowerAscii(text_[at_]);
  if (next == '\'') {
    if (c == 'e') return LexQuoted(at_, at_ + 1, Quoting::kEscapes);
    if (c == 'b' || c == 'x' || c == 'n') return LexQuoted(at_, at_ + 1, Quoting::kPlain);
  }
  if (c == 'u' && next == '&' && (At(at_ + 2) == '\'' || At(at_ + 2) == '"')) {
    return LexQuoted(at_, at_ + 2, Quoting::kPlain);
  }
  std::size_t i = at_ + 1;
  while (i < text_.size() && Is(text_[i], kWordPart)) ++i;
  return Make(TokenKind::kWord, at_, i);
}

Token Lexer::LexOperator() {
  CountRescan();
  if (at_ < single_signs_end_) return Make(TokenKind::kOperator, at_, at_ + 1);
  std::size_t end = at_ + 1;
  bool may_end_in_sign = IsBeyondStandardSql(text_[at_]);
  while (end < text_.size() && Is(text_[end], kOperatorPart)) {
    const std::string_view two = text_.substr(end, 2);
    if (two == "--" || two == "/*") break;
    may_end_in_sign = may_end_in_sign || IsBeyondStandardSql(text_[end]);
    ++end;
  }
  if (!may_end_in_sign) {
    // The SQL standard has "a=-1" be three tokens. What is stripped here is nothing but signs, each a token by itself.
    single_signs_end_ = end;
    while (end > at_ + 1 && (text_[end - 1] == '+' || text_[end - 1] == '-')) --end;
  }
  return Make(TokenKind::kOperator, at_, end);
}

Token Lexer::LexSymbol() {
  const std::string_view two = text_.substr(at_, 2);
  if (two == "::" || two == ":=" || two == "..") return Make(TokenKind::kSymbol, at_, at_ + 2);
  return Make(text_[at_] == '\\' ? TokenKind::kBackslash : TokenKind::kSymbol, at_, at_ + 1);
}

}  // namespace sqlmig
