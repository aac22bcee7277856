// Non-transactional steps: each unit and the record of it come true together where the server lets them, in one
// transaction; where it does not, the intent is recorded first, and the catalog tells later what became of it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "exec/outside_unit.h"
#include "exec/pg_session.h"
#include "exec/receipt_sql.h"
#include "exec/script_error.h"
#include "exec/session_error.h"
#include "exec/statement_limit.h"
#include "exec/step_message.h"
#include "sqltext/control_statement.h"
#include "sqltext/session_settings.h"
#include "support/crash_point.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

// What the server says when a statement that was put into a transaction needs to be outside of one: 25001, and 2D000
// for a procedure that ends transactions. Nothing of it has happened then.
bool NeedsNoTransaction(const ServerError& error) {
  return error.sqlstate == "25001" || error.sqlstate == "2D000";
}

std::span<const std::string> CopyDataOf(const ParsedScript& script, const Unit& unit) {
  const auto first = script.statements.begin() + static_cast<std::ptrdiff_t>(unit.first_statement);
  const auto last = first + static_cast<std::ptrdiff_t>(unit.statements);
  const auto is_copy = [](const Statement& statement) { return statement.copy_from_stdin; };
  const auto before = static_cast<std::size_t>(std::count_if(script.statements.begin(), first, is_copy));
  const auto copies = static_cast<std::size_t>(std::count_if(first, last, is_copy));
  return std::span(script.copy_data).subspan(before, copies);
}

StepOutcome LostOutcome(const MessageOutcome& sent) {
  StepOutcome outcome;
  outcome.kind = StepOutcome::Kind::kLost;
  outcome.error = LostError(sent);
  return outcome;
}

int NumberOf(std::size_t unit) {
  return static_cast<int>(unit) + 1;
}

// Identifies what has run before the unit.
std::string DoneBefore(const PreparedStep& step, std::size_t unit) {
  return unit == 0 ? std::string() : step.progress.at(unit - 1);
}

// Whether statement_timeout ends the unit. What the server refuses in a transaction block leaves half of it behind when
// it is ended, so only the migration's own word counts, not the defaults'.
bool KeepsStatementTimeout(const PreparedStep& step, std::size_t unit) {
  const std::string_view text = TextOf(step.script, step.script.units[unit]);
  if (ClassifyControl(text).control != Control::kOutsideOnly) return true;
  const bool own = step.migration != nullptr && step.migration->settings.statement_timeout;
  return own || IsSetBefore(step.script, unit, "statement_timeout");
}

}  // namespace

void PgSession::BeginUnits(const PreparedStep& step, const Attempt& attempt) {
  const MigrationId& id = step.step.id;
  const bool up = step.step.direction == Direction::kUp;
  unfinished_before_ = ReadUnfinishedObjects(Live());
  rebuilt_.clear();
  drafted_.clear();
  BeginDraft(step.step);
  units_begun_ = std::chrono::steady_clock::now();
  if (attempt.full_receipt) draft_.SetBaseline(Live().Query(BaselineSql(ledger_.schema())).at(0), false);
  begun_ = step.resume ? step.resume->begun : 0;
  std::vector<std::string> statements = {ledger_.RequireLock()};
  if (step.resume) {
    statements.push_back(ledger_.TakeOver(id, step.step.direction, step.resume->done, attempt.run, attempt.id));
  } else if (up) {
    MigrationRecord record = step.record;
    record.run = attempt.run;
    record.attempt = attempt.id;
    statements.push_back(ledger_.RequireAbsent(id));
    statements.push_back(ledger_.InsertStarted(record));
  } else {
    statements.push_back(ledger_.MarkReverting(id, attempt.run, attempt.id));
  }
  if (!WriteSynchronously(statements)) throw StoppedError();  // before anything has run: the next run begins it
  ReachCrashPoint("units_begun");
  Live().Query(AsMessage(UnitSettings(step, attempt.lock_timeout, Live().server_version())));
  if (step.resume) RunSettingsAgain(step);
}

