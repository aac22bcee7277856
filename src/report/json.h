// Only for report/*.cpp: JSON with keys in the order in which they were set.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace sqlmig {

using Json = nlohmann::ordered_json;

// {"schema": 1, "command": ..., ...}: how every document begins.
inline Json JsonDocument(const std::string& command) {
  return Json{{"schema", 1}, {"command", command}};
}

inline Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

// Indented by two, with a newline at the end; bytes that are not UTF-8 are replaced, never thrown over.
inline std::string JsonText(const Json& document) {
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace sqlmig
