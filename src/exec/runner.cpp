#include "exec/runner.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "exec/lock_schedule.h"
#include "exec/script_error.h"
#include "exec/step_message.h"
#include "sqltext/outside_statement.h"
#include "support/counted.h"
#include "support/crash_point.h"
#include "support/uuid.h"

namespace sqlmig {
namespace {

using std::chrono::milliseconds;

// A step that takes its connection with it a second time is the cause, or an administrator wants it ended.
constexpr int kMaxLosses = 1;
constexpr int kMaxCrashes = 3;  // crashes of the server in one run that took finished steps with them

// Full jitter: anything between nothing and a doubling bound, so that rivals do not meet again.
milliseconds Backoff(const Waiter& waiter, int attempt, milliseconds first, milliseconds most) {
  const int doublings = std::min(attempt - 1, 16);
  const milliseconds bound = std::min(most, first * (1 << doublings));
  return milliseconds(1 + static_cast<std::int64_t>(waiter.random() * static_cast<double>(bound.count())));
}

Error StoppedBySignal(const PreparedStep& step, bool rolled_back) {
  return Error(ErrorCode::kSignal, rolled_back
                                       ? fmt::format("stopped by a signal; {} was rolled back", step.step.id.str())
                                       : fmt::format("stopped by a signal after {}", step.step.id.str()))
      .Hint("run the command again to go on");
}

// What was written is committed here, and may still be lost with this server.
Error NotConfirmed() {
  return Error(ErrorCode::kSignal,
               "stopped by a signal: all is committed, but no standby has confirmed it yet as the server wants it")
      .Hint("run the command again to see how it stands");
}

constexpr const char* kAfterRollback =
    "the step was rolled back; end the blocking transaction, or run again at a quieter time";

// `way_on`: what is true of the step now, and what to do next.
Error LockBudgetSpent(const PreparedStep& step, const StepOutcome& outcome, int attempts, milliseconds spent,
                      const std::string& way_on) {
  std::string text = fmt::format("{}: given up after {} over {} s: {}", step.step.id.str(),
                                 Counted(static_cast<std::size_t>(attempts), "attempt"), spent.count() / 1000,
                                 outcome.error->message());
  if (!outcome.blocked_by.empty()) text += fmt::format("; blocked by {}", outcome.blocked_by);
  Error error = Error(ErrorCode::kLockTimeout, text).Sql(outcome.error->sql());
  if (outcome.error->has_location()) {
    error = std::move(error).At(outcome.error->location()).Excerpt(outcome.error->excerpt());
  }
  const auto& context = outcome.error->context();
  std::for_each(context.begin(), context.end(), [&](const std::string& line) { error.AddContext(line); });
  const bool withdrawn = outcome.error->sql().sqlstate == "57014";
  return std::move(error).Hint(withdrawn ? outcome.error->hint() : way_on);
}

// Whether a failed first unit of a non-transactional step surely left nothing behind that the catalog does not show. Of
// what runs outside of a transaction and may do anything, only errors of class 42 (syntax, names, rights) are found
// before anything is done, except in code that runs on its own, such as a procedure; that has a context.
bool LeftNothing(const PreparedStep& step, const Error& error) {
  const Unit& first = step.script.units.front();
  const std::string_view text = TextOf(step.script, first);
  if (first.kind != UnitKind::kOutside || ReadOutsideStatement(text).kind != OutsideStatement::Kind::kOther)
    return true;
  if (!error.sql().sqlstate.starts_with("42") || !error.sql().context.empty()) return false;
  std::string word(text.substr(0, 4));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return !word.starts_with("do") && word != "call";
}

std::size_t DoneUnits(const PreparedStep& step) {
  return step.resume ? static_cast<std::size_t>(step.resume->done) : 0;
}

// The server's largest timeout.
constexpr milliseconds kLongest(2'147'483'647);

// For all attempts of a step; 0 is no limit.
milliseconds DeadlineOf(const RunOptions& options) {
  return options.lock_deadline.count() <= 0 ? kLongest : std::min(options.lock_deadline, kLongest);
}

// How long an attempt may wait for locks at most; 0: no limit but the deadline.
milliseconds LockLimitOf(const PreparedStep& step, const RunOptions& options) {
  return std::max(milliseconds(0), step.settings.lock_timeout.value_or(options.lock_timeout));
}

BlockingBudget BudgetOf(const PreparedStep& step, const RunOptions& options) {
  const BlockingBudget usual;
  return {options.max_blocked.value_or(step.settings.max_blocked.value_or(usual.sessions)),
          options.max_blocked_time.value_or(step.settings.max_blocked_time.value_or(usual.time))};
}

BlockingBudget ToldBudgetOf(const PreparedStep& step, const RunOptions& options) {
  return {options.max_blocked.value_or(step.settings.max_blocked.value_or(0)),
          options.max_blocked_time.value_or(step.settings.max_blocked_time.value_or(milliseconds(0)))};
}

EventRecord FailureEvent(const RunResult& result) {
  EventRecord event;
  event.kind = event_kind::kFailed;
  event.run = result.run;
  event.sqlstate = result.error->sql().sqlstate;
  event.message = result.error->message();  // never DETAIL: it may quote rows
  if (result.failed) {
    event.migration = result.failed->step.id.str();
    event.direction = result.failed->step.direction;
  }
  return event;
}

Error Lost(const PreparedStep& step, const Error& cause) {
  Error lost = cause;
  lost.SetHint("when the server is back, " + GoesOnHint(step, DoneUnits(step)));
  return lost;
}

}  // namespace

Runner::Runner(Session& session, Waiter waiter, Observer observer)
    : session_(session), waiter_(std::move(waiter)), observer_(std::move(observer)) {}

void Runner::Lock(milliseconds wait) {
  const milliseconds start = waiter_.now();
  for (int attempt = 1; !session_.TryLock(); ++attempt) {
    const milliseconds waited = waiter_.now() - start;
    const std::string holder = session_.LockHolder();
    if (waited >= wait) {
      throw Error(ErrorCode::kRunLock, fmt::format("another run holds the lock{}", holder.empty() ? "" : ": " + holder))
          .Hint("wait for it to end; --lock-wait sets how long sqlmig waits by itself");
    }
    observer_(LockWaiting{holder, waited, attempt == 1});
    const milliseconds pause = Backoff(waiter_, attempt, milliseconds(200), milliseconds(2000)) + milliseconds(50);
    if (!waiter_.sleep(std::min(pause, wait - waited + milliseconds(1)))) {
      throw Error(ErrorCode::kSignal, "stopped by a signal while waiting for another run; nothing was changed");
    }
  }
}

LedgerState Runner::LockAndRead(const RunOptions& options) {
  Lock(options.lock_wait);
  ReachCrashPoint("locked");
  return session_.ReadState();
}

RunResult Runner::Run(const Planner& plan, const RunOptions& options) {
  const LedgerState state = LockAndRead(options);
  std::vector<PreparedStep> steps = plan(state);
  ReachCrashPoint("planned");
  RunResult result;
  if (steps.empty()) {
    // A run that died may have left commits that are not on disk yet: a synchronous write behind them settles that.
    if (!state.unfinished_runs.empty() && !session_.StartRun(state.unfinished_runs, nullptr)) throw NotConfirmed();
    return result;
  }
  std::int64_t ordinal = state.rows.empty() ? 0 : state.rows.back().ordinal;
  for (PreparedStep& step : steps) {
    step.record.run = options.record.id;
    // The row of a half-done step has its place already.
    if (step.step.direction == Direction::kUp && !step.resume) step.record.ordinal = ++ordinal;
  }
  std::unordered_set<std::string_view> own;
  for (const PreparedStep& step : steps) own.insert(step.step.id.str());
  base_.clear();
  for (const AppliedMigration& row : state.rows) {
    if (!own.contains(row.id.str())) base_.push_back(row.id);
  }
  session_.EnsureLedger();
  const bool stopped = !session_.StartRun(state.unfinished_runs, &options.record);
  result.run = options.record.id;
  ReachCrashPoint("run_started");
  observer_(RunStarted{result.run, steps.size()});
  try {
    if (stopped) throw Error(ErrorCode::kSignal, "stopped by a signal before the first step");
    RunSteps(steps, options, &result);
  } catch (const Error& error) {
    result.error = error;  // the run has begun, so its end is to be written
    if (options.single_transaction) result.done.clear();
  }
  Finish(steps, options, &result);
  return result;
}

// Goes on behind the steps that are done.
void Runner::RunSteps(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result) {
  if (options.fake) {
    WriteFakes(steps, options, result);
    return;
  }
  if (options.single_transaction) {
    RunSingleTransaction(steps, options, result);
    return;
  }
  while (result->done.size() < steps.size()) {
    const std::size_t i = result->done.size();
    PreparedStep& step = steps[i];
    observer_(StepStarted{i + 1, steps.size(), step.step});
    try {
      if (step.step.transactional) {
        if (!RunTransactional(step, options, result)) continue;
      } else {
        if (!RunNonTransactional(step, options, result)) continue;
      }
    } catch (const Error& error) {
      // A signal that came too late to undo this step stops the run behind it.
      const bool applied = result->done.size() > i;
      if (!applied) result->failed = StepResult{step.step, 0};
      result->error = error;
      if (applied) observer_(StepFinished{i + 1, steps.size(), step.step, result->done.back().duration_ms});
      if (!applied) observer_(StepFailed{i + 1, steps.size(), step.step, error});
      return;
    }
    observer_(StepFinished{i + 1, steps.size(), step.step, result->done.back().duration_ms});
  }
}

void Runner::WriteReceipts() {
  for (const ReceiptTaken& taken : session_.WriteReceipts()) observer_(taken);
}

void Runner::Show(const PreparedStep& step, const RunOptions& options) {
  if (options.witness != nullptr) session_.ShowTo(*options.witness, step);
}

void Runner::WriteFakes(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result) {
  Session::Bookkeeping work;
  for (PreparedStep& step : steps) {
    step.record.event = event_kind::kStamped;
    step.record.attempt = RandomUuid();
    work.stamps.push_back(step.record);
  }
  try {
    if (!session_.Write(work, result->run)) result->error = NotConfirmed();
  } catch (const Error& error) {
    // One transaction: its last row tells of all.
    const PreparedStep& last = steps.back();
    if (error.code() != ErrorCode::kConnection || !SettleLost(last, last.record.attempt, error, options, nullptr))
      throw;
  }
  for (const PreparedStep& step : steps) result->done.push_back({step.step, 0});
}

bool Runner::RunTransactional(PreparedStep& step, const RunOptions& options, RunResult* result) {
  const milliseconds start = waiter_.now();
  const std::size_t before = result->done.size();
  LockSchedule schedule(DeadlineOf(options));
  int losses = 0;
  for (int number = 1;; ++number) {
    const milliseconds begun = waiter_.now();
    Session::Attempt attempt{options.record.id, RandomUuid(),
                             schedule.TimeoutOf(LockLimitOf(step, options), number, begun - start)};
    attempt.budget = BudgetOf(step, options);
    attempt.full_receipt = options.receipts;
    attempt.witness = options.witness;
    StepOutcome outcome = session_.RunTransactional(step, attempt);
    switch (outcome.kind) {
      case StepOutcome::Kind::kCommitted:
        ReachCrashPoint("step_done");
        result->done.push_back({step.step, outcome.duration_ms});
        WriteReceipts();
        if (outcome.cancelled) throw StoppedBySignal(step, false);
        Show(step, options);
        return true;
      case StepOutcome::Kind::kLost:
        if (SettleLost(step, attempt.id, *outcome.error, options, result)) {
          result->done.push_back({step.step, 0});
          Show(step, options);
          return true;
        }
        if (result->done.size() < before) return false;
        if (++losses > kMaxLosses) throw *outcome.error;
        continue;
      case StepOutcome::Kind::kLockLost:
      case StepOutcome::Kind::kStale:
        throw *outcome.error;
      case StepOutcome::Kind::kRolledBack:
        break;
    }
    if (outcome.cancelled) throw StoppedBySignal(step, true);
    if (!outcome.retryable) throw *outcome.error;
    schedule.Failed(attempt.lock_timeout, waiter_.now() - begun);
    outcome.blocked_by = schedule.Blockers(std::move(outcome.blocked_by));
    const milliseconds spent = waiter_.now() - start;
    const auto pause = schedule.PauseAfter(number, spent, waiter_.random());
    if (!pause) throw LockBudgetSpent(step, outcome, number, spent, kAfterRollback);
    observer_(StepRetried{step.step, outcome.error->message(), outcome.blocked_by, number, *pause});
    if (!waiter_.sleep(*pause)) throw StoppedBySignal(step, true);
  }
}

// The answer was lost with the connection: whether the step was committed is the ledger's to say, once the old backend
// is gone, which having the lock proves. pg_xact_status cannot tell: transaction ids are used again after a crash.
bool Runner::SettleLost(const PreparedStep& step, const std::string& attempt, const Error& cause,
                        const RunOptions& options, RunResult* result) {
  observer_(ConnectionLost{step.step, cause.message()});
  const bool up = step.step.direction == Direction::kUp;
  std::optional<std::string> found;
  std::size_t kept = 0;
  try {
    WithNewConnection(options, cause, [&] {
      found = session_.ReadAttempt(step.step.id);
      const LedgerState state = session_.ReadState();
      RequireBase(state);
      if (result != nullptr) kept = StepsKept(state, *result);
    });
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kStalePlan) throw;
    Error unknown =
        Error(ErrorCode::kOutcomeUnknown,
              fmt::format("the connection was lost while {} was being committed, and could not be had back: {}",
                          step.step.id.str(), error.message()));
    // A target that counts from what is applied means something else once the step is undone.
    const std::string next =
        up ? "the next run settles it by itself"
           : "see 'sqlmig status' before you repeat 'rollback -N' or 'redo': they count from where the "
             "database is then; an id or 'base' as the target can be repeated";
    throw std::move(unknown).Hint(fmt::format(
        "{}; to look now, ask the server: {} ({} means that it was {})", next, session_.AttemptQuery(step.step.id),
        up ? "attempt " + attempt : std::string("no row"), up ? "applied" : "rolled back"));
  }
  if (result != nullptr && kept < result->done.size()) {
    ForgetLostSteps(kept, result);
    return false;  // what came before it was lost, so it was, too
  }
  if (up && found && *found != attempt) {
    throw Error(ErrorCode::kStalePlan,
                fmt::format("{} has been applied by somebody else while the connection was lost", step.step.id.str()))
        .Hint("run the command again");
  }
  const bool committed = up ? found.has_value() : !found.has_value();
  observer_(OutcomeSettled{step.step, committed});
  return committed;
}

// A standby that has taken over may lack more than this run did: what was planned on is not there then.
void Runner::RequireBase(const LedgerState& state) const {
  std::unordered_set<std::string_view> there;
  for (const AppliedMigration& row : state.rows) there.insert(row.id.str());
  const auto lost =
      std::find_if(base_.begin(), base_.end(), [&](const MigrationId& id) { return !there.contains(id.str()); });
  if (lost == base_.end()) return;
  throw Error(ErrorCode::kStalePlan,
              fmt::format("the server that answers now lacks {}, which was applied before this run began", lost->str()))
      .Hint(
          "a standby without the last commits seems to have taken over; see that it is the right one, and run the "
          "command again: it begins with what is missing");
}

// Commits of steps are asynchronous, so a crash of the server may take the last of them with it, rows and all. What is
// left is what the first steps of the run did, up to some step, each id as the last of these left it.
std::size_t Runner::StepsKept(const LedgerState& state, const RunResult& result) const {
  std::unordered_map<std::string_view, const AppliedMigration*> rows;
  for (const AppliedMigration& row : state.rows) rows[row.id.str()] = &row;
  const auto holds = [&](std::size_t steps) {
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = steps; i-- > 0;) {
      const Step& step = result.done[i].step;
      if (!seen.insert(step.id.str()).second) continue;
      const auto row = rows.find(step.id.str());
      const bool ours = row != rows.end() && row->second->run == result.run;
      if (step.direction == Direction::kUp ? !ours : row != rows.end()) return false;
    }
    return true;
  };
  std::size_t kept = result.done.size();
  while (!holds(kept)) --kept;
  return kept;
}

