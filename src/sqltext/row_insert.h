// Rows that a script inserts, as far as its text tells.
#pragma once

#include <optional>
#include <string_view>

#include "support/error.h"

namespace sqlmig {

// Where the first INSERT or COPY ... FROM stdin stands, also one in a WITH; nothing is known of the body of a DO. Never
// throws for any bytes.
std::optional<TextPosition> FirstRowInsert(std::string_view script);

}  // namespace sqlmig
