// Only for report/*.cpp.
#pragma once

#include <string>
#include <vector>

#include "catalog/difference.h"
#include "report/json.h"

namespace sqlmig {

// [{"kind", "object", "what", "before", "after"}]; null for what is not there.
inline Json DifferencesJson(const std::vector<Difference>& differences) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  Json json = Json::array();
  for (const Difference& difference : differences) {
    json.push_back({{"kind", difference.kind},
                    {"object", difference.object},
                    {"what", difference.what},
                    {"before", text(difference.before)},
                    {"after", text(difference.after)}});
  }
  return json;
}

}  // namespace sqlmig