void Runner::ForgetLostSteps(std::size_t kept, RunResult* result) {
  for (std::size_t i = kept; i < result->done.size(); ++i) observer_(OutcomeSettled{result->done[i].step, false});
  result->done.resize(kept);
  if (++crashes_ <= kMaxCrashes) return;
  throw Error(ErrorCode::kConnection, "the server crashes again and again and loses what was done")
      .Hint("see the server's log; run the command again when the server is well");
}

void Runner::WithNewConnection(const RunOptions& options, const Error& cause, const std::function<void()>& work) {
  const milliseconds start = waiter_.now();
  for (int attempt = 1;; ++attempt) {
    try {
      session_.Reconnect();
      Lock(std::max(options.lock_wait, options.reconnect_wait));
      work();
      return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConnection && error.code() != ErrorCode::kReadOnly) throw;
      if (waiter_.now() - start >= options.reconnect_wait) throw;
    }
    if (!waiter_.sleep(Backoff(waiter_, attempt, milliseconds(100), milliseconds(2000)))) throw Error(cause);
  }
}

void Runner::RunSingleTransaction(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result) {
  const milliseconds start = waiter_.now();
  LockSchedule schedule(DeadlineOf(options));
  for (int number = 1;; ++number) {
    const auto timeout_of = [&](const PreparedStep& step) {
      return schedule.TimeoutOf(LockLimitOf(step, options), number, waiter_.now() - start);
    };
    const milliseconds begun = waiter_.now();
    std::optional<StepOutcome> failure = TrySingleTransaction(steps, options, timeout_of, result);
    if (!failure) return;
    result->done.clear();  // one transaction: all of it is rolled back
    const Step& step = result->failed->step;
    const auto at = std::find_if(steps.begin(), steps.end(), [&](const PreparedStep& s) { return s.step == step; });
    schedule.Failed(timeout_of(*at), waiter_.now() - begun);
    bool cancelled = failure->cancelled;
    failure->blocked_by = schedule.Blockers(std::move(failure->blocked_by));
    const milliseconds spent = waiter_.now() - start;
    const auto pause =
        failure->retryable ? schedule.PauseAfter(number, spent, waiter_.random()) : std::optional<milliseconds>();
    if (pause) {
      observer_(StepRetried{step, failure->error->message(), failure->blocked_by, number, *pause});
      if (waiter_.sleep(*pause)) continue;
      cancelled = true;
    }
    if (failure->retryable && !cancelled)
      failure->error = LockBudgetSpent(*at, *failure, number, spent, kAfterRollback);
    result->error = cancelled ? Error(ErrorCode::kSignal, "stopped by a signal; the whole run was rolled back")
                                    .Hint("run the command again to start it anew")
                              : *failure->error;
    result->error->AddContext("--single-transaction: all steps of this run were rolled back");
    observer_(StepFailed{static_cast<std::size_t>(at - steps.begin()) + 1, steps.size(), step, *result->error});
    return;
  }
}