// They were the other session's. What is set again later need not succeed: a role may be gone by now.
void PgSession::RunSettingsAgain(const PreparedStep& step) {
  const auto done = static_cast<std::size_t>(step.resume->done);
  for (std::size_t unit = 0; unit < done; ++unit) {
    const std::string settings = SettingsOf(step.script, step.script.units.at(unit));
    if (settings.empty()) continue;
    try {
      Live().Query(settings);
    } catch (Error& error) {
      if (error.code() != ErrorCode::kSql) throw;
      if (Live().in_transaction()) RollBack();
      if (IsSetAgain(step.script, unit, done)) continue;
      error.AddContext(fmt::format("the settings of statement {} of {} could not be made again in a new session",
                                   NumberOf(unit), step.step.id.str()));
      throw;
    }
  }
}

StepOutcome PgSession::RunUnit(const PreparedStep& step, std::size_t unit, const Attempt& attempt) {
  ReachCrashPoint("unit_begin");
  draft_.Begin(std::chrono::steady_clock::now());
  if (step.script.units.at(unit).kind == UnitKind::kOutside) return RunOutside(step, unit, attempt);
  return RunAtomic(step, unit, attempt);
}

StepOutcome PgSession::RunAtomic(const PreparedStep& step, std::size_t unit, const Attempt& attempt) {
  const Unit& range = step.script.units[unit];
  std::string text(TextOf(step.script, range));
  std::string commit = "COMMIT";
  std::vector<OwnSql> before;
  std::vector<OwnSql> after;
  std::size_t own_statements = range.statements;
  if (range.kind == UnitKind::kBlock) {
    const Statement& last = step.script.statements[range.first_statement + range.statements - 1];
    commit = step.script.sql.substr(last.begin, last.end - last.begin);
    text.resize(text.size() - commit.size());  // ends with the semicolon before it, and what stands between
    --own_statements;
  } else {
    before.push_back({OwnStatement::kBegin, "BEGIN READ WRITE"});
    // Other than in a block, where the script's own word might stand before it.
    const bool told = IsSetBefore(step.script, unit, "lock_timeout");
    if (attempt.unit_timeout.count() > 0 && !told) {
      before.push_back(
          {OwnStatement::kSetting, fmt::format("SET LOCAL lock_timeout = {}", attempt.unit_timeout.count())});
    }
  }
  after.push_back({OwnStatement::kConstraints, "SET CONSTRAINTS ALL IMMEDIATE"});
  for (std::string& setting : LedgerSettings()) after.push_back({OwnStatement::kCleanup, std::move(setting)});
  after.push_back({OwnStatement::kLock, ledger_.RequireLock()});
  after.push_back(
      {OwnStatement::kLedgerRow,
       ledger_.RecordStatement(step.step.id, step.step.direction, NumberOf(unit), step.progress.at(unit), attempt.run,
                               attempt.id, HeldExpression() + FlushColumn(Live().server_version()))});
  after.push_back({OwnStatement::kCommit, commit});

  std::string sql;
  for (const OwnSql& own : before) sql += own.sql + ";\n";
  const std::size_t begin = sql.size();
  sql += text + "\n;\n";
  for (const OwnSql& own : after) sql += own.sql + ";\n";
  Connection::Message message;
  message.sql = sql;
  message.copy_data = CopyDataOf(step.script, range);
  message.keep_last = 2;
  message.results = before.size() + own_statements + after.size();
  const MessageOutcome sent = SendWatched(step, attempt, message);
  if (sent.lost) return LostOutcome(sent);
  StepOutcome outcome;
  outcome.cancelled = sent.cancelled;
  outcome.blocked_by = watch_->blockers();
  if (!sent.error) {
    if (!sent.tags.empty() && sent.tags.back() == "COMMIT") {
      EndUnitDraft(sent);
      return outcome;
    }
    outcome.kind = StepOutcome::Kind::kRolledBack;
    outcome.error = Error(ErrorCode::kSql, fmt::format("{}: the server answered the COMMIT of statement {} with a "
                                                       "rollback",
                                                       step.step.id.str(), NumberOf(unit)))
                        .Hint(GoesOnHint(step, unit));
    return outcome;
  }
  if (Live().in_transaction()) RollBack();
  outcome.kind = StepOutcome::Kind::kRolledBack;
  outcome.retryable = (IsRetryable(sent.error->sqlstate) || sent.withdrawn) && !sent.cancelled;
  if (auto withdrawn = WithdrawnError(step, sent)) {
    outcome.error = std::move(withdrawn);
    return outcome;
  }
  const std::size_t index = sent.tags.size();
  if (index < before.size() + own_statements) {
    if (range.kind != UnitKind::kBlock && NeedsNoTransaction(*sent.error)) return RunOutside(step, unit, attempt);
    const std::size_t in_unit = index < before.size() ? 0 : index - before.size();
    outcome.error = ErrorOfUnit(step, unit, range.first_statement + in_unit, *sent.error, begin, sql);
    return outcome;
  }
  const OwnStatement kind = after[std::min(index - before.size() - own_statements, after.size() - 1)].kind;
  const bool refused = sent.error->sqlstate == "22012";
  if (kind == OwnStatement::kLock && refused) outcome.kind = StepOutcome::Kind::kLockLost;
  if (kind == OwnStatement::kLedgerRow && refused) outcome.kind = StepOutcome::Kind::kStale;
  outcome.error =
      kind == OwnStatement::kLock ? PrefixError(step, kind, *sent.error) : SuffixError(step, kind, *sent.error);
  if (outcome.kind == StepOutcome::Kind::kRolledBack) outcome.error->SetHint(GoesOnHint(step, unit));
  return outcome;
}

