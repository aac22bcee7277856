// Text measured in columns of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sqlmig {

// Columns that UTF-8 text takes: two for East Asian wide characters and emoji, none for combining marks. A byte that is
// not UTF-8 takes one.
std::size_t ColumnsOf(std::string_view text);

// The longest start of `text` that takes at most `columns` columns; a character is never cut apart.
std::string_view FitColumns(std::string_view text, std::size_t columns);

// The text on one line: line ends, tabs and other control characters become spaces, bytes that are not UTF-8 '?'.
std::string OnOneLine(std::string_view text);

}  // namespace sqlmig