// What went wrong with the step that is then in result->failed; nothing: all is committed.
std::optional<StepOutcome> Runner::TrySingleTransaction(
    std::vector<PreparedStep>& steps, const RunOptions& options,
    const std::function<milliseconds(const PreparedStep&)>& timeout_of, RunResult* result) {
  Session::Attempt attempt{options.record.id, RandomUuid(), options.lock_timeout};
  attempt.isolation_level = StrictestIsolation(steps);
  attempt.full_receipt = options.receipts;
  attempt.witness = options.witness;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    observer_(StepStarted{i + 1, steps.size(), steps[i].step});
    attempt.begins = i == 0;
    attempt.commits = i + 1 == steps.size();
    attempt.lock_timeout = timeout_of(steps[i]);
    attempt.budget = BudgetOf(steps[i], options);
    result->failed = StepResult{steps[i].step, 0};
    StepOutcome outcome = session_.RunTransactional(steps[i], attempt);
    // A connection that was lost before the last message took the open transaction with it.
    const bool settled = outcome.kind == StepOutcome::Kind::kLost &&
                         SettleLost(steps[i], attempt.id, *outcome.error, options, nullptr) && attempt.commits;
    if (outcome.kind != StepOutcome::Kind::kCommitted && !settled) return outcome;
    result->done.push_back({steps[i].step, outcome.duration_ms});
    observer_(StepFinished{i + 1, steps.size(), steps[i].step, outcome.duration_ms});
    Show(steps[i], options);
    if (attempt.commits && outcome.cancelled) result->error = StoppedBySignal(steps[i], false);
  }
  result->failed.reset();
  WriteReceipts();
  return std::nullopt;
}

