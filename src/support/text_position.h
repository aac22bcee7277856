// Conversions between the ways in which a place in a text is counted. The server counts characters from 1, the parser
// bytes from 0, people lines and columns from 1. Everything converts here and nowhere else.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "support/error.h"

namespace sqlmig {

// Line and column (in code points) of the byte at `offset`; an offset past the end gives the place after the last byte.
TextPosition PositionOfByte(std::string_view text, std::size_t offset);

// The byte offset of the character number `characters` (0-based) of UTF-8 text; text.size() when there are fewer.
std::size_t ByteOfCharacter(std::string_view text, std::size_t characters);

// Number of code points; bytes that are not UTF-8 count one each.
std::size_t CountCharacters(std::string_view text);

// The line at `position` with its number, and a caret below the column:
//   "  7 |     name   citexxt NOT NULL,\n    |            ^\n"
// Control characters are shown as '?', long lines are cut around the column. Empty when the line does not exist.
std::string ExcerptAt(std::string_view text, TextPosition position);

// Offset of the first byte that is not valid UTF-8 (overlong forms and surrogates included); npos when all is valid.
std::size_t FindInvalidUtf8(std::string_view text);

// The text with control characters other than newline and tab replaced by '?': for server messages, notices and names
// on a terminal.
std::string Printable(std::string_view text);

}  // namespace sqlmig
