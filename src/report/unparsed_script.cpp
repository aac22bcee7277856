#include "report/unparsed_script.h"

#include <fmt/format.h>

#include "report/shown_path.h"
#include "report/unparsed_json.h"

namespace sqlmig {

std::string UnparsedText(const UnparsedScript& script, const std::filesystem::path& folder) {
  return fmt::format("{}:{}:{}: {}", ShownPath(folder, script.where.file), script.where.at.line, script.where.at.column,
                     script.message);
}

Json UnparsedJson(const std::vector<UnparsedScript>& scripts) {
  Json json = Json::array();
  for (const UnparsedScript& script : scripts) {
    json.push_back({{"id", script.id},
                    {"file", script.where.file.string()},
                    {"line", script.where.at.line},
                    {"column", script.where.at.column},
                    {"message", script.message}});
  }
  return json;
}

}  // namespace sqlmig
