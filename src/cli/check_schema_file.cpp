#include <string_view>
#include <unordered_map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/check_scripts.h"
#include "cli/schema_dump.h"
#include "dump/schema_file.h"
#include "exec/script_store.h"
#include "support/file.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMostNamed = 5;

std::string Names(std::vector<std::string> ids) {
  const std::size_t all = ids.size();
  if (all > kMostNamed) ids.resize(kMostNamed);
  std::string text = fmt::format("{}", fmt::join(ids, ", "));
  return all > kMostNamed ? text + fmt::format(" and {} more", all - kMostNamed) : text;
}

// What the file says otherwise than manifest and scripts; empty: nothing.
std::string Differences(const Project& project, const DatabaseEntry& database, const SchemaFile& file) {
  std::vector<std::string> missing;
  std::vector<std::string> unknown;
  std::vector<std::string> edited;
  ScriptStore store(project.manifest, database);
  std::unordered_map<std::string_view, const AppliedMigration*> rows;
  for (const RecordedMigration& recorded : file.applied) rows[recorded.row.id.str()] = &recorded.row;
  for (const Migration& migration : database.migrations) {
    const auto row = rows.extract(migration.id.str());
    if (!row) {
      missing.push_back(migration.id.str());
    } else if (store.Edited(migration, *row.mapped()) == ScriptStore::EditKind::kTokens ||
               store.EditedDown(migration, *row.mapped()) == ScriptStore::EditKind::kTokens) {
      edited.push_back(migration.id.str());
    }
  }
  for (const RecordedMigration& recorded : file.applied) {
    if (rows.contains(recorded.row.id.str())) unknown.push_back(recorded.row.id.str());
  }
  std::vector<std::string> parts;
  if (!missing.empty()) parts.push_back("it lacks " + Names(missing));
  if (!unknown.empty()) parts.push_back("it has what the manifest lacks: " + Names(unknown));
  if (!edited.empty()) parts.push_back("scripts changed since: " + Names(edited));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

std::vector<Finding> CheckSchemaFile(const Project& project, const DatabaseEntry& database) {
  const std::filesystem::path path = SchemaFileOf(project.manifest, database);
  Finding finding;
  finding.severity = Finding::Severity::kWarning;
  finding.code = finding_code::kSchemaFile;
  finding.location.file = path;
  finding.database = database.name;
  finding.hint = "'sqlmig dump' writes it again, and 'sqlmig apply --dump' after each change";
  try {
    const FileRoot root(project.manifest.folder());
    if (!root.IsFile(path)) {
      if (!database.schema_file) return {};
      finding.message = "the schema file that the manifest names is not there";
      return {finding};
    }
    const std::string text = root.Read(path, kMaxSchemaBytes);
    if (!IsSchemaFile(text) && !database.schema_file) return {};
    const SchemaFile file = ParseSchemaFile(text, path);
    std::string differences = Differences(project, database, file);
    if (file.scope != project.Scope(database)) {
      const bool renamed = IsFromBeforeRename(project, database, file);
      differences = fmt::format("it is that of {}, and this is {}", file.scope, project.Scope(database));
      finding.hint =
          renamed ? fmt::format(
                        "'sqlmig dump' writes it again under the new name; a database that was migrated under "
                        "the old one needs 'sqlmig repair --rename-scope {}' first",
                        file.scope)
                  : "give each database a file of its own with 'schema_file:', or remove the file and let 'sqlmig "
                    "dump' write it";
    }
    if (differences.empty()) return {};
    finding.message = "the schema file is out of date: " + differences;
  } catch (const Error& error) {
    finding.message = error.message();
    finding.excerpt = error.excerpt();
    if (error.has_location()) finding.location = error.location();
    if (!error.hint().empty()) finding.hint = error.hint();
  }
  return {finding};
}

}  // namespace sqlmig