StepOutcome PgSession::RunOutside(const PreparedStep& step, std::size_t unit, const Attempt& attempt) {
  const auto patience = attempt.patience.count() > 0 ? attempt.patience : attempt.lock_timeout;
  OutsideUnit::Surroundings surroundings;
  surroundings.interrupt = options_.interrupt;
  surroundings.patience = patience;
  surroundings.tell = [this](const std::string& text) {
    if (options_.on_notice) options_.on_notice({"WARNING", text, {}});
  };
  Attempt watched = attempt;
  surroundings.send = [&](const Connection::Message& message) { return SendWatched(step, watched, message); };
  OutsideUnit outside(Live(), TextOf(step.script, step.script.units[unit]), surroundings);
  if (outside.statement().holds_weak_locks) watched.budget = attempt.told_budget;
  // A lock timeout in the middle of a concurrent build is what makes an index INVALID: only the deadline bounds it,
  // unless the script says otherwise.
  const bool longer = patience != attempt.lock_timeout && !IsSetBefore(step.script, unit, "lock_timeout");
  if (longer) Live().Query(fmt::format("SET lock_timeout = {}", patience.count()));
  StatementLimit limit(Live());
  StepOutcome outcome = SendOutside(step, unit, watched, outside, limit);
  if (outcome.kind == StepOutcome::Kind::kLost) return outcome;
  limit.PutBack();
  ReachCrashPoint("unit_unrecorded");
  if (longer) Live().Query(fmt::format("SET lock_timeout = {}", attempt.lock_timeout.count()));
  if (outcome.kind == StepOutcome::Kind::kCommitted && !Record(step, unit, attempt)) outcome.cancelled = true;
  return outcome;
}

StepOutcome PgSession::SendOutside(const PreparedStep& step, std::size_t unit, const Attempt& attempt,
                                   OutsideUnit& outside, StatementLimit& limit) {
  const bool again = begun_ == NumberOf(unit);
  StepOutcome outcome;
  try {
    if (outside.IsDone(again)) return outcome;
    if (again || outside.CanBegin()) {
      const int number = NumberOf(unit);
      const std::string intent =
          ledger_.RecordBegun(step.step.id, number, DoneBefore(step, unit), step.progress.at(unit), attempt.id);
      if (!WriteSynchronously({ledger_.RequireLock(), intent})) {
        throw StoppedError();  // the intent alone: the next run finds that nothing has come of it
      }
      begun_ = number;
    }
    for (std::string& oid : outside.RebuiltTables()) rebuilt_.insert(std::move(oid));
    ReachCrashPoint("unit_intended");
    if (KeepsStatementTimeout(step, unit)) limit.PutBack();
    Connection::Message message;
    message.sql = TextOf(step.script, step.script.units[unit]);
    const MessageOutcome sent = SendWatched(step, attempt, message);
    if (sent.lost) return LostOutcome(sent);
    if (sent.error) {
      if (!Live().in_transaction()) limit.Lift();
      outcome = AfterFailure(step, unit, sent, outside);
      // After a signal nothing was taken away, and a statement of a known kind may have left something.
      const bool may_have_left = outcome.cancelled && outside.statement().kind != OutsideStatement::Kind::kOther;
      if (begun_ == NumberOf(unit)) ForgetIntent(step, unit, attempt, may_have_left);
      return outcome;
    }
    outcome.cancelled = sent.cancelled;
    draft_.End({}, ReceiptDraft::Scans::kUnknown, std::chrono::steady_clock::now());
    outside.RequireDone();
  } catch (const Error& error) {
    const bool waited = error.code() == ErrorCode::kLockTimeout || IsRetryable(error.sql().sqlstate);
    if (!waited && (again || error.code() != ErrorCode::kInterrupted)) throw;
    outcome.kind = StepOutcome::Kind::kRolledBack;
    outcome.retryable = waited;
    const std::size_t begin = step.script.statements[step.script.units[unit].first_statement].begin;
    outcome.error = Error(error).At({step.path, step.script.PositionInFile(begin)});
    if (watch_) outcome.blocked_by = watch_->blockers();
  }
  return outcome;
}

