// Only for report/*.cpp.
#pragma once

#include <vector>

#include "report/json.h"
#include "report/unparsed_script.h"

namespace sqlmig {

// [{"id", "file", "line", "column", "message"}]
Json UnparsedJson(const std::vector<UnparsedScript>& scripts);

}  // namespace sqlmig
