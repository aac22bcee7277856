// Only for report/*.cpp: properties of catalog objects in files that are kept, a line each, so that a diff reads well.
#pragma once

#include <map>
#include <string>

#include "report/json.h"

namespace sqlmig {

// A value of several lines is a list of them.
Json PropertiesJson(const std::map<std::string, std::string>& properties);
// Throws nlohmann::json::exception when it is something else.
std::map<std::string, std::string> PropertiesOf(const Json& json);

}  // namespace sqlmig
