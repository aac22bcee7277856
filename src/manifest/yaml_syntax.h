// What YAML allows and what it does not, said so that a person can act on it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sqlmig {

// The byte order mark that some editors write. It is no part of the text and no column.
inline constexpr std::string_view kBom = "\xEF\xBB\xBF";

// Of a document. A hundred thousand migrations are about a million values.
inline constexpr std::size_t kMaxValues = 2'000'000;

struct Complaint {
  std::string message;
  std::string hint;
};

// What must be known of a text before the parser sees it: the parser takes some control characters for the end of the
// file, replaces bytes that are not UTF-8, and keeps all that stands in one pair of brackets in memory until it knows
// whether it is a key.
struct TextCheck {
  bool ascii = true;
  std::size_t offset = 0;  // of the first wrong byte
  std::optional<Complaint> wrong;
};
TextCheck CheckText(std::string_view text);

// For more than kMaxValues.
Complaint TooManyValues();

// Whether a value holds control characters other than line feed and tab: escapes in double quotes make them.
bool HoldsControl(std::string_view value);

// The parser's message as an error and a way out. `line` is the one where it stopped: a tab that indents makes the
// parser complain about something else.
Complaint DescribeSyntaxError(std::string_view message, std::string_view line);

// For an anchor, an alias or a tag at the start of `source`.
Complaint DescribeProperty(std::string_view source);

// Whether the scalar at the start of `source` has its closing quote; plain and block scalars need none.
bool IsClosed(std::string_view source);

// The text in double quotes with YAML's escapes.
// REQUIRES: valid UTF-8.
std::string DoubleQuoted(std::string_view text);

// Whether the parser would take this plain scalar for no value at all.
bool IsNullWord(std::string_view text);

}  // namespace sqlmig
