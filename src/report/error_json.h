// Only for report/*.cpp.
#pragma once

#include <string>

#include "report/json.h"
#include "support/error.h"

namespace sqlmig {

// What the server said, without the " (42704)" at its end: a document has a field for it.
std::string WithoutSqlstate(std::string message, const std::string& sqlstate);

// {"code", "message", "file", "line", "column", "sqlstate", "hint"}; null where there is nothing to say.
Json ErrorJson(const Error& error);

}  // namespace sqlmig
