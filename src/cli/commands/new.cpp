#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/draft_flow.h"
#include "cli/exit_status.h"
#include "cli/new_migration.h"
#include "support/file.h"

namespace sqlmig {
namespace {

struct NewOptions {
  std::vector<std::string> words;
  std::string message;
  std::vector<std::string> after;
  std::string id;
  std::string description;
  std::string sql;  // file with the up script; "-": standard input
  bool draft_down = false;
};

std::string NameOf(const NewOptions& options) {
  std::string name = fmt::format("{}", fmt::join(options.words, " "));
  if (!options.message.empty() && !name.empty()) {
    throw Error(ErrorCode::kUsage, "the name is given twice").Hint("give it as words or with -m");
  }
  if (!options.message.empty()) name = options.message;
  if (name.empty() && options.id.empty()) {
    throw Error(ErrorCode::kUsage, "the new migration needs a name").Hint("such as 'sqlmig new create_users'");
  }
  return name;
}

MigrationId IdOf(const NewOptions& options, const std::string& name, const Project& project, const Context& context,
                 const DatabaseEntry& database) {
  if (options.id.empty()) return NewId(project, context, database, SlugFrom(name));
  if (const auto wrong = MigrationId::WhyNot(options.id)) {
    throw Error(ErrorCode::kUsage, fmt::format("--id: {}", *wrong))
        .Hint("write an id such as 20261122101500_create_users, or leave --id out");
  }
  for (const Migration& migration : database.migrations) {
    if (migration.id.str() != options.id) continue;
    throw Error(ErrorCode::kUsage, fmt::format("'{}' is a migration already", options.id))
        .At(project.manifest.Location(migration.declared_at))
        .Hint("choose another id");
  }
  return MigrationId::Parse(options.id);
}

// The heads, or what --after names; 'base' there makes a root.
std::vector<MigrationId> DependenciesOf(const NewOptions& options, const DatabaseView& view) {
  NodeSet nodes = view.heads();
  if (!options.after.empty()) {
    const std::vector<TargetTerm> terms = ParseTargets(options.after);
    if (NeedLedger(terms)) {
      throw Error(ErrorCode::kTarget, "--after names migrations, not a place in a database")
          .Hint("give an id, or 'base'");
    }
    nodes = ResolveTargets(terms, view.situation()).nodes;
  }
  const std::vector<Node> sorted = view.graph().Sorted(nodes);
  RequireUnrelated(sorted, view.graph());
  std::vector<MigrationId> ids;
  for (const Node node : sorted) ids.push_back(view.graph().id(node));
  return ids;
}

std::string ReadSql(const std::string& file) {
  return file == "-" ? ReadStream("/dev/stdin", kMaxScriptBytes) : ReadFile(file, kMaxScriptBytes);
}

// What the given SQL makes of the entry and its scripts.
NewScripts ScriptsFrom(const NewOptions& options, const Project& project, const DatabaseView& view, NewEntry& entry,
                       std::optional<DownDraft>& draft) {
  NewScripts scripts;
  if (options.sql.empty()) return scripts;
  scripts.up = ReadSql(options.sql);
  ReadUp up = ReadUpScript(*scripts.up, options.sql == "-" ? "standard input" : options.sql);
  entry.without_transaction = up.without_transaction;
  if (!options.draft_down) return scripts;
  NodeSet ancestors = view.graph().EmptySet();
  for (const MigrationId& id : entry.depends_on) ancestors.Insert(view.graph().Find(id.str()).value());
  draft = DraftFor(project, view, view.graph().AncestorsOf(ancestors), std::move(up.script),
                   view.entry().defaults.settings, up.without_transaction);
  scripts.down = draft->sql;
  return scripts;
}

int RunNew(const NewOptions& options, Context& context) {
  if (options.draft_down && options.sql.empty()) {
    throw Error(ErrorCode::kUsage, "--draft-down needs the up script")
        .Hint("give it with --sql FILE; or write up.sql first and then use 'sqlmig down-draft ID'");
  }
  const std::string name = NameOf(options);
  const FolderLock lock = LockManifest(context);
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
  const DatabaseView view(project, database, std::nullopt);
  NewEntry entry;
  entry.id = IdOf(options, name, project, context, database);
  entry.depends_on = DependenciesOf(options, view);
  entry.description = options.description;
  // A name that is a sentence says more than its slug.
  if (entry.description.empty() && (name.empty() || name != SlugFrom(name))) entry.description = name;
  std::optional<DownDraft> draft;
  const NewScripts scripts = ScriptsFrom(options, project, view, entry, draft);
  NewReport report = AddMigration(project, context, view, entry, scripts);
  report.draft = std::move(draft);
  context.out << Render(report, context.global.format) << std::flush;
  return exit_status::kDone;
}

}  // namespace

void AddNew(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app, {"new",
            {"revision"},
            "Make a new migration: two scripts and a line in the manifest",
            "The id is the time in UTC and the name. The new migration depends on all heads, so it joins branches that "
            "are open, or on what --after names. Its scripts are up.sql and down.sql in a folder of its id.\n"
            "--sql takes the up script from a file; with --draft-down the down script is drafted from it, and what "
            "cannot be undone by itself is a comment that has to be written out before 'check' accepts it (see "
            "'sqlmig help down-draft').",
            "  sqlmig new create_users\n"
            "  sqlmig revision -m \"Add an index on users.email\"\n"
            "  sqlmig new hotfix -d meta --after create_bots   # in a branch of its own\n"
            "  sqlmig new settings --after base                 # depends on nothing\n"
            "  sqlmig new add_email --sql add_email.sql --draft-down"});
  const auto options = std::make_shared<NewOptions>();
  command->add_option("name", options->words, "What it does, in a few words")->type_name("NAME");
  command->add_option("-m,--message", options->message, "The same, as Alembic has it")->type_name("NAME");
  command->add_option("--after", options->after, "What it depends on, instead of the heads; may be repeated")
      ->type_name("ID")
      ->allow_extra_args(false);
  command->add_option("--id,--rev-id", options->id, "The whole id, instead of time and name")->type_name("ID");
  command->add_option("--description", options->description, "One line for the manifest")->type_name("TEXT");
  command->add_option("--sql", options->sql, "The up script; '-' reads standard input")->type_name("FILE");
  command->add_flag("--draft-down", options->draft_down, "Draft the down script from it");
  Runs(command, selected, "new", [options](Context& context) { return RunNew(*options, context); });
}

}  // namespace sqlmig
