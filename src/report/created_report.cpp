#include "report/created_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/draft_json.h"
#include "report/draft_report.h"
#include "report/json.h"
#include "report/shown_path.h"

namespace sqlmig {
namespace {

std::string DependenciesText(const NewReport& report) {
  if (report.depends_on.empty()) return "depends on nothing: it is a root\n";
  const char* joins = report.depends_on.size() > 1 ? " (a merge: it joins them)" : "";
  return fmt::format("depends on {}{}\n", fmt::join(report.depends_on, ", "), joins);
}

std::string TextOf(const NewReport& report) {
  std::string text;
  for (const std::string& file : report.files) text += fmt::format("created {}\n", ShownPath(report.folder, file));
  text += fmt::format("added {} to {}\n", report.id, ShownPath(report.folder, report.manifest));
  text += DependenciesText(report);
  if (report.heads.size() > 1) {
    text += fmt::format("there are {} heads now: {}; 'sqlmig merge' joins them\n", report.heads.size(),
                        fmt::join(report.heads, ", "));
  }
  if (report.draft) text += DraftText(*report.draft, ShownPath(report.folder, report.files.back()));
  return text;
}

}  // namespace

std::string Render(const InitReport& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["project"] = report.project;
    document["created"] = report.created;
    document["changed"] = report.changed;
    return JsonText(document);
  }
  std::string text;
  for (const std::string& file : report.created) text += fmt::format("created {}\n", file);
  for (const std::string& file : report.changed) text += fmt::format("added lines to {}\n", file);
  text += fmt::format("\nProject '{}' has no migrations yet. Next:\n", report.project);
  if (!report.folder.empty()) text += fmt::format("  cd {}\n", report.folder);
  return text +
         "  sqlmig new create_users   # a pair of scripts and its line in the manifest\n"
         "  sqlmig check              # when the SQL is written\n"
         "  sqlmig apply              # with DATABASE_URL set, or --embedded for a private PostgreSQL\n";
}

std::string Render(const NewReport& report, Format format) {
  if (format != Format::kJson) return TextOf(report);
  Json document = JsonDocument(report.command);
  document["database"] = report.database;
  document["id"] = report.id;
  document["description"] = report.description;
  document["manifest"] = report.manifest;
  document["files"] = report.files;
  document["depends_on"] = report.depends_on;
  document["heads"] = report.heads;
  if (report.draft) AddDraft(document, *report.draft);
  return JsonText(document);
}

}  // namespace sqlmig