bool Runner::RunNonTransactional(PreparedStep& step, const RunOptions& options, RunResult* result) {
  // What the server refuses in a transaction must not time out in the middle, unless the migration itself says so: only
  // the deadline bounds it.
  const auto own = step.migration == nullptr ? std::nullopt : step.migration->settings.lock_timeout;
  const milliseconds start = waiter_.now();
  const std::size_t before = result->done.size();
  for (int losses = 0;; ++losses) {
    const milliseconds limit = LockLimitOf(step, options);
    Session::Attempt attempt{options.record.id, RandomUuid(),
                             limit.count() > 0 ? std::min(limit, DeadlineOf(options)) : DeadlineOf(options)};
    attempt.patience = own.value_or(DeadlineOf(options));
    attempt.budget = BudgetOf(step, options);
    attempt.told_budget = ToldBudgetOf(step, options);
    attempt.full_receipt = options.receipts;
    attempt.witness = options.witness;
    bool cancelled = false;
    try {
      session_.BeginUnits(step, attempt);
      cancelled = RunUnits(step, attempt, options);
      session_.EndUnits(step, attempt);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConnection) throw;
      if (!SettleUnits(step, attempt, error, options, result)) {
        if (result->done.size() < before) return false;
        if (losses >= kMaxLosses) throw Lost(step, error);
        continue;
      }
    }
    result->done.push_back({step.step, (waiter_.now() - start).count()});
    WriteReceipts();
    if (cancelled) throw StoppedBySignal(step, false);
    Show(step, options);
    return true;
  }
}

