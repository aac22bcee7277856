#include "report/error_report.h"

#include <utility>

#include <fmt/format.h>

#include "report/error_json.h"
#include "report/shown_path.h"
#include "support/mask_passwords.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr const char* kErrorStyle = "\033[1;31m";
constexpr const char* kPlaceStyle = "\033[1m";
constexpr const char* kNoStyle = "\033[0m";

std::string Place(const Error& error, const std::filesystem::path& folder) {
  if (!error.has_location()) return {};
  const TextLocation& location = error.location();
  std::string place = Printable(ShownPath(folder, location.file));
  if (location.at.line > 0) place += fmt::format(":{}", location.at.line);
  if (location.at.line > 0 && location.at.column > 0) place += fmt::format(":{}", location.at.column);
  return place + ": ";
}

// Lines after the first stand below it, so that each label begins a line of its own.
std::string Labelled(const std::string& label, const std::string& text) {
  if (text.empty()) return {};
  std::string labelled = label + ": ";
  for (const char c : Printable(text)) {
    labelled += c;
    if (c == '\n') labelled.append(label.size() + 2, ' ');
  }
  return labelled + "\n";
}

std::string OneError(const Error& error, bool color, const std::filesystem::path& folder) {
  std::string text =
      fmt::format("{}error:{} {}{}{}{}\n", color ? kErrorStyle : "", color ? kNoStyle : "", color ? kPlaceStyle : "",
                  Place(error, folder), color ? kNoStyle : "", Printable(error.message()));
  text += error.excerpt();
  text += Labelled("detail", error.sql().detail);
  text += Labelled("server's hint", error.sql().hint);
  text += Labelled("where", error.sql().context);
  for (const std::string& context : error.context()) text += Labelled("note", context);
  return text + Labelled("hint", error.hint());
}

}  // namespace

std::string ErrorText(const Error& error, bool color, const std::filesystem::path& folder) {
  std::string text = OneError(error, color, folder);
  for (const Error& other : error.also()) text += OneError(other, color, folder);
  return MaskPasswords(std::move(text));
}

std::string WithoutSqlstate(std::string message, const std::string& sqlstate) {
  const std::string mark = fmt::format(" ({})", sqlstate);
  const std::size_t at = sqlstate.empty() ? std::string::npos : message.find(mark);
  return at == std::string::npos ? message : message.erase(at, mark.size());
}

Json ErrorJson(const Error& error) {
  Json json;
  json["code"] = ErrorCodeName(error.code());
  json["message"] = MaskPasswords(WithoutSqlstate(error.message(), error.sql().sqlstate));
  const bool placed = error.has_location();
  json["file"] = placed ? Json(MaskPasswords(error.location().file.string())) : Json();
  json["line"] = placed && error.location().at.line > 0 ? Json(error.location().at.line) : Json();
  json["column"] = placed && error.location().at.column > 0 ? Json(error.location().at.column) : Json();
  json["sqlstate"] = error.sql().sqlstate.empty() ? Json() : Json(error.sql().sqlstate);
  json["hint"] = error.hint().empty() ? Json() : Json(MaskPasswords(error.hint()));
  return json;
}

std::string ErrorJsonText(const std::string& command, const Error& error) {
  Json document = JsonDocument(command);
  document["error"] = ErrorJson(error);
  if (!error.also().empty()) {
    Json all = Json::array({ErrorJson(error)});
    for (const Error& other : error.also()) all.push_back(ErrorJson(other));
    document["errors"] = std::move(all);
  }
  return JsonText(document);
}

}  // namespace sqlmig
