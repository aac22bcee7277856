// What the strings of a text say.
#pragma once

#include <string>
#include <string_view>

#include "sqltext/lexer.h"

namespace sqlmig {

// Strings in strings are looked into so many times.
inline constexpr std::size_t kDeepestQuoting = 4;

bool IsText(TokenKind kind);

// Reads strings in the order in which they stand. Escapes are undone as far as it takes to find words and quotes in
// them: tabs and the like of E'...' become blanks, characters written as numbers stay as they are written.
class TextReader {
 public:
  // `text` is that of the token. REQUIRES: IsText(token.kind).
  std::string Read(const Token& token, std::string_view text);

 private:
  bool escapes_ = false;  // the string read last is an E'...'
};

}  // namespace sqlmig
