#include "plan/situation.h"

#include <algorithm>
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

// What the rows mean to the manifest's squashes.
struct Squashes {
  std::unordered_map<std::string_view, Node> hidden;  // ids of rows that are no nodes, to the squash
  std::map<std::string, Node, std::less<>> replaced_by;
  std::map<Node, std::vector<MigrationId>> behind;
  std::vector<HalfwaySquash> halfway;
  std::vector<std::unique_ptr<AppliedMigration>> put_together;
};

// A squash's row out of the rows of what it replaces: there since the last of them was applied.
std::unique_ptr<AppliedMigration> PutTogether(const Migration& squash,
                                              const std::vector<const AppliedMigration*>& rows) {
  auto row = std::make_unique<AppliedMigration>();
  row->id = squash.id;
  row->description = squash.description;
  for (const Dependency& dependency : squash.depends_on) row->depends_on.push_back(dependency.id);
  row->down_kind = DownKind::kIrreversible;
  row->through_replaced = true;
  for (const AppliedMigration* replaced : rows) {
    row->duration_ms += replaced->duration_ms;
    if (replaced->ordinal < row->ordinal) continue;
    row->ordinal = replaced->ordinal;
    row->run = replaced->run;
    row->applied_at = replaced->applied_at;
  }
  return row;
}

void JoinSquash(Node node, const Migration& squash,
                const std::unordered_map<std::string_view, const AppliedMigration*>& rows, Squashes* squashes) {
  std::vector<const AppliedMigration*> found;
  HalfwaySquash halfway{node, {}, {}};
  for (const MigrationId& id : squash.replaces) {
    squashes->replaced_by.emplace(id.str(), node);
    const auto row = rows.find(id.str());
    const bool applied = row != rows.end() && row->second->status == AppliedStatus::kApplied;
    (applied ? halfway.applied : halfway.missing).push_back(id);
    if (row != rows.end()) found.push_back(row->second);
  }
  const bool own = rows.contains(squash.id.str());
  if (found.empty() || (!own && !halfway.missing.empty())) {
    if (!found.empty()) squashes->halfway.push_back(std::move(halfway));
    return;
  }
  for (const AppliedMigration* row : found) {
    squashes->hidden.emplace(row->id.str(), node);
    squashes->behind[node].push_back(row->id);
  }
  if (!own) squashes->put_together.push_back(PutTogether(squash, found));
}

Squashes FindSquashes(const DatabaseEntry& database, const LedgerState& state) {
  Squashes squashes;
  std::unordered_map<std::string_view, const AppliedMigration*> rows;
  for (std::size_t i = 0; i < database.migrations.size(); ++i) {
    const Migration& migration = database.migrations[i];
    if (migration.replaces.empty()) continue;
    if (rows.empty()) {
      for (const AppliedMigration& row : state.rows) rows.emplace(row.id.str(), &row);
    }
    JoinSquash(static_cast<Node>(i), migration, rows, &squashes);
  }
  return squashes;
}

// Rows of ids that the manifest lacks. A recorded dependency that neither side knows any more is dropped.
std::vector<Graph::Input> UnknownInputs(const DatabaseEntry& database, const LedgerState& state,
                                        const Squashes& squashes) {
  std::unordered_set<std::string_view> in_manifest;
  for (const Migration& migration : database.migrations) in_manifest.insert(migration.id.str());
  std::unordered_set<std::string_view> unknown;
  for (const AppliedMigration& row : state.rows) {
    const std::string_view id = row.id.str();
    if (!in_manifest.contains(id) && !squashes.hidden.contains(id)) unknown.insert(id);
  }
  std::vector<Graph::Input> inputs;
  if (unknown.empty()) return inputs;
  for (const AppliedMigration& row : state.rows) {
    if (!unknown.contains(row.id.str())) continue;
    Graph::Input input{row.id, {}};
    for (const MigrationId& dependency : row.depends_on) {
      const auto hidden = squashes.hidden.find(dependency.str());
      const bool exists = in_manifest.contains(dependency.str()) || unknown.contains(dependency.str());
      if (hidden != squashes.hidden.end()) input.depends_on.push_back(database.migrations[hidden->second].id);
      if (hidden == squashes.hidden.end() && exists) input.depends_on.push_back(dependency);
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Graph BuildJoined(const DatabaseEntry& database, const LedgerState& state, const Squashes& squashes) {
  std::vector<Graph::Input> inputs = ManifestInputs(database);
  std::vector<Graph::Input> unknown = UnknownInputs(database, state, squashes);
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
  Squashes squashes = FindSquashes(database, state);
  Graph graph = BuildJoined(database, state, squashes);
  const std::size_t nodes = graph.size();
  Situation situation{std::move(graph),
                      std::vector<const Migration*>(nodes, nullptr),
                      std::vector<const AppliedMigration*>(nodes, nullptr),
                      NodeSet(nodes),
                      NodeSet(nodes),
                      {},
                      &manifest.tags,
                      std::move(squashes.replaced_by),
                      std::move(squashes.behind),
                      std::move(squashes.halfway),
                      std::move(squashes.put_together)};
  for (std::size_t i = 0; i < database.migrations.size(); ++i) {
    situation.migration[i] = &database.migrations[i];
    situation.known.Insert(static_cast<Node>(i));
  }
  const auto add = [&situation](const AppliedMigration& row) {
    const Node node = situation.graph.Find(row.id.str()).value();
    situation.row[node] = &row;
    if (row.status == AppliedStatus::kApplying) return;
    situation.applied.Insert(node);
    situation.applied_order.push_back(node);
  };
  for (const AppliedMigration& row : state.rows) {
    if (!squashes.hidden.contains(row.id.str())) add(row);
  }
  if (situation.put_together.empty()) return situation;
  for (const auto& row : situation.put_together) add(*row);
  std::stable_sort(situation.applied_order.begin(), situation.applied_order.end(),
                   [&](Node a, Node b) { return situation.row[a]->ordinal < situation.row[b]->ordinal; });
  return situation;
}

NodeSet Situation::Unknown() const {
  NodeSet unknown = graph.EmptySet();
  for (Node node = 0; node < row.size(); ++node) {
    if (row[node] == nullptr || migration[node] != nullptr) continue;
    if (!replaced_by.contains(graph.id(node).str())) unknown.Insert(node);
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
