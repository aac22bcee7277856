#include "report/object_json.h"

#include <algorithm>

namespace sqlmig {
namespace {

Json TextJson(const std::string& text) {
  if (text.find('\n') == std::string::npos) return text;
  Json lines = Json::array();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string TextOf(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  std::string text;
  for (std::size_t i = 0; i < json.size(); ++i) text += (i == 0 ? "" : "\n") + json.at(i).get<std::string>();
  return text;
}

}  // namespace

Json PropertiesJson(const std::map<std::string, std::string>& properties) {
  Json json = Json::object();
  for (const auto& [name, value] : properties) json[name] = TextJson(value);
  return json;
}

std::map<std::string, std::string> PropertiesOf(const Json& json) {
  std::map<std::string, std::string> properties;
  for (const auto& [name, value] : json.items()) properties[name] = TextOf(value);
  return properties;
}

}  // namespace sqlmig
