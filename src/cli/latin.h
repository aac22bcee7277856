#pragma once

#include <string>
#include <string_view>

namespace sqlmig {

// The text with the letters of Latin alphabets that carry marks written without them, in lower case: u with two dots
// becomes ue, as German writes it, e with an accent becomes e. Everything else stays as it is.
std::string WithoutMarks(std::string_view text);

}  // namespace sqlmig
