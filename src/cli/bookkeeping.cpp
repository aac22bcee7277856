#include "cli/bookkeeping.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/consent.h"
#include "cli/progress.h"
#include "cli/run_flow.h"
#include "exec/runner.h"

namespace sqlmig {
namespace {

std::string Shown(const LedgerChange& change) {
  std::string text;
  for (const std::string& line : change.lines) text += "  " + line + "\n";
  return text;
}

EventRecord FailureOf(const RunRecord& record, const Error& error) {
  EventRecord event;
  event.kind = event_kind::kFailed;
  event.run = record.id;
  event.sqlstate = error.sql().sqlstate;
  event.message = error.message();
  return event;
}

void WriteRows(PgSession& session, const LedgerChange& change, const RunRecord& record) {
  try {
    session.Write(change.work, record.id);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnection) {
      throw Error(ErrorCode::kOutcomeUnknown,
                  fmt::format("the connection was lost while the ledger was being written: {}", error.message()))
          .Hint("either all of it is written or nothing; run the command again, it writes what is missing");
    }
    session.EndRun(record.id, std::string(ErrorCodeName(error.code())), FailureOf(record, error));
    throw;
  }
}

// Runs of a scope that was taken over: the lock is ours, so whoever began them is gone.
void CloseRunsTakenOver(PgSession& session, const RunRecord& record) {
  std::vector<std::string> unfinished = session.ReadState().unfinished_runs;
  unfinished.erase(std::remove(unfinished.begin(), unfinished.end(), record.id), unfinished.end());
  if (!unfinished.empty()) session.StartRun(unfinished, nullptr);
}

// What was written is on disk already: a lost end of the run takes nothing back.
void EndQuietly(PgSession& session, Context& context, const LedgerChange& change, const RunRecord& record) {
  try {
    if (change.work.rename_scope_from) CloseRunsTakenOver(session, record);
    session.EndRun(record.id, "done", std::nullopt);
  } catch (const Error& error) {
    Warn(context, fmt::format("all was written, but not the end of run {}: {}; the next run closes it", record.id,
                              error.message()));
  }
}

}  // namespace

std::string ChangeLedger(const Project& project, Context& context, const DatabaseEntry& database,
                         const Conninfo& conninfo, const ChangeRequest& request) {
  RunOptions options;
  options.record = NewRunRecord(context, request.target);
  options.lock_wait = request.lock_wait;
  const std::string& run = options.record.id;

  const auto session = Connect(project, context, database, conninfo, {true, run});
  session->connection().OnNotice(MakeNoticeHandler(context, database.name, run));
  const LedgerState before = session->ReadState();
  const LedgerChange shown = request.make(before);
  if (shown.lines.empty() && before.unfinished_runs.empty()) return {};
  if (!shown.question.empty()) AskForConsent(context, shown.question, Shown(shown));

  Runner runner(*session, context.waiter, MakeObserver(context, database.name, run, project.manifest.several));
  const LedgerState now = runner.LockAndRead(options);
  const LedgerChange change = request.make(now);
  if (!change.question.empty() && change.lines != shown.lines && !context.global.yes) {
    throw Error(ErrorCode::kStalePlan,
                fmt::format("{}: the ledger changed while the change was being confirmed", database.name))
        .Hint("run the command again and look at what it would write now");
  }
  if (change.lines.empty()) {
    // Rows of a run that died may not be on disk yet: a synchronous write behind them settles that.
    if (!now.unfinished_runs.empty()) session->StartRun(now.unfinished_runs, nullptr);
    return {};
  }
  session->EnsureLedger();
  session->StartRun(now.unfinished_runs, &options.record);
  WriteRows(*session, change, options.record);
  for (const std::string& line : change.lines) LogLine(context, run, fmt::format("db={} {}", database.name, line));
  EndQuietly(*session, context, change, options.record);
  return run;
}

}  // namespace sqlmig
