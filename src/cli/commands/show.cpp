#include <map>
#include <utility>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/database_view.h"
#include "cli/errors.h"
#include "cli/unparsed_scripts.h"
#include "report/show_report.h"

namespace sqlmig {
namespace {

struct ShowOptions {
  std::vector<std::string> targets;
  bool with_database = false;
};

std::vector<std::string> TagsOf(const Manifest& manifest, const std::string& id) {
  std::vector<std::string> names;
  for (const auto& [name, members] : manifest.tags) {
    for (const Dependency& member : members) {
      if (member.id.str() == id) names.push_back(name);
    }
  }
  return names;
}

// By database and id.
using Receipts = std::map<std::pair<std::string, std::string>, std::vector<ShownReceipt>>;

// The last receipts of what the terms name. What they do not name is told later.
void ReadReceipts(PgSession& session, const DatabaseView& view, const std::vector<TargetTerm>& terms,
                  Receipts* receipts) {
  if (view.state().version < kFirstLedgerWithReceipts) return;
  std::vector<std::string> ids;
  try {
    for (const Node node : view.graph().Sorted(ResolveTargets(terms, view.situation()).nodes)) {
      ids.push_back(view.graph().id(node).str());
    }
  } catch (const Error&) {
    return;
  }
  const Rows rows = session.connection().Query(session.ledger().ReadReceipts(ids)).at(0);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    (*receipts)[{view.entry().name, rows.At(r, 0)}].push_back(
        {rows.At(r, 1), rows.At(r, 2), rows.At(r, 3), ReadReceiptJson(rows.At(r, 4))});
  }
}

ShownMigration Shown(const Project& project, const DatabaseView& view, Node node, const Receipts& receipts) {
  ShownMigration shown;
  shown.database = view.entry().name;
  shown.info = view.InfoOf(node);
  shown.tags = TagsOf(project.manifest, shown.info.id);
  const auto known = receipts.find({shown.database, shown.info.id});
  if (known != receipts.end()) shown.receipts = known->second;
  if (shown.info.migration == nullptr) return shown;
  shown.declared_at = project.manifest.Location(shown.info.migration->declared_at);
  const UnparsedScripts scripts(project.manifest);
  for (const Direction direction : {Direction::kUp, Direction::kDown}) {
    scripts.AddTo(*shown.info.migration, direction, &shown.not_parsed);
  }
  shown.settings = ScriptStore(project.manifest, view.entry()).Merged(*shown.info.migration);
  return shown;
}

// With several databases, a name need not mean something in each of them.
std::vector<ShownMigration> Find(const Project& project, const std::vector<Seen>& databases,
                                 const std::vector<TargetTerm>& terms, const Receipts& receipts) {
  std::vector<ShownMigration> found;
  std::vector<Error> failures = ErrorsOf(databases);
  for (const Seen& seen : databases) {
    if (!seen.view) continue;
    try {
      const ResolvedTargets resolved = ResolveTargets(terms, seen.view->situation());
      for (const Node node : seen.view->graph().Sorted(resolved.nodes)) {
        found.push_back(Shown(project, *seen.view, node, receipts));
      }
    } catch (const Error& error) {
      failures.push_back(error);
    }
  }
  if (found.empty() && !failures.empty()) throw failures.front();
  return found;
}

int RunShow(const ShowOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const std::vector<TargetTerm> terms = ParseTargets(ShowNegativeTargets(options.targets));
  for (const TargetTerm& term : terms) {
    if (term.kind != TargetTerm::Kind::kSteps) continue;
    throw Error(ErrorCode::kTarget, fmt::format("'{}' counts from nothing", term.text))
        .Hint(fmt::format("name what to count from, such as head{}", term.text));
  }
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  Receipts receipts;
  const std::vector<Seen> databases = SeeDatabases(
      project, context, selected, options.with_database || NeedLedger(terms),
      [&](PgSession& session, const DatabaseView& view) { ReadReceipts(session, view, terms, &receipts); });
  ShowReport report;
  report.several = project.manifest.several;
  report.migrations = Find(project, databases, terms, receipts);
  if (report.migrations.empty()) {
    throw Error(ErrorCode::kTarget, fmt::format("'{}' names no migration", terms.front().text))
        .Hint("'sqlmig history' lists them");
  }
  context.out << Render(report, context.global.format) << std::flush;
  return ReportErrors(context, ErrorsOf(databases), selected.size());
}

}  // namespace

void AddShow(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"show",
       {},
       "Show all that is declared of a migration",
       "Where it is declared, what it depends on and what depends on it, its scripts, settings and flags; with "
       "--with-database also when and by which run it was applied, and the receipts of the steps that were slow or "
       "ran with --receipts: what they locked, how long, who waited, what was rewritten and scanned. Takes ids, unique "
       "beginnings of an id or of its "
       "name, and head, heads, current, @tag, id+N.",
       "  sqlmig show create_users\n"
       "  sqlmig show head -d meta --with-database\n"
       "  sqlmig show @v1.4.0 --format json"});
  const auto options = std::make_shared<ShowOptions>();
  command->add_option("id", options->targets, "Which")->type_name("ID")->required();
  command->add_flag("--with-database", options->with_database,
                    "Connect, and tell when it was applied and what it locked");
  Runs(command, selected, "show", [options](Context& context) { return RunShow(*options, context); });
}

}  // namespace sqlmig
