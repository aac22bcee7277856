// One database as the planner sees it: the manifest's graph joined with what its ledger holds.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "manifest/manifest.h"
#include "model/ledger_state.h"

namespace sqlmig {

// Nodes 0 .. migrations-1 are the manifest's in file order; ids that only the ledger knows follow, with the
// dependencies recorded when they were applied. The manifest and the ledger state outlive the situation.
struct Situation {
  Graph graph;
  std::vector<const Migration*> migration;   // by node; null: this checkout lacks it
  std::vector<const AppliedMigration*> row;  // by node; null: not in the ledger
  NodeSet applied;                           // rows with a finished up (kReverting rows count as applied)
  NodeSet known;                             // nodes that the manifest has
  std::vector<Node> applied_order;           // applied nodes by ordinal
  const std::map<std::string, std::vector<Dependency>>* tags = nullptr;

  NodeSet Unknown() const;      // applied, and this checkout lacks them
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
