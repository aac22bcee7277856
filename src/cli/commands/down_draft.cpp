#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/draft_flow.h"
#include "cli/exit_status.h"
#include "exec/script_store.h"
#include "report/draft_report.h"
#include "sqltext/lexer.h"
#include "support/file.h"

namespace sqlmig {
namespace {

struct DraftOptions {
  std::string target;
  bool force = false;
  bool only_show = false;
};

// Nothing: there is no file yet.
std::optional<std::string> TextOfDown(const Project& project, const Migration& migration) {
  std::error_code failed;
  if (!std::filesystem::exists(
          std::filesystem::symlink_status(project.manifest.folder() / migration.down.path, failed))) {
    return std::nullopt;
  }
  return FileRoot(project.manifest.folder()).Read(migration.down.path, kMaxScriptBytes);
}

bool HasStatement(const std::string& text) {
  return Lexer(text).Next().kind != TokenKind::kEnd;
}

void RequireScripts(const Project& project, const Migration& migration) {
  const char* const word = migration.up.kind != ScriptRef::Kind::kFile     ? "up: none"
                           : migration.down.kind == ScriptRef::Kind::kNone ? "down: none"
                           : migration.down.kind != ScriptRef::Kind::kFile ? "irreversible"
                                                                           : nullptr;
  if (word == nullptr) return;
  throw Error(ErrorCode::kUsage, fmt::format("the manifest says '{}' of {}", word, migration.id.str()))
      .At(project.manifest.Location(migration.declared_at))
      .Hint("a draft needs an up script and a down script: remove that from the manifest's line first");
}

void Write(const std::filesystem::path& file, const std::optional<std::string>& former, const std::string& text) {
  if (former) return ReplaceFile(file, text);
  CreateFile(file, text);
}

int RunDownDraft(const DraftOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
  const DatabaseView view(project, database, std::nullopt);
  const Node node = ResolveName(options.target, view.situation());
  const Migration& migration = *view.situation().migration[node];
  RequireScripts(project, migration);
  const std::optional<std::string> former = TextOfDown(project, migration);
  if (!options.force && !options.only_show && former && HasStatement(*former)) {
    throw Error(ErrorCode::kUsage, "the down script has statements already")
        .At({migration.down.path, {}})
        .Hint("--stdout shows the draft, --force writes it over what is there");
  }
  const std::string up = FileRoot(project.manifest.folder()).Read(migration.up.path, kMaxScriptBytes);
  NodeSet ancestors = view.graph().EmptySet();
  ancestors.Insert(node);
  ancestors = view.graph().AncestorsOf(ancestors);
  ancestors.Erase(node);

  DraftReport report;
  report.command = context.command;
  report.database = database.name;
  report.id = migration.id.str();
  report.folder = context.folder;
  report.file = migration.down.path.string();
  report.only_shown = options.only_show;
  report.draft = DraftFor(
      project, view, ancestors,
      ParseScript(up, migration.up.path,
                  migration.transactional(Direction::kUp) ? ScriptMode::kTransactional : ScriptMode::kNonTransactional),
      ScriptStore(project.manifest, database).Merged(migration), !migration.transactional(Direction::kDown));
  if (!options.only_show) Write(project.manifest.folder() / migration.down.path, former, report.draft.sql);
  context.out << Render(report, context.global.format) << std::flush;
  return exit_status::kDone;
}

}  // namespace

void AddDownDraft(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"down-draft",
       {},
       "Draft a migration's down script from its up script",
       "Writes the statements that undo the up script, last first. Former definitions (of a function that it replaces, "
       "a column's default, what it drops) come from the up scripts of the migrations that it depends on. A statement "
       "whose inverse cannot be told becomes a comment that says why; 'check', 'apply' and 'rollback' refuse the "
       "script until it is written.\n"
       "A down script that has statements is kept unless --force is given. No database is needed. Read the draft: it "
       "undoes what the scripts say, not what else happened to the database.",
       "  sqlmig down-draft add_email\n"
       "  sqlmig down-draft 20261122101500_create_users --stdout\n"
       "  sqlmig down-draft add_email --force -d meta --format json"});
  const auto options = std::make_shared<DraftOptions>();
  command->add_option("id", options->target, "The migration")->type_name("ID")->required();
  command->add_flag("--force", options->force, "Write over a down script that has statements");
  command->add_flag("--stdout", options->only_show, "Show the draft, and write nothing");
  Runs(command, selected, "down-draft", [options](Context& context) { return RunDownDraft(*options, context); });
}

}  // namespace sqlmig
