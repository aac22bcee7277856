// One database as the planner sees it: the manifest's graph joined with what its ledger holds.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "manifest/manifest.h"
#include "model/ledger_state.h"

namespace sqlmig {

// A squash that the ledger has not, while it has some of what that replaces: whoever ran those stopped in the middle.
struct HalfwaySquash {
  Node squash = 0;
  std::vector<MigrationId> applied;  // both as `replaces` lists them
  std::vector<MigrationId> missing;
};

// Nodes 0 .. migrations-1 are the manifest's in file order; ids that only the ledger knows follow, with the
// dependencies recorded when they were applied. The manifest and the ledger state outlive the situation.
//
// A migration that replaces others (a squash) is applied when it has a row, or when all that it replaces has one. Then
// the rows of those are no nodes, and what an unknown row depends on among them is the squash. When only some have
// rows, these are nodes, so that they can be rolled back, and the squash is pending and `halfway`.
struct Situation {
  Graph graph;
  std::vector<const Migration*> migration;   // by node; null: this checkout lacks it
  std::vector<const AppliedMigration*> row;  // by node; null: not in the ledger
  NodeSet applied;                           // rows with a finished up (kReverting rows count as applied)
  NodeSet known;                             // nodes that the manifest has
  std::vector<Node> applied_order;           // applied nodes by ordinal
  const std::map<std::string, std::vector<Dependency>>* tags = nullptr;
  std::map<std::string, Node, std::less<>> replaced_by;         // id to the squash that replaces it
  std::map<Node, std::vector<MigrationId>> behind;              // by squash: rows that are no nodes because of it
  std::vector<HalfwaySquash> halfway;                           // in file order
  std::vector<std::unique_ptr<AppliedMigration>> put_together;  // rows that the ledger has not (through_replaced)

  NodeSet Unknown() const;      // applied, and this checkout lacks them; what a squash replaces is none of them
  NodeSet Interrupted() const;  // rows of half-done non-transactional steps
  NodeSet Pending() const;      // of the manifest, not applied
  // Pending, while an applied migration comes later in plan order.
  NodeSet Late() const;
  NodeSet Heads() const;    // heads of the manifest's graph
  NodeSet Current() const;  // applied ones that no applied one depends on
};

// Throws kGraph as Graph::Build does, kLedger when recorded dependencies of unknown ids form a cycle.
Situation MakeSituation(const DatabaseEntry& database, const Manifest& manifest, const LedgerState& state);

}  // namespace sqlmig
