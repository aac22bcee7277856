#include <algorithm>
#include <cstdint>

#include "sqltext/outline.h"
#include "sqltext/scanner.h"
#include "sqltext/script.h"
#include "support/sha256.h"

namespace sqlmig {
namespace {

constexpr std::size_t kFlushAt = std::size_t{64} << 10;

// One byte for the kind and eight for the length before each text, so that no two lists of tokens give the same bytes.
void AppendToken(TokenKind kind, std::string_view text, std::string& out) {
  out += static_cast<char>(kind);
  for (std::uint64_t length = text.size(), i = 0; i < 8; ++i, length >>= 8U) {
    out += static_cast<char>(length & 0xFFU);
  }
  const std::size_t begin = out.size();
  out += text;
  if (kind != TokenKind::kWord) return;
  std::transform(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
                 out.begin() + static_cast<std::ptrdiff_t>(begin), LowerAscii);
}

}  // namespace

std::string TokenHash(std::string_view text) {
  text = WithoutByteOrderMark(text);
  std::string buffer;
  buffer.reserve(std::min(text.size() * 4, 2 * kFlushAt));
  Sha256Stream hash;
  ScriptScanner scanner(text);
  for (Token token = scanner.Next(); token.kind != TokenKind::kEnd; token = scanner.Next()) {
    AppendToken(token.kind, token.In(text), buffer);
    if (buffer.size() < kFlushAt) continue;
    hash.Add(buffer);
    buffer.clear();
  }
  hash.Add(buffer);
  return ToHex(hash.Finish());
}

}  // namespace sqlmig
