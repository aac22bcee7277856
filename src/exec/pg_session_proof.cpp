// A step whose COMMIT is held until somebody has looked at what it leaves. Its message is the usual one but for the
// COMMIT, so the ledger's row is written, and all of it is taken back together.
#include <utility>

#include "exec/pg_session.h"
#include "exec/session_error.h"
#include "exec/step_message.h"
#include "support/crash_point.h"

namespace sqlmig {

StepOutcome PgSession::LookAndCommit(const PreparedStep& step, const Attempt& attempt, StepOutcome ran) {
  try {
    attempt.witness->Look(step, Live());
  } catch (const Error& error) {
    StepOutcome refused;
    refused.error = error;
    if (!Live().alive()) {
      refused.kind = StepOutcome::Kind::kLost;
      return refused;
    }
    if (Live().in_transaction()) RollBack();
    refused.kind = StepOutcome::Kind::kRolledBack;
    refused.cancelled = error.code() == ErrorCode::kSignal;
    refused.retryable = !refused.cancelled && IsRetryable(error.sql().sqlstate);
    return refused;
  }
  ReachCrashPoint("step_proved");
  if (!attempt.commits) return ran;
  StepFrame frame;
  frame.suffix.push_back({OwnStatement::kCommit, "COMMIT"});
  Connection::Message message;
  message.sql = frame.suffix.front().sql;
  StepOutcome ended = Judge(step, Live().Send(message), frame, 0, 0, message.sql);
  ended.duration_ms = ran.duration_ms;
  ended.cancelled = ended.cancelled || ran.cancelled;
  return ended;
}

void PgSession::ShowTo(StepWitness& witness, const PreparedStep& step) {
  if (step.step.transactional && witness.HoldsCommit(step)) return;
  witness.Look(step, Live());
}

}  // namespace sqlmig
