// What may be shown of a script that holds a secret, and of what a server says about it.
#pragma once

#include <string>
#include <string_view>

#include "support/error.h"

namespace sqlmig {

// Whether a statement that sets a password or the like (HoldsSecret) stands on this line, or a part of one.
bool LineHoldsSecret(std::string_view script, TextPosition at);

// ExcerptAt, or "" where the line is not to be seen.
std::string ExcerptWithoutSecret(std::string_view script, TextPosition at);

// "****" for all from the first quotation mark to the last: messages quote what they do not understand.
std::string WithoutQuotes(std::string message);

// "****" wherever the message repeats a string of the statement, also one inside a string.
std::string WithoutTextsOf(std::string_view statement, std::string message);

}  // namespace sqlmig
