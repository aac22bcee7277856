#include "report/migration_info.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/shown_path.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

std::string Parents(const MigrationInfo& info) {
  return info.depends_on.empty() ? "<base>" : fmt::format("{}", fmt::join(info.depends_on, ", "));
}

std::string ScriptText(const ScriptRef& script, const MigrationInfo& info) {
  switch (script.kind) {
    case ScriptRef::Kind::kFile:
      return ShownPath(info.folder, script.path);
    case ScriptRef::Kind::kNone:
      return "none";
    case ScriptRef::Kind::kMissing:
      return "irreversible: " + info.migration->irreversible;
  }
  return {};
}

std::string AppliedText(const MigrationInfo& info) {
  const AppliedMigration* row = info.row;
  if (row == nullptr) return "no";
  if (row->through_replaced) return fmt::format("all that it replaces is, since {}", row->applied_at);
  if (row->status != AppliedStatus::kApplied) {
    return fmt::format("{}, interrupted after statement {}", StatusWord(row), row->statements_done);
  }
  return fmt::format("{} in {} ms by run {}", row->applied_at, row->duration_ms, row->run);
}

}  // namespace

const char* StatusWord(const AppliedMigration* row) {
  if (row == nullptr) return "pending";
  switch (row->status) {
    case AppliedStatus::kApplied:
      return "applied";
    case AppliedStatus::kApplying:
      return "applying";
    case AppliedStatus::kReverting:
      return "reverting";
  }
  return "";
}

std::string MarksText(const MigrationInfo& info) {
  std::string text;
  if (info.head) text += " (head)";
  if (info.merge) text += " (merge)";
  if (info.branch_point) text += " (branch point)";
  if (info.current) text += " (current)";
  if (info.row != nullptr && info.row->status != AppliedStatus::kApplied) text += " (interrupted)";
  if (info.migration == nullptr) text += " (not in this checkout)";
  return text;
}

std::string BriefLine(const MigrationInfo& info) {
  std::string line = fmt::format("{} -> {}{}", Parents(info), info.id, MarksText(info));
  if (!info.description.empty()) line += ", " + info.description;
  return Printable(line);
}

std::string VerboseEntry(const MigrationInfo& info) {
  std::string text = fmt::format("Rev: {}{}\n{}: {}\n", info.id, MarksText(info),
                                 info.depends_on.size() > 1 ? "Merges" : "Parent", Parents(info));
  if (info.branch_point) text += fmt::format("Branches into: {}\n", fmt::join(info.dependants, ", "));
  if (info.migration != nullptr) {
    text += fmt::format("Path: {}\nDown: {}\n", ScriptText(info.migration->up, info),
                        ScriptText(info.migration->down, info));
  }
  if (info.with_state) text += fmt::format("Applied: {}\n", AppliedText(info));
  if (!info.description.empty()) text += fmt::format("\n    {}\n", info.description);
  return Printable(text);
}

}  // namespace sqlmig
