// How a command that runs steps goes through one database, or through all that are selected.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/early_run.h"
#include "cli/fleet_options.h"
#include "cli/project.h"
#include "cli/rollback_proof.h"
#include "plan/planner.h"
#include "report/plan_report.h"
#include "report/run_report.h"

namespace sqlmig {

struct RunRequest {
  std::string target;  // as typed, for the ledger's run row
  std::function<Plan(const DatabaseEntry&, const Situation&)> make_plan;
  // apply: late and unknown policies count, edited scripts stop the run. Otherwise another run's change meanwhile does.
  bool forward = true;
  bool all_heads = false;  // apply without a target: one look at the ids may be enough
  bool single_transaction = false;
  bool fake = false;
  bool receipts = false;           // of all steps, not only of slow ones
  std::optional<int> max_blocked;  // in place of what the manifest says
  std::optional<std::chrono::milliseconds> max_blocked_time;
  std::chrono::milliseconds lock_wait = std::chrono::seconds(60);
  std::chrono::milliseconds reconnect_wait = std::chrono::seconds(30);
  std::chrono::milliseconds wait_for_server{0};
  std::shared_ptr<EarlyRun> early;    // of the first database; null: none
  std::optional<FleetOptions> fleet;  // none: a fleet's entry is passed over with a notice
  // Asked with the plan before anything is changed; throws to refuse.
  std::function<void(const DatabaseEntry&, const Plan&, const std::vector<RowLoss>&)> confirm;
  bool finds_losses = false;             // what the steps drop with rows in it is looked for before that
  std::shared_ptr<RollbackProof> proof;  // of the one database; null: nobody looks at what a step leaves
  // A frozen plan for the database: anything else is refused. Null: none.
  std::function<void(const DatabaseEntry&, const Situation&, const std::vector<PreparedStep>&)> check_frozen;
  // Called for each database where all went well: writes its schema file. Null: it is not wanted.
  std::function<DatabaseDump(const DatabaseEntry&, const Conninfo&)> dump;
};

// Connects, plans, asks, runs. What goes wrong in this database is in the result.
DatabaseRun RunDatabase(const Project& project, Context& context, const DatabaseEntry& database,
                        const Conninfo& conninfo, const RunRequest& request);

// RunDatabase for each of the selected, prints the report, and gives the exit status (cli/errors.h).
int RunSelected(const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected,
                const RunRequest& request);

// The plan without a run; reads only. What goes wrong in a database is in its plan.
DatabasePlan PlanDatabase(const Project& project, Context& context, const DatabaseEntry& database,
                          const Conninfo& conninfo, const RunRequest& request);
int PlanSelected(const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected,
                 const RunRequest& request);

// Checks that hold whatever is planned: interrupted steps, another scope's rows. Throws kInterrupted, kScope.
void CheckState(const Project& project, const DatabaseEntry& database, const Situation& situation,
                const LedgerState& state);
// Only the second of them, for commands that show what is interrupted.
void CheckScope(const Project& project, const DatabaseEntry& database, const Situation& situation,
                const LedgerState& state);

// For --single-transaction. Throws kUsage for a step that runs without one.
void CheckAllTransactional(const Plan& plan);

// Ids that stay applied and whose up script was really changed since.
std::vector<std::string> FindEdited(const DatabaseEntry& database, ScriptStore& store, const Situation& situation,
                                    const Plan& plan);

RunRecord NewRunRecord(const Context& context, const std::string& target);

}  // namespace sqlmig
