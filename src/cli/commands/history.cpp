#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/database_view.h"
#include "cli/errors.h"
#include "report/history_report.h"

namespace sqlmig {
namespace {

struct HistoryOptions {
  std::string range;
  std::size_t limit = 0;  // 0: all
  bool with_database = false;
};

// a:b with either side empty.
struct HistoryRange {
  std::vector<TargetTerm> from;  // empty: the roots
  std::vector<TargetTerm> to;    // empty: all
};

bool IsSteps(const std::string& text) {
  return !text.empty() && (text.front() == '-' || text.front() == '+');
}

// -3:current is current-3:current, create_bots:+2 is create_bots:create_bots+2, as in Alembic.
HistoryRange ParseRange(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' is not a range", text))
        .Hint(fmt::format("write FROM:TO, FROM: or :TO; 'sqlmig show {}' shows one migration", text.substr(0, colon)));
  }
  std::string from = text.substr(0, colon);
  std::string to = text.substr(colon + 1);
  const bool from_steps = IsSteps(from);
  if (from_steps && IsSteps(to)) {
    throw Error(ErrorCode::kTarget, fmt::format("both ends of '{}' count from nothing", text))
        .Hint("name what to count from, such as -3:current");
  }
  if (from_steps) from = (to.empty() ? "head" : to) + from;
  if (IsSteps(to)) to = (from.empty() ? "base" : from) + to;
  const auto side = [](const std::string& target) {
    return target.empty() ? std::vector<TargetTerm>() : ParseTargets({target});
  };
  return {side(from), side(to)};
}

Error NoWay(const NodeSet& from, const NodeSet& to, const HistoryRange& range, const Graph& graph) {
  const std::string& older = range.from.front().text;
  const std::string newer = range.to.empty() ? "heads" : range.to.front().text;
  const NodeSet before = graph.AncestorsOf(from);
  const std::vector<Node> ends = to.ToVector();
  const bool turned = std::any_of(ends.begin(), ends.end(), [&](Node node) { return before.Contains(node); });
  return Error(ErrorCode::kTarget, fmt::format("'{}' does not lead to '{}'", older, newer))
      .Hint(turned ? "the older migration stands first: FROM:TO"
                   : "neither of them leads to the other: they are on different branches; 'sqlmig graph' "
                     "shows where these part");
}

// FROM, what descends from it, and leads to TO: both ends are shown.
NodeSet NodesOf(const HistoryRange& range, const DatabaseView& view) {
  const Graph& graph = view.graph();
  const NodeSet to = range.to.empty() ? graph.All() : ResolveTargets(range.to, view.situation()).nodes;
  NodeSet nodes = graph.AncestorsOf(to);
  const ResolvedTargets from = ResolveTargets(range.from, view.situation());
  if (from.nodes.empty()) return nodes;
  const NodeSet below = graph.DescendantsOf(from.nodes);
  for (const Node node : nodes.ToVector()) {
    if (!below.Contains(node)) nodes.Erase(node);
  }
  if (nodes.empty()) throw NoWay(from.nodes, to, range, graph);
  return nodes;
}

// Newest first; `limit` of them, 0: all.
DatabaseHistory HistoryOf(const Seen& seen, const HistoryRange& range, std::size_t limit) {
  DatabaseHistory history;
  history.name = seen.entry->name;
  history.error = seen.error;
  if (!seen.view) return history;
  std::vector<Node> nodes = seen.view->graph().Sorted(NodesOf(range, *seen.view));
  std::reverse(nodes.begin(), nodes.end());
  if (limit > 0 && nodes.size() > limit) nodes.resize(limit);
  for (const Node node : nodes) history.migrations.push_back(seen.view->InfoOf(node));
  return history;
}

int RunHistory(const HistoryOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const HistoryRange range =
      options.range.empty() ? HistoryRange() : ParseRange(ShowNegativeTargets({options.range}).front());
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  if (selected.size() > 1 && (!range.from.empty() || !range.to.empty()))
    SelectDatabases(project, context, Selection::kOne);
  const bool connects = options.with_database || NeedLedger(range.from) || NeedLedger(range.to);
  const std::vector<Seen> databases = SeeDatabases(project, context, selected, connects);
  HistoryReport report{context.command, HistoryReport::Style::kLines, context.global.verbose > 0, {}};
  for (const Seen& seen : databases) report.databases.push_back(HistoryOf(seen, range, options.limit));
  context.out << Render(report, context.global.format) << std::flush;
  for (const Seen& seen : databases) {
    if (seen.view && seen.view->graph().size() == 0) SayNothing(context, *seen.entry, "there are no migrations");
  }
  return ReportErrors(context, ErrorsOf(databases), selected.size());
}

}  // namespace

void AddHistory(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app, {"history",
            {},
            "List the migrations, newest first",
            "Each with what it depends on, and whether it is a head, a merge, a branch point. Does not connect, unless "
            "the current migrations are asked for. A range FROM:TO takes targets; either side may be left out, "
            "or count from the other: -3:current.",
            "  sqlmig history\n"
            "  sqlmig history -d meta -r create_bots:     # from one migration on\n"
            "  sqlmig history -d meta -r current: -v      # from where the database is, with the scripts\n"
            "  sqlmig history -i -n 20                    # the last 20, with the current one marked"});
  const auto options = std::make_shared<HistoryOptions>();
  command->add_option("-r,--rev-range", options->range, "From one migration to another, both shown")
      ->type_name("FROM:TO");
  command->add_option("-n,--limit", options->limit, "Only the newest N; all without it")
      ->type_name("N")
      ->check(Count());
  command->add_flag("-i,--indicate-current,--with-database", options->with_database,
                    "Connect, and mark what is current; also shows what only the ledger knows");
  Runs(
      command, selected, "history", [options](Context& context) { return RunHistory(*options, context); },
      Forms::kMarkdown);
}

}  // namespace sqlmig
