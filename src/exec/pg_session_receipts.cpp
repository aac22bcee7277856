// What a step held is known when it ends, what that is to others only afterwards: a receipt is written behind the
// step's commit. It is no part of the step, so nothing that goes wrong with it is the step's failure.
#include <utility>

#include "exec/pg_session.h"
#include "exec/receipt_sql.h"
#include "exec/session_error.h"
#include "exec/step_message.h"
#include "ledger/receipt_json.h"
#include "support/crash_point.h"

namespace sqlmig {

void PgSession::BeginDraft(const Step& step) {
  draft_ = {};
  held_.reset();
  draft_.Begin(std::chrono::steady_clock::now());
  if (past_ && past_->first == step) draft_.Continue(past_->second);
}

void PgSession::FailDraft(const Step& step) {
  drafted_.clear();  // of the same transaction
  past_.emplace(step, draft_.Fail(std::chrono::steady_clock::now()));
}

ReceiptDraft::Scans PgSession::CountedScans(bool begins, bool baseline) {
  const bool exact = baseline || (begins && (counts_are_fresh_ || Live().server_version() >= 150000));
  counts_are_fresh_ = false;
  return exact ? ReceiptDraft::Scans::kThisUnit : ReceiptDraft::Scans::kUnknown;
}

void PgSession::TakeBaseline(const MessageOutcome& outcome, std::size_t end) {
  if (end > 0 && outcome.tags.size() >= end) draft_.SetBaseline(outcome.rows.at(end - 1), true);
}

void PgSession::KeepDraft(const Step& step, const Attempt& attempt, ReceiptDraft::Scans scans) {
  draft_.End(*held_, scans, std::chrono::steady_clock::now());
  if (past_ && past_->first == step) past_.reset();
  drafted_.push_back({step, attempt.run, attempt.id, !attempt.begins || !attempt.commits, std::exchange(draft_, {})});
}

void PgSession::EndUnitDraft(const MessageOutcome& sent) {
  const ReceiptDraft::Scans scans = CountedScans(true, false);
  if (sent.rows.size() < 2) return;
  const Rows& row = sent.rows[sent.rows.size() - 2];
  if (row.empty() || row.rows[0].size() < 2) return;
  draft_.End(row.At(0, 1), scans, std::chrono::steady_clock::now());
}

Rows PgSession::AskQuietly(const std::string& sql) {
  Connection::Message message;
  message.sql = sql;
  message.keep_first = 1;
  message.interruptible = false;
  const MessageOutcome outcome = Live().Send(message);
  if (outcome.lost) throw LostError(outcome);
  if (outcome.error) throw ToError(*outcome.error);
  return outcome.rows.at(0);
}

Receipt PgSession::WriteReceipt(Drafted& drafted) {
  const std::vector<Oid> unknown = drafted.draft.Unknown(drafted.shared);
  if (!unknown.empty()) {
    drafted.draft.Learn(AskQuietly(RelationsSql(unknown, ledger_.schema(), ledger_.ReadAge(drafted.attempt))));
  }
  Receipt receipt = drafted.draft.Make();
  EventRecord event;
  event.kind = event_kind::kReceipt;
  event.run = drafted.run;
  event.migration = drafted.step.id.str();
  event.direction = drafted.step.direction;
  event.attempt = drafted.attempt;
  event.receipt = ReceiptJson(receipt);
  // A crash may take it: it would take the step, too.
  Transact(LedgerTransaction({"SET LOCAL synchronous_commit = off", ledger_.AddEvent(event)}));
  return receipt;
}

std::vector<ReceiptTaken> PgSession::WriteReceipts() {
  std::vector<ReceiptTaken> taken;
  for (Drafted& drafted : std::exchange(drafted_, {})) {
    ReachCrashPoint("receipt");
    ReceiptTaken& told = taken.emplace_back();
    told.step = drafted.step;
    try {
      told.receipt = WriteReceipt(drafted);
    } catch (const Error& error) {
      // A lost connection is found by the next message.
      told.problem = error.message();
    }
  }
  return taken;
}

}  // namespace sqlmig
