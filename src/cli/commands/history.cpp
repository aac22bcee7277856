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
struct Range {
  std::vector<TargetTerm> from;  // empty: the roots
  std::vector<TargetTerm> to;    // empty: all
};

Range ParseRange(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' is not a range", text))
        .Hint(fmt::format("write FROM:TO, FROM: or :TO; 'sqlmig show {}' shows one migration", text.substr(0, colon)));
  }
  const auto side = [](const std::string& target) {
    std::vector<TargetTerm> terms = target.empty() ? std::vector<TargetTerm>() : ParseTargets({target});
    if (!terms.empty() && terms.front().kind == TargetTerm::Kind::kSteps) {
      throw Error(ErrorCode::kTarget, fmt::format("'{}' in a range counts from nothing", target))
          .Hint(fmt::format("name what to count from, such as current{}", target));
    }
    return terms;
  };
  return {side(text.substr(0, colon)), side(text.substr(colon + 1))};
}

// FROM, what descends from it, and leads to TO: both ends are shown.
NodeSet NodesOf(const Range& range, const DatabaseView& view) {
  const Graph& graph = view.graph();
  NodeSet nodes = range.to.empty() ? graph.All() : graph.AncestorsOf(ResolveTargets(range.to, view.situation()).nodes);
  const ResolvedTargets from = ResolveTargets(range.from, view.situation());
  if (from.nodes.empty()) return nodes;
  const NodeSet below = graph.DescendantsOf(from.nodes);
  for (const Node node : nodes.ToVector()) {
    if (!below.Contains(node)) nodes.Erase(node);
  }
  if (nodes.empty()) {
    throw Error(ErrorCode::kTarget,
                fmt::format("'{}' does not lead to '{}'", range.from.front().text, range.to.front().text))
        .Hint("the older migration stands first: FROM:TO");
  }
  return nodes;
}

// Newest first; `limit` of them, 0: all.
DatabaseHistory HistoryOf(const Seen& seen, const Range& range, std::size_t limit) {
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
  const Range range = options.range.empty() ? Range() : ParseRange(options.range);
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
            "the current migrations are asked for. A range FROM:TO takes targets; either side may be left out.",
            "  sqlmig history\n"
            "  sqlmig history -d meta -r create_bots:     from one migration on\n"
            "  sqlmig history -d meta -r current: -v      from where the database is, with the scripts\n"
            "  sqlmig history -i -n 20                    the last 20, with the current one marked"});
  const auto options = std::make_shared<HistoryOptions>();
  command->add_option("-r,--rev-range", options->range, "From one migration to another, both shown")
      ->type_name("FROM:TO");
  command->add_option("-n,--limit", options->limit, "Only the newest N")
      ->type_name("N")
      ->check(CLI::PositiveNumber.description(""));
  command->add_flag("-i,--indicate-current,--with-database", options->with_database,
                    "Connect, and mark what is current; also shows what only the ledger knows");
  Runs(
      command, selected, "history", [options](Context& context) { return RunHistory(*options, context); },
      Forms::kMarkdown);
}

}  // namespace sqlmig