// Connects again and reads how far the step has come, into step.resume. True: to its end.
bool Runner::SettleUnits(PreparedStep& step, const Session::Attempt& attempt, const Error& cause,
                         const RunOptions& options, RunResult* result) {
  observer_(ConnectionLost{step.step, cause.message()});
  std::optional<AppliedMigration> row;
  std::size_t kept = 0;
  try {
    WithNewConnection(options, cause, [&] {
      const LedgerState state = session_.ReadState();
      const AppliedMigration* const found = state.Find(step.step.id);
      row = found == nullptr ? std::nullopt : std::optional(*found);
      RequireBase(state);
      kept = StepsKept(state, *result);
    });
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kStalePlan) throw;
    throw Lost(step, error);
  }
  if (kept < result->done.size()) {
    ForgetLostSteps(kept, result);
    return false;
  }
  const bool up = step.step.direction == Direction::kUp;
  const bool finished = up ? row && row->status == AppliedStatus::kApplied && row->attempt == attempt.id : !row;
  if (row && !finished && row->status == (up ? AppliedStatus::kApplying : AppliedStatus::kReverting)) {
    step.resume = Resume{row->statements_done, row->statement_begun};
  } else if (row && !finished && up) {
    throw Error(ErrorCode::kStalePlan,
                fmt::format("{} has been applied by somebody else while the connection was lost", step.step.id.str()))
        .Hint("run the command again");
  }
  observer_(OutcomeSettled{step.step, finished, DoneUnits(step)});
  return finished;
}

