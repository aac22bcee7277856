// Only for report/*.cpp.
#pragma once

#include "report/json.h"
#include "support/error.h"

namespace sqlmig {

// {"code", "message", "file", "line", "column", "sqlstate", "hint"}; null where there is nothing to say.
Json ErrorJson(const Error& error);

}  // namespace sqlmig