StepOutcome PgSession::AfterFailure(const PreparedStep& step, std::size_t unit, const MessageOutcome& sent,
                                    OutsideUnit& outside) {
  const Unit& range = step.script.units[unit];
  StepOutcome outcome;
  outcome.kind = StepOutcome::Kind::kRolledBack;
  outcome.cancelled = sent.cancelled;
  if (Live().in_transaction()) RollBack();  // of a read-only block
  outcome.error =
      ErrorOfUnit(step, unit, range.first_statement + sent.tags.size(), *sent.error, 0, TextOf(step.script, range));
  outcome.retryable = (IsRetryable(sent.error->sqlstate) || sent.withdrawn) && !sent.cancelled;
  outcome.blocked_by = watch_->blockers();
  if (auto withdrawn = WithdrawnError(step, sent)) outcome.error = std::move(withdrawn);
  // After a signal there is no time for that: the next run does it.
  if (sent.cancelled) return outcome;
  std::string duplicates;
  const auto left = CleanUpAfter(outside, sent.error->sqlstate == "23505" ? &duplicates : nullptr, &outcome);
  if (!duplicates.empty()) {
    outcome.error->SetHint(
        fmt::format("these are the duplicates: {}; remove them, then {}", duplicates, GoesOnHint(step, unit)));
  }
  if (left) {
    outcome.error->AddContext(fmt::format("{}; the next {} takes it away first", *left,
                                          step.step.direction == Direction::kUp ? "'sqlmig apply'" : "run"));
  }
  return outcome;
}

// The error of the statement stays what is told.
std::optional<std::string> PgSession::CleanUpAfter(OutsideUnit& outside, std::string* duplicates,
                                                   StepOutcome* outcome) {
  try {
    if (duplicates != nullptr) *duplicates = outside.DuplicatesQuery();
    outside.CleanUp();
    return std::nullopt;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnection) throw;
    if (error.code() == ErrorCode::kSignal) outcome->cancelled = true;
    std::string left = error.message();
    if (!watch_->blockers().empty()) {
      left += "; blocked by " + watch_->blockers();
      if (outcome->blocked_by.empty()) outcome->blocked_by = watch_->blockers();
    }
    return left;
  }
}

// What somebody else has left half detached stands in the way of many statements, and the server only says what kind of
// statement ends it.
std::string PgSession::RemedyOf(const ServerError& error) {
  return error.sqlstate == "55000" ? PendingDetachRemedy(ReadUnfinishedObjects(Live()), error) : std::string();
}

Error PgSession::ErrorOfUnit(const PreparedStep& step, std::size_t unit, std::size_t index, const ServerError& error,
                             std::size_t unit_begin, std::string_view text) {
  Error told = UnitError(step, unit, index, error, unit_begin, text);
  const std::string remedy = RemedyOf(error);
  if (!remedy.empty()) told.SetHint(fmt::format("run '{}', then {}", Printable(remedy), GoesOnHint(step, unit)));
  return told;
}

