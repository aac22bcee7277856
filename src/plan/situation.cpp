#include "plan/situation.h"

#include <unordered_map>
#include <unordered_set>

namespace sqlmig {
namespace {

std::vector<Graph::Input> ManifestInputs(const DatabaseEntry& database) {
  std::vector<Graph::Input> inputs;
  inputs.reserve(database.migrations.size());
  for (const Migration& migration : database.migrations) {
    Graph::Input input{migration.id, {}};
    input.depends_on.reserve(migration.depends_on.size());
    for (const Dependency& dependency : migration.depends_on) input.depends_on.push_back(dependency.id);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

// Rows of ids that the manifest lacks. A recorded dependency that neither side knows any more is dropped.
std::vector<Graph::Input> UnknownInputs(const LedgerState& state,
                                        const std::unordered_set<std::string_view>& in_manifest) {
  std::unordered_set<std::string_view> unknown;
  for (const AppliedMigration& row : state.rows) {
    if (!in_manifest.contains(row.id.str())) unknown.insert(row.id.str());
  }
  std::vector<Graph::Input> inputs;
  if (unknown.empty()) return inputs;
  for (const AppliedMigration& row : state.rows) {
    if (!unknown.contains(row.id.str())) continue;
    Graph::Input input{row.id, {}};
    for (const MigrationId& dependency : row.depends_on) {
      const bool exists = in_manifest.contains(dependency.str()) || unknown.contains(dependency.str());
      if (exists) input.depends_on.push_back(dependency);
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Graph BuildJoined(const DatabaseEntry& database, const LedgerState& state) {
  std::vector<Graph::Input> inputs = ManifestInputs(database);
  std::unordered_set<std::string_view> in_manifest;
  for (const Migration& migration : database.migrations) in_manifest.insert(migration.id.str());
  std::vector<Graph::Input> unknown = UnknownInputs(state, in_manifest);
  if (unknown.empty()) return Graph::Build(std::move(inputs));
  inputs.insert(inputs.end(), std::make_move_iterator(unknown.begin()), std::make_move_iterator(unknown.end()));
  try {
    return Graph::Build(std::move(inputs));
  } catch (const Error& error) {
    static_cast<void>(Graph::Build(ManifestInputs(database)));  // throws when the manifest alone is at fault
    throw Error(ErrorCode::kLedger, "the ledger's recorded dependencies do not fit together: " + error.message())
        .Hint("'sqlmig stamp --purge' forgets the ids that this checkout lacks");
  }
}

}  // namespace

Situation MakeSituation(const DatabaseEntry& database, const Manifest& manifest, const LedgerState& state) {
  Graph graph = BuildJoined(database, state);
  const std::size_t nodes = graph.size();
  Situation situation{std::move(graph),
                      std::vector<const Migration*>(nodes, nullptr),
                      std::vector<const AppliedMigration*>(nodes, nullptr),
                      NodeSet(nodes),
                      NodeSet(nodes),
                      {},
                      &manifest.tags};
  for (std::size_t i = 0; i < database.migrations.size(); ++i) {
    situation.migration[i] = &database.migrations[i];
    situation.known.Insert(static_cast<Node>(i));
  }
  for (const AppliedMigration& row : state.rows) {
    const Node node = situation.graph.Find(row.id.str()).value();
    situation.row[node] = &row;
    if (row.status == AppliedStatus::kApplying) continue;
    situation.applied.Insert(node);
    situation.applied_order.push_back(node);
  }
  return situation;
}

NodeSet Situation::Unknown() const {
  NodeSet unknown = graph.EmptySet();
  for (Node node = 0; node < row.size(); ++node) {
    if (row[node] != nullptr && migration[node] == nullptr) unknown.Insert(node);
  }
  return unknown;
}

NodeSet Situation::Interrupted() const {
  NodeSet interrupted = graph.EmptySet();
  for (Node node = 0; node < row.size(); ++node) {
    if (row[node] != nullptr && row[node]->status != AppliedStatus::kApplied) interrupted.Insert(node);
  }
  return interrupted;
}

NodeSet Situation::Pending() const {
  NodeSet pending = known;
  pending.EraseAll(applied);
  return pending;
}

NodeSet Situation::Late() const {
  std::size_t last_applied = 0;
  applied.ForEach([&](Node node) {
    if (known.Contains(node)) last_applied = std::max(last_applied, graph.Rank(node) + 1);
  });
  NodeSet late = Pending();
  Pending().ForEach([&](Node node) {
    if (graph.Rank(node) >= last_applied) late.Erase(node);
  });
  return late;
}

NodeSet Situation::Heads() const {
  NodeSet heads = known;
  known.ForEach([&](Node node) {
    for (const Node dependency : graph.DependenciesOf(node)) heads.Erase(dependency);
  });
  return heads;
}

NodeSet Situation::Current() const {
  return graph.HeadsOf(applied);
}

}  // namespace sqlmig
