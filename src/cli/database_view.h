// One database as the commands that only read see it: its graph, and what its ledger holds when that was asked for.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/project.h"
#include "plan/situation.h"
#include "plan/target.h"
#include "report/graph_view.h"
#include "report/migration_info.h"

namespace sqlmig {

// The project outlives the view.
class DatabaseView {
 public:
  // Without `state`: the manifest alone.
  DatabaseView(const Project& project, const DatabaseEntry& entry, std::optional<LedgerState> state);
  DatabaseView(DatabaseView&&) noexcept = default;

  const DatabaseEntry& entry() const { return *entry_; }
  const Situation& situation() const { return situation_; }
  const Graph& graph() const { return situation_.graph; }
  bool with_state() const { return with_state_; }
  const LedgerState& state() const { return state_; }
  const NodeSet& heads() const { return heads_; }
  const NodeSet& current() const { return current_; }

  MigrationInfo InfoOf(Node node) const;
  // For drawing. `edited`: ids that are to be marked so.
  GraphView Drawing(const std::vector<std::string>& edited) const;

 private:
  GraphNode::Mark MarkOf(Node node, const NodeSet& late) const;

  const DatabaseEntry* entry_;
  std::filesystem::path folder_;  // of the manifest
  bool with_state_;
  LedgerState state_;  // the situation points into its rows
  Situation situation_;
  NodeSet heads_;
  NodeSet current_;
};

// What the database's ledger holds; nothing for a fleet entry without a member (and a warning).
std::optional<LedgerState> ReadLedger(const Project& project, Context& context, const DatabaseEntry& database,
                                      std::size_t selected);

// Views of the selected databases by their manifest alone.
std::vector<DatabaseView> ReadViews(const Project& project, const std::vector<const DatabaseEntry*>& selected);

// One of several databases: its view, or why there is none. A fleet entry without a member has a view without a state.
struct Seen {
  const DatabaseEntry* entry = nullptr;
  std::optional<DatabaseView> view;
  std::optional<Error> error;
};
// What else is read of a database while its connection is there.
using AlsoRead = std::function<void(PgSession&, const DatabaseView&)>;
// Views of the selected databases; with their ledgers when `with_database`. Throws as TryDatabase (cli/errors.h) does.
std::vector<Seen> SeeDatabases(const Project& project, Context& context,
                               const std::vector<const DatabaseEntry*>& selected, bool with_database,
                               const AlsoRead& also = {});
std::vector<Error> ErrorsOf(const std::vector<Seen>& databases);

// Ids in plan order.
std::vector<std::string> IdsOf(const NodeSet& nodes, const Graph& graph);

// Text is empty where there is nothing to list, and people then wonder: this says it on stderr.
void SayNothing(Context& context, const DatabaseEntry& database, const char* text);

// Whether the terms can only be understood with a ledger: current, +N, -N.
bool NeedLedger(const std::vector<TargetTerm>& terms);

}  // namespace sqlmig
