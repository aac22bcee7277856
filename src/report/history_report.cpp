#include "report/history_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/error_json.h"
#include "report/markdown.h"
#include "report/migration_json.h"

namespace sqlmig {
namespace {

using Style = HistoryReport::Style;

std::string TextOf(const MigrationInfo& info, const HistoryReport& report) {
  if (report.verbose) return VerboseEntry(info) + "\n";
  if (report.style == Style::kLines) return BriefLine(info) + "\n";
  MigrationInfo said = info;
  if (report.style == Style::kCurrent) said.current = false;
  std::string text = said.id + MarksText(said) + "\n";
  if (report.style == Style::kBranches) {
    for (const std::string& dependant : info.dependants) text += fmt::format("    -> {}\n", dependant);
  }
  return text;
}

std::string TextOf(const HistoryReport& report) {
  std::string text;
  for (const DatabaseHistory& database : report.databases) {
    if (database.error) continue;
    if (report.databases.size() > 1) text += fmt::format("{}{}:\n", text.empty() ? "" : "\n", database.name);
    if (!database.notice.empty() && database.migrations.empty()) text += database.notice + "\n";
    for (const MigrationInfo& info : database.migrations) text += TextOf(info, report);
    // Entries end with an empty line; the next heading brings its own.
    if (report.verbose && text.ends_with("\n\n")) text.pop_back();
  }
  return text;
}

std::string MarkdownOf(const DatabaseHistory& database) {
  std::string text = "| migration | depends on | description |\n|---|---|---|\n";
  for (const MigrationInfo& info : database.migrations) {
    text +=
        fmt::format("| {}{} | {} | {} |\n", MarkdownCell(info.id), MarksText(info),
                    MarkdownCell(fmt::format("{}", fmt::join(info.depends_on, ", "))), MarkdownCell(info.description));
  }
  return text;
}

std::string MarkdownOf(const HistoryReport& report) {
  std::string text;
  for (const DatabaseHistory& database : report.databases) {
    if (database.error) continue;
    if (!text.empty()) text += "\n";
    if (report.databases.size() > 1) text += fmt::format("## {}\n\n", database.name);
    text += MarkdownOf(database);
  }
  return text;
}

std::string JsonOf(const HistoryReport& report) {
  Json document = JsonDocument(report.command);
  document["databases"] = Json::array();
  const Error* first = nullptr;
  for (const DatabaseHistory& database : report.databases) {
    Json migrations = Json::array();
    for (const MigrationInfo& info : database.migrations) migrations.push_back(MigrationJson(info));
    Json json{{"name", database.name}, {"migrations", std::move(migrations)}};
    if (!database.notice.empty()) json["notice"] = database.notice;
    if (database.error) json["error"] = ErrorJson(*database.error);
    if (first == nullptr && database.error) first = &*database.error;
    document["databases"].push_back(std::move(json));
  }
  if (first != nullptr) document["error"] = ErrorJson(*first);
  return JsonText(document);
}

}  // namespace

std::string Render(const HistoryReport& report, Format format) {
  if (format == Format::kJson) return JsonOf(report);
  if (format == Format::kMarkdown) return MarkdownOf(report);
  return TextOf(report);
}

}  // namespace sqlmig
