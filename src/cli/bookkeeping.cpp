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

constexpr const char* kNotConfirmed = "all is written, but no standby has confirmed it yet as the server wants it";

Error Stopped(const std::string& what) {
  return Error(ErrorCode::kSignal, "stopped by a signal: " + what).Hint("run the command again to see how it stands");
}

// What went wrong says more than that the end of the run could not be written either.
void EndFailed(PgSession& session, const RunRecord& record, const Error& error) {
  try {
    session.EndRun(record.id, std::string(ErrorCodeName(error.code())), FailureOf(record, error));
  } catch (const Error&) {
    return;  // the next run closes it
  }
}

// One change of the ledger, worked out, and its transaction, which a lost connection does not leave in doubt.
class Writer {
 public:
  Writer(Context& context, PgSession& session, Runner& runner, const ChangeRequest& request, const RunOptions& options)
      : context_(context), session_(session), runner_(runner), request_(request), options_(options) {}

  // False: a signal has ended the wait for the standby that was to confirm it.
  bool Write(const LedgerChange& change) {
    const RunRecord& record = options_.record;
    LedgerChange now = change;
    for (int losses = 0;; ++losses) {
      try {
        return session_.Write(now.work, record.id);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kConnection) {
          EndFailed(session_, record, error);
          throw;
        }
        Warn(context_, error.message() + "; connecting again");
        if (Settle(error, &now)) return true;
        if (losses > 0) throw;
      }
      if (now.lines.empty()) return true;  // another run has come to the same end
      if (now.question.empty() || now.lines == change.lines || context_.global.yes) continue;
      const Error stale = Error(ErrorCode::kStalePlan,
                                "the ledger changed while the connection was lost; nothing of "
                                "this was written")
                              .Hint("run the command again and look at what it would write now");
      EndFailed(session_, record, stale);
      throw stale;
    }
  }

 private:
  // Whether it is written; when it is not, `change` becomes what is to be written now.
  bool Settle(const Error& cause, LedgerChange* change) {
    try {
      bool written = false;
      runner_.WithNewConnection(options_, cause, [&] {
        written = session_.HasWritten(options_.record.id);
        if (!written) *change = request_.make(session_.ReadState());
      });
      return written;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConnection && error.code() != ErrorCode::kRunLock) throw;
      throw Error(ErrorCode::kOutcomeUnknown,
                  fmt::format("the connection was lost while the ledger was being written, and could not be had back: "
                              "{}",
                              error.message()))
          .Hint("either all of it is written or nothing; run the command again, it writes what is missing");
    }
  }

  Context& context_;
  PgSession& session_;
  Runner& runner_;
  const ChangeRequest& request_;
  const RunOptions& options_;
};

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
  session->OnNotice(MakeNoticeHandler(context, database.name, run));
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
    if (!now.unfinished_runs.empty() && !session->StartRun(now.unfinished_runs, nullptr)) throw Stopped(kNotConfirmed);
    return {};
  }
  session->EnsureLedger();
  if (!session->StartRun(now.unfinished_runs, &options.record)) {
    const Error stopped = Stopped("nothing was written");
    EndFailed(*session, options.record, stopped);
    throw stopped;
  }
  const bool confirmed = Writer(context, *session, runner, request, options).Write(change);
  for (const std::string& line : change.lines) LogLine(context, run, fmt::format("db={} {}", database.name, line));
  EndQuietly(*session, context, change, options.record);
  if (!confirmed) throw Stopped(kNotConfirmed);
  return run;
}

}  // namespace sqlmig
