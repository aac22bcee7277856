// A manifest and a server in memory, and runs of the real planner and the real runner between them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exec/memory_session.h"
#include "exec/runner.h"
#include "testing/world.h"

namespace sqlmig::testing {

// What became of one run, in whatever way it ended.
struct Ended {
  RunResult result;
  std::optional<Error> thrown;  // before the first step
  bool died = false;
  std::vector<std::string> calls;
  std::vector<Session::Attempt> attempts;
  std::vector<Event> events;

  // "done", "nothing", "died" or the error's code.
  std::string Word() const {
    if (died) return "died";
    if (thrown) return std::string(ErrorCodeName(thrown->code()));
    return result.outcome;
  }
  const Error& error() const { return thrown ? *thrown : result.error.value(); }
};

class ExecutorWorld {
 public:
  explicit ExecutorWorld(std::string_view dag) : world_(dag) {
    options.record.command = "apply";
    options.record.target = "heads";
  }

  MemoryServer server;
  RunOptions options;
  bool down = false;  // everything back instead of everything on
  std::function<std::optional<StepOutcome>(const PreparedStep&, const Session::Attempt&)> on_step;

  std::map<std::string, bool> signal_in;  // as MemorySession's

  Migration& MigrationOf(std::string_view id) { return world_.MigrationOf(id); }

  // A non-transactional script of `units` statements.
  void MakeNonTransactional(std::string_view id, std::string sql) {
    MigrationOf(id).up_transaction = MigrationOf(id).down_transaction = false;
    scripts_[std::string(id)] = std::move(sql);
  }

  Ended Run(std::vector<Fault> faults = {}) {
    Ended ended;
    MemorySession session(server, std::move(faults));
    session.on_step = on_step;
    session.signal_in = signal_in;
    options.record.id = "run-" + std::to_string(++runs_);
    Runner runner(session, server.MakeWaiter(), [&](const Event& event) { ended.events.push_back(event); });
    try {
      ended.result = runner.Run([this](const LedgerState& state) { return Prepare(state); }, options);
    } catch (const Error& error) {
      ended.thrown = error;
    } catch (const ProcessDeath&) {
      ended.died = true;
    }
    ended.calls = session.calls;
    ended.attempts = session.attempts;
    return ended;
  }

 private:
  std::vector<PreparedStep> Prepare(const LedgerState& state) {
    const Situation situation = MakeSituation(world_.entry(), world_.manifest(), state);
    RollbackRequest back;
    back.terms = ParseTargets({"base"});
    const Goal goal = down ? GoalOfRollback(back, situation) : GoalOfApply({}, situation);
    std::vector<PreparedStep> steps;
    for (const Step& step : MakePlan(situation, goal).steps) {
      PreparedStep& ready = steps.emplace_back();
      ready.step = step;
      ready.migration = situation.migration[situation.graph.Find(step.id.str()).value()];
      ready.record.migration = ready.migration;
      ready.path = step.id.str() + "/script.sql";
      const auto sql = scripts_.find(step.id.str());
      ready.script = ParseScript(sql == scripts_.end() ? "SELECT 1;\n" : sql->second, ready.path,
                                 step.transactional ? ScriptMode::kTransactional : ScriptMode::kNonTransactional);
      ready.settings = ready.migration->settings;
      const AppliedMigration* const row = state.Find(step.id);
      if (row != nullptr && row->status != AppliedStatus::kApplied) {
        ready.resume = Resume{row->statements_done, row->statement_begun};
      }
    }
    return steps;
  }

  World world_;
  std::map<std::string, std::string> scripts_;
  int runs_ = 0;
};

inline StepOutcome RolledBack(ErrorCode code, bool retryable) {
  StepOutcome outcome;
  outcome.kind = StepOutcome::Kind::kRolledBack;
  outcome.error = Error(code, "refused");
  outcome.retryable = retryable;
  return outcome;
}

inline StepOutcome Cancelled(StepOutcome::Kind kind) {
  StepOutcome outcome = RolledBack(ErrorCode::kSql, false);
  outcome.kind = kind;
  outcome.cancelled = true;
  if (kind == StepOutcome::Kind::kCommitted) outcome.error.reset();
  return outcome;
}

}  // namespace sqlmig::testing