// A signal in between keeps the step half done, and what went wrong is still what is to be told.
bool Runner::Abandon(const PreparedStep& step, const Session::Attempt& attempt) {
  try {
    return session_.AbandonUnits(step, attempt);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kSignal) throw;
    return false;
  }
}

// Gives whether a signal came that was too late for the last unit.
bool Runner::RunUnits(PreparedStep& step, const Session::Attempt& attempt, const RunOptions& options) {
  const std::size_t units = step.script.units.size();
  for (std::size_t unit = DoneUnits(step); unit < units; ++unit) {
    const StepOutcome outcome = RunUnit(step, unit, attempt, options);
    const bool committed = outcome.kind == StepOutcome::Kind::kCommitted;
    if (committed) ReachCrashPoint("unit_done");
    if (committed) observer_(UnitFinished{step.step, unit + 1, units});
    if (outcome.cancelled) {
      if (committed && unit + 1 == units) return true;
      throw Error(ErrorCode::kSignal,
                  fmt::format("stopped by a signal {} statement {} of {}, which runs without a transaction",
                              committed ? "after" : "in", unit + 1, step.step.id.str()))
          .Hint(GoesOnHint(step, committed ? unit + 1 : unit));
    }
    if (committed) continue;
    if (unit == 0 && outcome.kind == StepOutcome::Kind::kRolledBack && LeftNothing(step, *outcome.error) &&
        Abandon(step, attempt)) {
      Error failed = *outcome.error;
      failed.SetHint(fmt::format("nothing of {} was done; {}", step.step.id.str(), failed.hint()));
      throw failed;
    }
    throw *outcome.error;
  }
  return false;
}

