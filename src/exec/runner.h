// Executes plans under the run lock: the protocol of the README, "How a run goes".
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exec/events.h"
#include "exec/script_store.h"
#include "exec/session.h"
#include "exec/waiter.h"

namespace sqlmig {

struct RunOptions {
  RunRecord record;
  std::chrono::milliseconds lock_wait = std::chrono::seconds(60);
  std::chrono::milliseconds lock_timeout = std::chrono::seconds(3);    // where a step does not say otherwise
  std::chrono::milliseconds lock_deadline = std::chrono::minutes(10);  // for all attempts of one step
  std::chrono::milliseconds reconnect_wait = std::chrono::seconds(30);
  // In place of what the manifest says.
  std::optional<int> max_blocked = {};
  std::optional<std::chrono::milliseconds> max_blocked_time = {};
  bool single_transaction = false;
  bool fake = false;               // write the rows, run no SQL
  bool receipts = false;           // of all steps, not only of slow ones
  StepWitness* witness = nullptr;  // looks at what steps leave; outlives the run; null: none
};

struct StepResult {
  Step step;
  std::int64_t duration_ms = 0;
};

struct RunResult {
  std::string run;  // empty: there was nothing to do, and nothing was written
  std::vector<StepResult> done;
  std::optional<StepResult> failed;  // the step that `error` is about
  std::optional<Error> error;
  std::string outcome = "nothing";  // "nothing", "done", or the error's code
};

// Plans for a state that was read under the lock, with scripts ready. Called once, or again when the state changed.
using Planner = std::function<std::vector<PreparedStep>(const LedgerState&)>;

class Runner {
 public:
  Runner(Session& session, Waiter waiter, Observer observer);

  // Takes the lock, reads the state, plans, runs. Errors of the run are in the result; what fails before the first step
  // (lock, planning) is thrown: kRunLock, and what `plan` throws.
  RunResult Run(const Planner& plan, const RunOptions& options);

  // Only takes the lock, and closes runs that died; used before bookkeeping.
  LedgerState LockAndRead(const RunOptions& options);

  // After a lost connection: connects, takes the lock and does `work`; a connection that is lost again on the way costs
  // time, not the outcome. Throws what the last attempt within `reconnect_wait` has thrown, or `cause` after a signal.
  void WithNewConnection(const RunOptions& options, const Error& cause, const std::function<void()>& work);

 private:
  void Lock(std::chrono::milliseconds wait);
  void RunSteps(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result);
  // False: the server has lost steps before this one, which must be run again first.
  bool RunTransactional(PreparedStep& step, const RunOptions& options, RunResult* result);
  void RunSingleTransaction(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result);
  std::optional<StepOutcome> TrySingleTransaction(
      std::vector<PreparedStep>& steps, const RunOptions& options,
      const std::function<std::chrono::milliseconds(const PreparedStep&)>& timeout_of, RunResult* result);
  bool RunNonTransactional(PreparedStep& step, const RunOptions& options, RunResult* result);
  bool SettleUnits(PreparedStep& step, const Session::Attempt& attempt, const Error& cause, const RunOptions& options,
                   RunResult* result);
  bool Abandon(const PreparedStep& step, const Session::Attempt& attempt);
  bool RunUnits(PreparedStep& step, const Session::Attempt& attempt, const RunOptions& options);
  StepOutcome RunUnit(PreparedStep& step, std::size_t unit, Session::Attempt attempt, const RunOptions& options);
  void WriteReceipts();
  void Show(const PreparedStep& step, const RunOptions& options);
  void WriteFakes(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result);
  // `result`: whose finished steps are looked for, too; null when nothing was committed before.
  bool SettleLost(const PreparedStep& step, const std::string& attempt, const Error& cause, const RunOptions& options,
                  RunResult* result);
  // Throws kStalePlan when the server that answers now lacks what was applied before this run.
  void RequireBase(const LedgerState& state) const;
  std::size_t StepsKept(const LedgerState& state, const RunResult& result) const;
  void ForgetLostSteps(std::size_t kept, RunResult* result);
  void EndRun(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result);
  void Finish(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result);

  Session& session_;
  Waiter waiter_;
  Observer observer_;
  std::vector<MigrationId> base_;  // was applied when the run was planned, and is none of its steps
  int crashes_ = 0;                // that took finished steps with them
};

}  // namespace sqlmig
