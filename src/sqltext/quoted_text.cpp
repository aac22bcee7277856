#include "sqltext/quoted_text.h"

namespace sqlmig {
namespace {

// A line end closes a comment. Escapes by number spell no keyword that people write.
char Unescaped(char c) {
  if (c == 'n' || c == 'r') return '\n';
  return c == 't' || c == 'b' || c == 'f' ? ' ' : c;
}

// What a string says. `escapes`: it, or the string that it continues, is an E'...'.
std::string Content(TokenKind kind, std::string_view text, bool escapes) {
  if (kind == TokenKind::kDollarString) {
    const std::size_t tag = text.find('$', 1) + 1;
    return std::string(text.substr(tag, text.size() - 2 * tag));
  }
  text.remove_prefix(text.find('\'') + 1);
  text.remove_suffix(1);
  std::string content;
  content.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'' && i + 1 < text.size()) ++i;  // it stands there twice
    if (escapes && text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      content += Unescaped(text[i]);
      continue;
    }
    content += text[i];
  }
  return content;
}

}  // namespace

bool IsText(TokenKind kind) {
  return kind == TokenKind::kString || kind == TokenKind::kStringContinued || kind == TokenKind::kDollarString;
}

std::string TextReader::Read(const Token& token, std::string_view text) {
  escapes_ = LowerAscii(text[0]) == 'e' || (escapes_ && token.kind == TokenKind::kStringContinued);
  return Content(token.kind, text, escapes_);
}

}  // namespace sqlmig