// Tries again what a lock, a deadlock or a serialization failure has undone.
StepOutcome Runner::RunUnit(PreparedStep& step, std::size_t unit, Session::Attempt attempt, const RunOptions& options) {
  const milliseconds start = waiter_.now();
  LockSchedule schedule(DeadlineOf(options));
  for (int number = 1;; ++number) {
    const milliseconds begun = waiter_.now();
    attempt.unit_timeout = schedule.TimeoutOf(LockLimitOf(step, options), number, begun - start);
    StepOutcome outcome = session_.RunUnit(step, unit, attempt);
    if (outcome.kind == StepOutcome::Kind::kLost) throw *outcome.error;
    if (outcome.kind != StepOutcome::Kind::kRolledBack || !outcome.retryable) return outcome;
    schedule.Failed(attempt.unit_timeout, waiter_.now() - begun);
    outcome.blocked_by = schedule.Blockers(std::move(outcome.blocked_by));
    const milliseconds spent = waiter_.now() - start;
    const auto pause = schedule.PauseAfter(number, spent, waiter_.random());
    if (!pause) {
      outcome.error =
          LockBudgetSpent(step, outcome, number, spent, "end the blocking transaction, then " + GoesOnHint(step, unit));
      return outcome;
    }
    observer_(StepRetried{step.step, outcome.error->message(), outcome.blocked_by, number, *pause});
    if (!waiter_.sleep(*pause)) {
      outcome.cancelled = true;
      return outcome;
    }
  }
}

// The end of the run is a synchronous commit: with it everything before is on disk.
void Runner::EndRun(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result) {
  while (true) {
    result->outcome = result->error ? std::string(ErrorCodeName(result->error->code())) : "done";
    std::optional<EventRecord> failure;
    if (result->error) failure = FailureEvent(*result);
    const bool unreachable = result->error && (result->error->code() == ErrorCode::kOutcomeUnknown ||
                                               result->error->code() == ErrorCode::kConnection);
    std::size_t kept = result->done.size();
    ReachCrashPoint("run_end");
    bool confirmed = true;
    try {
      confirmed = session_.EndRun(result->run, result->outcome, failure);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConnection || unreachable) throw;
      WithNewConnection(options, error, [&] {
        const LedgerState state = session_.ReadState();
        RequireBase(state);
        kept = StepsKept(state, *result);
        if (kept == result->done.size() || result->error) {
          confirmed = session_.EndRun(result->run, result->outcome, failure);
        }
      });
    }
    if (kept == result->done.size()) {
      if (confirmed || result->error) return;
      result->error = NotConfirmed();
      result->outcome = ErrorCodeName(ErrorCode::kSignal);
      return;
    }
    ForgetLostSteps(kept, result);
    if (result->error) return;
    RunSteps(steps, options, result);
  }
}

void Runner::Finish(std::vector<PreparedStep>& steps, const RunOptions& options, RunResult* result) {
  try {
    EndRun(steps, options, result);
  } catch (const Error& error) {
    // With a failure of its own the run has told what matters; without one it must not claim success.
    if (!result->error && error.code() != ErrorCode::kConnection) {
      result->error = error;
      result->error->AddContext("all steps were committed, but the end of the run could not be written");
      result->outcome = ErrorCodeName(error.code());
    } else if (!result->error) {
      result->error =
          Error(
              ErrorCode::kOutcomeUnknown,
              fmt::format("all steps were committed, but the end of the run could not be written: {}", error.message()))
              .Hint("a crash of the server may have lost the last steps; run the command again, it settles that");
      result->outcome = ErrorCodeName(ErrorCode::kOutcomeUnknown);
    }
  }
  ReachCrashPoint("run_ended");
  observer_(RunFinished{result->run, result->outcome});
}

}  // namespace sqlmig
