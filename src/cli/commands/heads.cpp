#include "cli/commands.h"
#include "cli/database_view.h"
#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/run_flow.h"
#include "report/history_report.h"

namespace sqlmig {
namespace {

HistoryReport NewReportOf(const Context& context, HistoryReport::Style style) {
  return {context.command, style, context.global.verbose > 0, {}};
}

// The nodes in plan order.
DatabaseHistory HistoryOf(const DatabaseView& view, const NodeSet& nodes) {
  DatabaseHistory history;
  history.name = view.entry().name;
  for (const Node node : view.graph().Sorted(nodes)) history.migrations.push_back(view.InfoOf(node));
  return history;
}

int RunHeads(Context& context) {
  const Project project = LoadProject(context);
  const auto views = ReadViews(project, SelectDatabases(project, context, Selection::kAll));
  HistoryReport report = NewReportOf(context, HistoryReport::Style::kIds);
  for (const DatabaseView& view : views) report.databases.push_back(HistoryOf(view, view.heads()));
  context.out << Render(report, context.global.format) << std::flush;
  for (const DatabaseView& view : views) {
    if (view.heads().empty()) SayNothing(context, view.entry(), "there are no migrations");
  }
  return exit_status::kDone;
}

NodeSet BranchPoints(const Graph& graph) {
  NodeSet points = graph.EmptySet();
  for (Node node = 0; node < graph.size(); ++node) {
    if (graph.IsBranchPoint(node)) points.Insert(node);
  }
  return points;
}

int RunBranches(Context& context) {
  const Project project = LoadProject(context);
  const auto views = ReadViews(project, SelectDatabases(project, context, Selection::kAll));
  HistoryReport report = NewReportOf(context, HistoryReport::Style::kBranches);
  for (const DatabaseView& view : views) report.databases.push_back(HistoryOf(view, BranchPoints(view.graph())));
  context.out << Render(report, context.global.format) << std::flush;
  for (const DatabaseView& view : views) {
    if (BranchPoints(view.graph()).empty()) SayNothing(context, view.entry(), "there are no branch points");
  }
  return exit_status::kDone;
}

// Everything of the checkout is applied, as it is here, and nothing else: what status calls current.
bool AtHeads(const Project& project, const DatabaseView& view) {
  const Situation& situation = view.situation();
  if (!situation.Pending().empty() || !situation.Unknown().empty() || !situation.Interrupted().empty()) return false;
  ScriptStore store(project.manifest, view.entry());
  return FindEdited(view.entry(), store, situation, {}).empty();
}

int RunCurrent(bool check_heads, Context& context) {
  const Project project = LoadProject(context);
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  const std::vector<Seen> databases = SeeDatabases(project, context, selected, true);
  HistoryReport report = NewReportOf(context, HistoryReport::Style::kCurrent);
  bool at_heads = true;
  for (const Seen& seen : databases) {
    if (seen.view && seen.view->with_state()) {
      report.databases.push_back(HistoryOf(*seen.view, seen.view->current()));
      at_heads = at_heads && (!check_heads || AtHeads(project, *seen.view));
    } else {
      report.databases.push_back(
          {seen.entry->name, {}, seen.error ? std::string() : FleetNotice(*seen.entry), seen.error});
    }
  }
  context.out << Render(report, context.global.format) << std::flush;
  for (const Seen& seen : databases) {
    if (!seen.view || !seen.view->with_state()) continue;
    if (seen.view->current().empty()) SayNothing(context, *seen.entry, "nothing is applied");
  }
  const int status = ReportErrors(context, ErrorsOf(databases), selected.size());
  return status == exit_status::kDone && check_heads && !at_heads ? exit_status::kNo : status;
}

}  // namespace

void AddHeads(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app, {"heads",
            {},
            "Show the migrations that nothing depends on",
            "Several heads mean that branches are not joined yet; 'sqlmig merge' joins them. Does not connect.",
            "  sqlmig heads\n"
            "  sqlmig heads -d meta -v"});
  Runs(command, selected, "heads", RunHeads, Forms::kMarkdown);
}

void AddBranches(CLI::App& app, Selected& selected) {
  CLI::App* const command =
      AddCommand(app, {"branches",
                       {},
                       "Show the migrations that several others depend on",
                       "Each branch point with the migrations that it branches into. Does not connect.",
                       "  sqlmig branches\n"
                       "  sqlmig branches -d meta -v"});
  Runs(command, selected, "branches", RunBranches, Forms::kMarkdown);
}

void AddCurrent(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app, {"current",
            {},
            "Show where each database is",
            "The applied migrations that no applied one depends on: one, or several where branches are open. 'sqlmig "
            "status' also tells what is pending. Only reads.",
            "  sqlmig current\n"
            "  sqlmig current -d meta -v         # with the time, the run and the scripts\n"
            "  sqlmig current --check-heads      # exit 1 unless everything is applied"});
  const auto check_heads = std::make_shared<bool>(false);
  command->add_flag("-c,--check-heads", *check_heads,
                    "Exit with 1 unless everything is applied, as it is here, and nothing else");
  Runs(
      command, selected, "current", [check_heads](Context& context) { return RunCurrent(*check_heads, context); },
      Forms::kMarkdown);
}

}  // namespace sqlmig
