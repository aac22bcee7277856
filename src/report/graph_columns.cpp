#include "report/graph_columns.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "support/text_position.h"

namespace sqlmig {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Blocks, not single characters: good enough to keep columns straight.
constexpr std::array<Range, 9> kNoColumn = {{{0x0300, 0x036F},
                                             {0x0483, 0x0489},
                                             {0x0591, 0x05BD},
                                             {0x064B, 0x065F},
                                             {0x1AB0, 0x1AFF},
                                             {0x200B, 0x200F},
                                             {0x20D0, 0x20FF},
                                             {0xFE00, 0xFE0F},
                                             {0xFE20, 0xFE2F}}};
constexpr std::array<Range, 8> kTwoColumns = {{{0x1100, 0x115F},
                                               {0x2E80, 0x303E},
                                               {0x3041, 0xA4CF},
                                               {0xAC00, 0xD7A3},
                                               {0xF900, 0xFAFF},
                                               {0xFF00, 0xFF60},
                                               {0x1F300, 0x1FAFF},
                                               {0x20000, 0x3FFFD}}};

template <std::size_t size>
bool IsIn(const std::array<Range, size>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [&](Range r) { return code >= r.first && code <= r.last; });
}

std::size_t ColumnsOfCode(char32_t code) {
  if (IsIn(kNoColumn, code)) return 0;
  return IsIn(kTwoColumns, code) ? 2 : 1;
}

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};

// The first character of a text that is not empty; a byte that starts none is taken alone.
Character FirstCharacter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t size = byte(0) < 0xC2 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : byte(0) < 0xF5 ? 4 : 1;
  if (size == 1 || text.size() < size) return {byte(0), 1};
  char32_t code = byte(0) & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {byte(0), 1};
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  return {code, size};
}

bool IsControl(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

// Characters that turn the direction of what follows: harmless alone, but they can make a line show another text.
bool TurnsDirection(char32_t code) {
  return (code >= 0x200E && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::size_t ColumnsOf(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    columns += ColumnsOfCode(character.code);
    text.remove_prefix(character.bytes);
  }
  return columns;
}

std::string_view FitColumns(std::string_view text, std::size_t columns) {
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Character character = FirstCharacter(text.substr(bytes));
    const std::size_t needed = ColumnsOfCode(character.code);
    if (needed > columns) break;
    columns -= needed;
    bytes += character.bytes;
  }
  return text.substr(0, bytes);
}

std::string OnOneLine(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    const std::string_view bytes = text.substr(0, character.bytes);
    if (FindInvalidUtf8(bytes) == 0 || TurnsDirection(character.code)) {
      line += '?';
    } else if (IsControl(character.code)) {
      line += ' ';
    } else {
      line += bytes;
    }
    text.remove_prefix(character.bytes);
  }
  return line;
}

}  // namespace sqlmig
