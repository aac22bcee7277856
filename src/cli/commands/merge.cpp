#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/new_migration.h"

namespace sqlmig {
namespace {

struct MergeOptions {
  std::vector<std::string> targets;
  std::string message;
  bool sql = false;
};

Error NothingToJoin(const std::vector<Node>& nodes, const DatabaseView& view, bool all_heads) {
  if (nodes.empty()) return Error(ErrorCode::kHeads, fmt::format("{} has no migrations to merge", view.entry().name));
  const std::string& id = view.graph().id(nodes.front()).str();
  if (all_heads) {
    return Error(ErrorCode::kHeads, fmt::format("there is only one head: {}", id)).Hint("there is nothing to merge");
  }
  return Error(ErrorCode::kTarget, fmt::format("a merge joins two or more migrations, and this names one: {}", id))
      .Hint("name another, or none: 'sqlmig merge' joins all heads");
}

std::vector<MigrationId> DependenciesOf(const MergeOptions& options, const DatabaseView& view) {
  const std::vector<std::string> targets = ShowNegativeTargets(options.targets);
  NodeSet nodes = view.heads();
  if (!targets.empty()) {
    const std::vector<TargetTerm> terms = ParseTargets(targets);
    if (NeedLedger(terms)) {
      throw Error(ErrorCode::kTarget, "merge takes migrations, not places in a database").Hint("give ids, or 'heads'");
    }
    nodes = ResolveTargets(terms, view.situation()).nodes;
  }
  const std::vector<Node> sorted = view.graph().Sorted(nodes);
  if (sorted.size() < 2) throw NothingToJoin(sorted, view, targets.empty() || nodes == view.heads());
  RequireUnrelated(sorted, view.graph());
  std::vector<MigrationId> ids;
  for (const Node node : sorted) ids.push_back(view.graph().id(node));
  return ids;
}

int RunMerge(const MergeOptions& options, Context& context) {
  const FolderLock lock = LockManifest(context);
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
  const DatabaseView view(project, database, std::nullopt);
  NewEntry entry;
  entry.depends_on = DependenciesOf(options, view);
  const std::string slug = options.message.empty() ? "merge_heads" : SlugFrom(options.message);
  entry.id = NewId(project, context, database, slug);
  if (slug != options.message) entry.description = options.message;
  entry.without_scripts = !options.sql;
  context.out << Render(AddMigration(project, context, view, entry), context.global.format) << std::flush;
  return exit_status::kDone;
}

}  // namespace

void AddMerge(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"merge",
       {},
       "Join heads by a migration that depends on them",
       "After a git merge there may be two heads, one from each branch. The new migration depends on all heads, or on "
       "the given migrations, and has no SQL unless --sql asks for scripts.",
       "  sqlmig merge\n"
       "  sqlmig merge -d meta -m \"join billing and templates\"\n"
       "  sqlmig merge create_invoices template_search --sql"});
  const auto options = std::make_shared<MergeOptions>();
  command->add_option("id", options->targets, "What to join; all heads without it")->type_name("ID");
  command->add_option("-m,--message", options->message, "What the new migration is called; merge_heads without it")
      ->type_name("NAME");
  command->add_flag("--sql", options->sql, "With scripts, for SQL that brings the branches together");
  Runs(command, selected, "merge", [options](Context& context) { return RunMerge(*options, context); });
}

}  // namespace sqlmig
