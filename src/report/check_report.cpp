#include "report/check_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/json.h"
#include "report/shown_path.h"
#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

std::string PlaceOf(const Finding& finding, const std::filesystem::path& folder) {
  const TextLocation& location = finding.location;
  if (location.file.empty()) return {};
  std::string place = ShownPath(folder, location.file);
  if (location.at.line > 0) place += fmt::format(":{}", location.at.line);
  if (location.at.line > 0 && location.at.column > 0) place += fmt::format(":{}", location.at.column);
  return place + ": ";
}

std::string TextOf(const Finding& finding, bool color, const std::filesystem::path& folder) {
  const bool error = finding.severity == Finding::Severity::kError;
  std::string text = fmt::format("{}{}:{} {}{}\n",
                                 !color  ? ""
                                 : error ? "\033[1;31m"
                                         : "\033[1;33m",
                                 error ? "error" : "warning", color ? "\033[0m" : "",
                                 Printable(PlaceOf(finding, folder)), Printable(finding.message));
  text += finding.excerpt;
  if (!finding.hint.empty()) text += fmt::format("hint: {}\n", Printable(finding.hint));
  return text;
}

std::size_t CountOf(const CheckReport& report, Finding::Severity severity) {
  return static_cast<std::size_t>(std::count_if(report.findings.begin(), report.findings.end(),
                                                [&](const Finding& finding) { return finding.severity == severity; }));
}

std::string Summary(const CheckReport& report) {
  const std::size_t errors = CountOf(report, Finding::Severity::kError);
  const std::size_t warnings = CountOf(report, Finding::Severity::kWarning);
  std::string text =
      fmt::format("{}: {}, {} in {}", report.ok ? "ok" : "check failed", Counted(report.migrations, "migration"),
                  Counted(report.scripts, "script"), Counted(report.databases, "database"));
  if (errors > 0) text += ", " + Counted(errors, "error");
  if (warnings > 0) text += ", " + Counted(warnings, "warning");
  return text + "\n";
}

Json JsonOf(const Finding& finding) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  const auto number = [](int value) { return value > 0 ? Json(value) : Json(); };
  return {{"severity", finding.severity == Finding::Severity::kError ? "error" : "warning"},
          {"code", finding.code},
          {"message", finding.message},
          {"file", text(finding.location.file.string())},
          {"line", number(finding.location.at.line)},
          {"column", number(finding.location.at.column)},
          {"hint", text(finding.hint)},
          {"database", text(finding.database)}};
}

}  // namespace

Finding FindingOf(const Error& error, const std::string& database) {
  Finding finding;
  finding.code = ErrorCodeName(error.code());
  finding.message = error.message();
  if (error.has_location()) finding.location = error.location();
  finding.excerpt = error.excerpt();
  finding.hint = error.hint();
  finding.database = database;
  return finding;
}

std::string Render(const CheckReport& report, Format format, bool color) {
  if (format != Format::kJson) {
    std::string text;
    for (const Finding& finding : report.findings) text += TextOf(finding, color, report.folder);
    return text + Summary(report);
  }
  Json document = JsonDocument(report.command);
  document["ok"] = report.ok;
  document["findings"] = Json::array();
  for (const Finding& finding : report.findings) document["findings"].push_back(JsonOf(finding));
  document["counts"] = {{"databases", report.databases},
                        {"migrations", report.migrations},
                        {"scripts", report.scripts},
                        {"errors", CountOf(report, Finding::Severity::kError)},
                        {"warnings", CountOf(report, Finding::Severity::kWarning)}};
  return JsonText(document);
}

}  // namespace sqlmig
