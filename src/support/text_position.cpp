#include "support/text_position.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace sqlmig {
namespace {

constexpr std::size_t kExcerptWidth = 100;

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Length of the valid UTF-8 sequence at `i`, or 0.
std::size_t SequenceLength(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<std::uint8_t>(text[k]); };
  const std::uint8_t lead = byte(i);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if (!IsContinuation(text[i + k])) return 0;
  }
  const std::uint8_t second = byte(i + 1);
  if (lead == 0xE0 && second < 0xA0) return 0;   // overlong
  if (lead == 0xED && second >= 0xA0) return 0;  // surrogate
  if (lead == 0xF0 && second < 0x90) return 0;   // overlong
  if (lead == 0xF4 && second >= 0x90) return 0;  // above U+10FFFF
  return length;
}

// The same, with 1 for a byte that is not UTF-8.
std::size_t CharacterLength(std::string_view text, std::size_t i) {
  return std::max<std::size_t>(SequenceLength(text, i), 1);
}

}  // namespace

TextPosition PositionOfByte(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t newline = before.rfind('\n');
  const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  int column = 1;
  for (std::size_t i = line_start; i < offset; i += CharacterLength(text, i)) ++column;
  return {line, column};
}

std::size_t ByteOfCharacter(std::string_view text, std::size_t characters) {
  std::size_t i = 0;
  while (i < text.size() && characters-- > 0) i += CharacterLength(text, i);
  return i;
}

std::size_t CountCharacters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); i += CharacterLength(text, i)) ++count;
  return count;
}

std::string ExcerptAt(std::string_view text, TextPosition position) {
  if (position.line < 1) return {};
  std::size_t start = 0;
  for (int line = 1; line < position.line; ++line) {
    const std::size_t newline = text.find('\n', start);
    if (newline == std::string_view::npos) return {};
    start = newline + 1;
  }
  std::string_view line = text.substr(start, text.find('\n', start) - start);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);

  std::string shown = Printable(line);
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  const std::size_t characters = CountCharacters(shown);
  std::size_t caret = std::min(static_cast<std::size_t>(std::max(position.column, 1)) - 1, characters);
  if (characters > kExcerptWidth) {
    const std::size_t first = caret > kExcerptWidth * 2 / 3 ? caret - kExcerptWidth * 2 / 3 : 0;
    const std::size_t from = ByteOfCharacter(shown, first);
    const std::size_t to = ByteOfCharacter(shown, first + kExcerptWidth);
    shown = (first > 0 ? "..." : "") + shown.substr(from, to - from) + (to < shown.size() ? "..." : "");
    caret = caret - first + (first > 0 ? 3 : 0);
  }
  const std::string number = fmt::format("{}", position.line);
  return fmt::format("  {} | {}\n  {} | {}^\n", number, shown, std::string(number.size(), ' '),
                     std::string(caret, ' '));
}

std::size_t FindInvalidUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = SequenceLength(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = SequenceLength(text, i);
    const auto c = static_cast<unsigned char>(text[i]);
    // C1 controls are C2 80 .. C2 9F: terminals obey them too.
    const bool c1 = length == 2 && c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (length == 0 || c1 || c == 0x7F || (c < 0x20 && c != '\n' && c != '\t')) {
      out += '?';
    } else {
      out.append(text.substr(i, length));
    }
    i += CharacterLength(text, i);
  }
  return out;
}

}  // namespace sqlmig