// What has failed, and has left nothing that can be seen, may be another statement when the script goes on.
void PgSession::ForgetIntent(const PreparedStep& step, std::size_t unit, const Attempt& attempt, bool may_have_left) {
  if (may_have_left) return;
  try {
    const std::string_view text = TextOf(step.script, step.script.units[unit]);
    const bool interrupted = options_.interrupt != nullptr && options_.interrupt->requested();
    if (!interrupted && FindUnfinished(ReadUnfinishedObjects(Live()), unfinished_before_, {NamesIn(text), rebuilt_}))
      return;
    WriteSynchronously(
        {ledger_.RequireLock(), ledger_.RecordBegun(step.step.id, begun_, DoneBefore(step, unit), {}, attempt.id)});
  } catch (const Error&) {
    // The intent stays, and asks for the same statement: what went wrong before is what is to be told.
  }
}

bool PgSession::Record(const PreparedStep& step, std::size_t unit, const Attempt& attempt) {
  return WriteSynchronously(
      {ledger_.RequireLock(), ledger_.RecordStatement(step.step.id, step.step.direction, NumberOf(unit),
                                                      step.progress.at(unit), attempt.run, attempt.id)});
}

// A signal that comes now is too late: the statements have run, and the ledger is to say so, if it can do so soon.
void PgSession::CleanUp() {
  std::string sql = ledger_.RequireLock() + ";\n" + AsMessage(CleanupStatements(Live().server_version()));
  sql += ledger_.FreeOtherLocks() + ";\n";
  // What was scanned outside of a transaction is not the next step's.
  if (Live().server_version() >= 150000) sql += "SELECT pg_catalog.pg_stat_force_next_flush();\n";
  if (!options_.settings.pin_at_start) sql += PinningSql(options_.settings);
  const MessageOutcome outcome = SendOwn(sql);
  if (outcome.error && outcome.cancelled) throw StoppedError();
  if (outcome.error) throw LedgerError(*outcome.error);
}

void PgSession::EndUnits(const PreparedStep& step, const Attempt& attempt) {
  CleanUp();
  CheckNothingUnfinished(step);
  ReachCrashPoint("units_end");
  if (step.step.direction == Direction::kUp) {
    MigrationRecord record = step.record;
    record.run = attempt.run;
    record.attempt = attempt.id;
    WriteSynchronously({ledger_.RequireLock(), ledger_.FinishStarted(record)});
  } else {
    WriteSynchronously({ledger_.RequireLock(), ledger_.FinishReverting(step.step.id, attempt.run)});
  }
  const auto took = std::chrono::steady_clock::now() - units_begun_;
  if (!attempt.full_receipt && took < std::chrono::milliseconds(kSlowStepMs)) return;
  drafted_.push_back({step.step, attempt.run, attempt.id, true, std::exchange(draft_, {})});
}

std::optional<UnfinishedObject> PgSession::FindLeftUnfinished(const PreparedStep& step) {
  return FindUnfinished(ReadUnfinishedObjects(Live()), unfinished_before_, {NamesIn(step.script.sql), rebuilt_});
}

void PgSession::CheckNothingUnfinished(const PreparedStep& step) {
  const auto found = FindLeftUnfinished(step);
  if (!found) return;
  const bool up = step.step.direction == Direction::kUp;
  const std::string& id = step.step.id.str();
  const std::string again = up ? "sqlmig apply" : "sqlmig rollback";
  const std::string what = fmt::format("{} is not done: {}", id, Printable(found->what));
  if (!found->builder.empty()) {
    throw Error(ErrorCode::kInterrupted, fmt::format("{}, and pid {} may be building it", what, found->builder))
        .Hint(fmt::format("wait for the end of that session's work, and run '{}' again", again));
  }
  throw Error(ErrorCode::kInterrupted, what)
      .Hint(fmt::format("run '{}', then 'sqlmig repair {} --resolve {}' and '{}' again", Printable(found->remedy), id,
                        up ? "pending" : "applied", again));
}

bool PgSession::AbandonUnits(const PreparedStep& step, const Attempt& attempt) {
  CleanUp();
  if (FindLeftUnfinished(step)) return false;
  const bool up = step.step.direction == Direction::kUp;
  WriteSynchronously({up ? ledger_.RemoveRow(step.step.id, attempt.run, event_kind::kRepaired)
                         : ledger_.ResolveApplied(step.step.id, attempt.run)});
  return true;
}

}  // namespace sqlmig
