#include "cli/database_view.h"

#include <algorithm>
#include <unordered_set>

#include "cli/errors.h"
#include "cli/progress.h"

namespace sqlmig {

DatabaseView::DatabaseView(const Project& project, const DatabaseEntry& entry, std::optional<LedgerState> state)
    : entry_(&entry),
      folder_(project.manifest.file.parent_path()),
      with_state_(state.has_value()),
      state_(std::move(state).value_or(LedgerState{})),
      situation_(MakeSituation(entry, project.manifest, state_)),
      heads_(situation_.Heads()),
      current_(situation_.Current()) {}

MigrationInfo DatabaseView::InfoOf(Node node) const {
  const Graph& graph = situation_.graph;
  MigrationInfo info;
  info.id = graph.id(node).str();
  info.migration = situation_.migration[node];
  info.folder = folder_;
  info.row = situation_.row[node];
  if (info.migration != nullptr) {
    info.description = info.migration->description;
    for (const Dependency& dependency : info.migration->depends_on) info.depends_on.push_back(dependency.id.str());
  } else {
    info.description = info.row->description;
    for (const Node dependency : graph.DependenciesOf(node)) info.depends_on.push_back(graph.id(dependency).str());
  }
  for (const Node dependant : graph.DependantsOf(node)) info.dependants.push_back(graph.id(dependant).str());
  info.head = heads_.Contains(node);
  info.merge = graph.IsMerge(node);
  info.branch_point = graph.IsBranchPoint(node);
  info.with_state = with_state_;
  info.current = current_.Contains(node);
  return info;
}

GraphNode::Mark DatabaseView::MarkOf(Node node, const NodeSet& late) const {
  using Mark = GraphNode::Mark;
  if (!with_state_) return Mark::kNone;
  const AppliedMigration* row = situation_.row[node];
  if (row == nullptr) return late.Contains(node) ? Mark::kLate : Mark::kPending;
  if (row->status != AppliedStatus::kApplied) return Mark::kInterrupted;
  return situation_.migration[node] == nullptr ? Mark::kUnknown : Mark::kApplied;
}

GraphView DatabaseView::Drawing(const std::vector<std::string>& edited) const {
  const std::unordered_set<std::string_view> changed(edited.begin(), edited.end());
  const NodeSet late = situation_.Late();
  GraphView view;
  view.database = entry_->name;
  view.with_state = with_state_;
  view.nodes.reserve(graph().size());
  for (const Node node : graph().Order()) {
    GraphNode& drawn = view.nodes.emplace_back();
    MigrationInfo info = InfoOf(node);
    drawn.id = std::move(info.id);
    drawn.description = std::move(info.description);
    for (const Node dependency : graph().DependenciesOf(node)) drawn.depends_on.push_back(graph().Rank(dependency));
    drawn.head = info.head;
    drawn.merge = info.merge;
    drawn.branch_point = info.branch_point;
    drawn.current = info.current;
    if (info.migration != nullptr) {
      drawn.up_path = info.migration->up.path.string();
      drawn.down_path = info.migration->down.path.string();
    }
    drawn.mark = MarkOf(node, late);
    if (drawn.mark == GraphNode::Mark::kApplied && changed.contains(drawn.id)) drawn.mark = GraphNode::Mark::kEdited;
  }
  return view;
}

namespace {

// Null for a fleet entry without a member (and a warning).
std::unique_ptr<PgSession> OpenForReading(const Project& project, Context& context, const DatabaseEntry& database,
                                          std::size_t selected) {
  const auto conninfo = FindConninfo(project, context, database, selected);
  if (conninfo) return Connect(project, context, database, *conninfo, {});
  Warn(context, FleetNotice(database));
  return nullptr;
}

}  // namespace

std::optional<LedgerState> ReadLedger(const Project& project, Context& context, const DatabaseEntry& database,
                                      std::size_t selected) {
  const auto session = OpenForReading(project, context, database, selected);
  return session ? std::optional(session->ReadState()) : std::nullopt;
}

std::vector<DatabaseView> ReadViews(const Project& project, const std::vector<const DatabaseEntry*>& selected) {
  std::vector<DatabaseView> views;
  views.reserve(selected.size());
  for (const DatabaseEntry* database : selected) views.emplace_back(project, *database, std::nullopt);
  return views;
}

std::vector<Seen> SeeDatabases(const Project& project, Context& context,
                               const std::vector<const DatabaseEntry*>& selected, bool with_database,
                               const AlsoRead& also) {
  std::vector<Seen> databases;
  databases.reserve(selected.size());
  for (const DatabaseEntry* entry : selected) {
    Seen& seen = databases.emplace_back();
    seen.entry = entry;
    seen.error = TryDatabase(context, *entry, selected.size(), [&] {
      std::unique_ptr<PgSession> session;
      if (with_database) session = OpenForReading(project, context, *entry, selected.size());
      std::optional<LedgerState> state;
      if (session) state = session->ReadState();
      seen.view.emplace(project, *entry, std::move(state));
      if (session && also) also(*session, *seen.view);
    });
  }
  return databases;
}

std::vector<Error> ErrorsOf(const std::vector<Seen>& databases) {
  std::vector<Error> errors;
  for (const Seen& seen : databases) {
    if (seen.error) errors.push_back(*seen.error);
  }
  return errors;
}

std::vector<std::string> IdsOf(const NodeSet& nodes, const Graph& graph) {
  std::vector<std::string> ids;
  for (const Node node : graph.Sorted(nodes)) ids.push_back(graph.id(node).str());
  return ids;
}

void SayNothing(Context& context, const DatabaseEntry& database, const char* text) {
  if (context.global.format == Format::kText && !context.global.quiet)
    context.err << database.name << ": " << text << "\n";
}

bool NeedLedger(const std::vector<TargetTerm>& terms) {
  return std::any_of(terms.begin(), terms.end(), [](const TargetTerm& term) {
    return term.kind == TargetTerm::Kind::kCurrent || term.kind == TargetTerm::Kind::kSteps;
  });
}

}  // namespace sqlmig
