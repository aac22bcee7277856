#include "exec/pg_session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "exec/script_error.h"
#include "exec/session_error.h"
#include "exec/session_facts.h"
#include "exec/step_message.h"
#include "support/crash_point.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kKeepAll = 1U << 20U;

// What we write is quick, unless it waits for somebody: for a standby that has to confirm, or a row that is locked.
// After a signal it gets this long, so that the run's end is still written. Then it is cancelled: in front of the
// COMMIT that takes it back; in a COMMIT that waits for a standby it only ends the wait.
constexpr std::chrono::milliseconds kGrace{1000};

bool IsMissingLedger(const ServerError& error) {
  return error.sqlstate == "42P01" || error.sqlstate == "3F000";
}

// How many results a message has up to its list of relations; 0: it has none.
std::size_t BaselineEnd(const StepFrame& frame) {
  const auto found = std::find_if(frame.prefix.begin(), frame.prefix.end(),
                                  [](const OwnSql& own) { return own.kind == OwnStatement::kBaseline; });
  return found == frame.prefix.end() ? 0 : static_cast<std::size_t>(found - frame.prefix.begin()) + 1;
}

}  // namespace

PgSession::PgSession(PgSessionOptions options, LedgerSql ledger)
    : options_(std::move(options)), ledger_(std::move(ledger)) {
  options_.settings.pin_at_start = !options_.allow_pooler;  // then after connecting and after each RESET ALL
}

std::unique_ptr<PgSession> PgSession::Open(PgSessionOptions options, LedgerSql ledger, std::unique_ptr<Opening> begun) {
  std::unique_ptr<PgSession> session(new PgSession(std::move(options), std::move(ledger)));
  session->Connect(std::move(begun));
  return session;
}

void PgSession::Connect(std::unique_ptr<Opening> begun) {
  const bool fits = begun != nullptr && begun->IsFor(options_.conninfo, options_.settings);
  if (!fits) begun = std::make_unique<Opening>(options_.conninfo, options_.settings);
  connection_.emplace(std::move(*begun).Finish(options_.interrupt));
  if (options_.on_notice) connection_->OnNotice(options_.on_notice);
  facts_checked_ = false;
  counts_are_fresh_ = true;
  ReachCrashPoint("connected");
  if (!options_.settings.pin_at_start) Live().Query(PinningSql(options_.settings));
}

void PgSession::OnNotice(std::function<void(const Notice&)> handler) {
  options_.on_notice = std::move(handler);
  Live().OnNotice(options_.on_notice);
}

Connection& PgSession::Live() {
  if (!connection_) throw Error(ErrorCode::kConnection, "there is no connection any more");
  return *connection_;
}

// `guard` comes before anything that names the ledger's tables, and stops the message when they are not to be used;
// nothing is returned then. The rows are those of `statements`; the only error that the outcome can have is that a
// table is missing.
std::optional<MessageOutcome> PgSession::SendGuarded(const std::string& guard,
                                                     const std::vector<std::string>& statements) {
  const bool with_facts = !facts_checked_;
  std::vector<std::string> all;
  if (with_facts) all.push_back(SessionFactsSql());
  const std::size_t guard_index = all.size();
  all.push_back(guard);
  all.insert(all.end(), statements.begin(), statements.end());
  MessageOutcome outcome = Live().TryQuery(AsMessage(all));
  if (outcome.lost) throw LostError(outcome);
  if (outcome.cancelled && outcome.error) throw Error(ErrorCode::kSignal, "stopped by a signal");
  if (with_facts && !outcome.rows.empty()) {
    facts_checked_ = true;
    CheckSessionFacts(outcome.rows.front(), Live(), options_.settings, options_.allow_pooler);
  }
  if (outcome.error && outcome.tags.size() == guard_index && outcome.error->sqlstate == "22012") return std::nullopt;
  outcome.rows.erase(outcome.rows.begin(), outcome.rows.begin() + static_cast<std::ptrdiff_t>(
                                                                      std::min(guard_index + 1, outcome.rows.size())));
  if (outcome.error && !IsMissingLedger(*outcome.error)) throw LedgerError(*outcome.error);
  return outcome;
}

MessageOutcome PgSession::ReadSoundLedger(const std::vector<std::string>& statements) {
  // Another run may make the ledger between the message and the count.
  for (bool again = true;; again = false) {
    std::optional<MessageOutcome> outcome = SendGuarded(ledger_.RequireSound(access()), statements);
    if (!outcome) throw UnsoundLedger();
    if (!outcome->error || CountTables() == 0) return std::move(*outcome);
    if (!again) throw LedgerError(*outcome->error);
  }
}

LedgerSql::Access PgSession::access() const {
  return options_.settings.writes ? LedgerSql::Access::kWrite : LedgerSql::Access::kRead;
}

Error PgSession::UnsoundLedger() {
  const Rows found = Live().Query(ledger_.WhatIsUnsound(access())).at(0);
  return Error(ErrorCode::kLedger, fmt::format("the ledger is not what sqlmig made: {}", Printable(found.At(0, 0))))
      .Hint(
          "nothing is read from or written to it until that is undone; schema and tables must be plain, and belong to "
          "the role that connects, one that it is in, the database's owner or a superuser; a column or key that is "
          "missing comes back with the ledger's schema from a backup");
}

// All or none; a ledger that lacks a table is no empty one: what is applied would be applied again.
std::size_t PgSession::CountTables() {
  const Rows found = Live().Query(ledger_.MissingTables()).at(0);
  const auto count = static_cast<std::size_t>(std::atoi(found.At(0, 0).c_str()));
  if (count == 0 || found.IsNull(0, 1)) return count;
  throw Error(ErrorCode::kLedger, fmt::format("the ledger is damaged: schema {} has no table {}", ledger_.schema(),
                                              Printable(found.At(0, 1))))
      .Hint(
          "restore the ledger's schema from a backup; if it was never used, drop the schema, and the next run makes it "
          "anew");
}

// Throws unless this program understands the ledger.
void PgSession::CheckVersion(const Rows& version) {
  if (version.IsNull(0, 0)) {
    throw Error(ErrorCode::kLedger, "the ledger does not say which version it has: its table 'ledger' is empty")
        .Hint("restore the row, for instance from a backup; until then nothing is written to the ledger");
  }
  const int found = std::atoi(version.At(0, 0).c_str());
  ledger_version_ = found;
  if (found <= kLedgerVersion) return;
  throw Error(ErrorCode::kLedger, fmt::format("the ledger has version {}, this sqlmig knows {}", found, kLedgerVersion))
      .Hint("use the sqlmig version that upgraded it, or a newer one");
}

Glance PgSession::ReadGlance() {
  const std::vector<std::string> statements = {ledger_.ReadVersion(), ledger_.ReadApplied(),
                                               ledger_.ReadUnfinishedRuns()};
  const std::optional<MessageOutcome> quick = SendGuarded(ledger_.RequireOwn(), statements);
  const MessageOutcome outcome = quick && !quick->error ? *quick : ReadSoundLedger(statements);
  Glance glance;
  if (outcome.error) return glance;
  CheckVersion(outcome.rows.at(0));
  glance.ledger_exists = true;
  const Rows& rows = outcome.rows.at(1);
  glance.applied.reserve(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    glance.interrupted = glance.interrupted || rows.At(r, 1) != "applied";
    if (rows.At(r, 1) != "applying") glance.applied.push_back(rows.At(r, 0));
  }
  const Rows& runs = outcome.rows.at(2);
  for (std::size_t r = 0; r < runs.size(); ++r) glance.unfinished_runs.push_back(runs.At(r, 0));
  return glance;
}

LedgerState PgSession::ReadState() {
  const MessageOutcome outcome = ReadSoundLedger(
      {ledger_.ReadVersion(), ledger_.ReadUnfinishedRuns(), ledger_.ReadRows(), ledger_.ReadOtherScopes()});
  LedgerState state;
  if (outcome.error) return state;
  CheckVersion(outcome.rows.at(0));
  state.exists = true;
  state.version = std::atoi(outcome.rows.at(0).At(0, 0).c_str());
  const Rows& runs = outcome.rows.at(1);
  for (std::size_t r = 0; r < runs.size(); ++r) state.unfinished_runs.push_back(runs.At(r, 0));
  state.rows = ParseRows(outcome.rows.at(2));
  const Rows& others = outcome.rows.at(3);
  for (std::size_t r = 0; r < others.size(); ++r) {
    state.other_scopes.emplace_back(others.At(r, 0), MigrationId::Trusted(others.At(r, 1)));
  }
  return state;
}

std::string PgSession::ReadDownScript(const MigrationId& id) {
  const Rows rows = Live().Query(ledger_.ReadDownScript(id)).at(0);
  return rows.empty() ? std::string() : rows.At(0, 0);
}

std::optional<std::string> PgSession::ReadAttempt(const MigrationId& id) {
  const Rows rows = Live().Query(ledger_.ReadAttempt(id)).at(0);
  return rows.empty() ? std::nullopt : std::optional(rows.At(0, 0));
}

std::string PgSession::AttemptQuery(const MigrationId& id) {
  return ledger_.ReadAttempt(id);
}

bool PgSession::TryLock() {
  // Who waits for the lock, or between two attempts, is idle for longer than some servers allow applications to be.
  const char* stay = Live().server_version() >= 140000 ? "SET idle_session_timeout = 0; " : "";
  const auto rows =
      Live().Query(fmt::format("{}SELECT pg_catalog.pg_try_advisory_lock({}), s.system_identifier FROM "
                               "pg_catalog.pg_control_system() s",
                               stay, ledger_.LockKeys()));
  const std::string& identifier = rows.back().At(0, 1);
  if (system_identifier_.empty()) system_identifier_ = identifier;
  if (identifier != system_identifier_) {
    throw Error(ErrorCode::kLedger,
                fmt::format("another database cluster answers now: system identifier {} instead of {}", identifier,
                            system_identifier_))
        .Hint("nothing was written to it; check where the host name leads");
  }
  return rows.back().At(0, 0) == "t";
}

std::string PgSession::LockHolder() {
  const MessageOutcome outcome = Live().TryQuery(ledger_.ReadLockHolder());
  if (outcome.lost) throw LostError(outcome);
  if (!outcome.ok() || outcome.rows.at(0).empty()) return {};
  const Rows& rows = outcome.rows[0];
  return fmt::format("pid {} ({}, user {}, {})", rows.At(0, 0), Printable(rows.At(0, 1)), Printable(rows.At(0, 2)),
                     rows.At(0, 3));
}

MessageOutcome PgSession::SendOwn(const std::string& sql) {
  Connection::Message message;
  message.sql = sql;
  message.keep_first = kKeepAll;
  message.grace = kGrace;
  MessageOutcome outcome = Live().Send(message);
  if (outcome.lost) throw LostError(outcome);
  return outcome;
}

bool PgSession::WriteSynchronously(const std::vector<std::string>& statements) {
  return Transact(LedgerTransaction(statements));
}

bool PgSession::Transact(const std::string& sql) {
  const MessageOutcome outcome = SendOwn(sql);
  if (outcome.error) {
    RollBack();
    if (outcome.cancelled) throw StoppedError();
    throw LedgerError(*outcome.error);
  }
  if (outcome.tags.empty() || outcome.tags.back() != "COMMIT") {
    throw Error(ErrorCode::kLedger, "the ledger's transaction was not committed");
  }
  return !outcome.cancelled;
}

void PgSession::RollBack() {
  Connection::Message message;
  message.sql = "ROLLBACK";
  message.interruptible = false;
  Live().Send(message);
}

void PgSession::EnsureLedger() {
  const std::vector<std::string>& readers = options_.ledger_readers;
  if (!readers.empty()) {
    const Rows unknown = Live().Query(ledger_.MissingRoles(readers)).at(0);
    if (!unknown.empty()) {
      throw Error(ErrorCode::kManifest,
                  fmt::format("'ledger: readers' names the role {}, which the server does not know",
                              Printable(unknown.At(0, 0))))
          .Hint("create the role first, or correct the manifest");
    }
  }
  // An empty ledger, an upgrade and a grant are not worth going on for after a signal: nothing has begun yet.
  if (CountTables() == 0) {
    if (!WriteSynchronously({ledger_.Create()})) throw StoppedError();
  } else if (ledger_version_ > 0 && ledger_version_ < kLedgerVersion) {
    if (!WriteSynchronously({ledger_.RequireLock(), ledger_.Upgrade(ledger_version_)})) throw StoppedError();
  }
  ledger_version_ = kLedgerVersion;
  if (readers.empty()) return;
  const Rows ungranted = Live().Query(ledger_.ReadersWithoutGrant(readers)).at(0);
  for (std::size_t r = 0; r < ungranted.size(); ++r) {
    if (!WriteSynchronously({ledger_.GrantRead(ungranted.At(r, 0))})) throw StoppedError();
  }
}

bool PgSession::StartRun(const std::vector<std::string>& abandoned, const RunRecord* run) {
  std::vector<std::string> statements;
  for (const std::string& id : abandoned) statements.push_back(ledger_.EndRun(id, "abandoned"));
  if (run != nullptr) statements.push_back(ledger_.StartRun(*run));
  return WriteSynchronously(statements);
}

bool PgSession::EndRun(const std::string& run, const std::string& outcome, const std::optional<EventRecord>& failure) {
  std::vector<std::string> statements;
  if (failure) statements.push_back(ledger_.AddEvent(*failure));
  statements.push_back(ledger_.EndRun(run, outcome));
  return WriteSynchronously(statements);
}

MessageOutcome PgSession::SendWatched(const PreparedStep& step, const Attempt& attempt, Connection::Message message) {
  if (!watch_) {
    watch_ = std::make_unique<LockWatch>(options_.conninfo, options_.settings, options_.interrupt, ledger_.schema());
  }
  watch_->Begin(Live().backend_pid(), attempt.budget, &draft_);
  auto told = std::chrono::steady_clock::now();
  bool first = !attempt.full_receipt;
  message.on_wait = [this, &step, &told, &first] {
    if (std::exchange(first, false) && MentionsName(step.script.sql, "drop")) watch_->ReadCatalog();
    const bool exceeded = watch_->Look();
    const auto now = std::chrono::steady_clock::now();
    if (!watch_->progress().empty() && on_progress_ && now - told >= std::chrono::seconds(1)) {
      on_progress_({step.step, watch_->progress()});
      told = now;
    }
    return exceeded;
  };
  return Live().Send(message);
}

std::optional<Error> PgSession::WithdrawnError(const PreparedStep& step, const MessageOutcome& outcome) const {
  if (!outcome.withdrawn || !outcome.error || outcome.error->sqlstate != "57014") return std::nullopt;
  return Error(ErrorCode::kLockTimeout, fmt::format("withdrawn, because {}", watch_->excess()))
      .Sql(outcome.error->detail)
      .Hint(fmt::format("run it at a quieter time, make its locks shorter, or allow more with 'max_blocked' and "
                        "'max_blocked_time' at {} in the manifest",
                        step.step.id.str()));
}

// What the results, and the error if there is one, say about a step's message.
StepOutcome PgSession::Judge(const PreparedStep& step, MessageOutcome outcome, const StepFrame& frame,
                             std::size_t script_results, std::size_t script_begin, std::string_view sent) {
  StepOutcome judged;
  judged.cancelled = outcome.cancelled;
  if (outcome.lost) {
    judged.kind = StepOutcome::Kind::kLost;
    judged.error = LostError(outcome);
    return judged;
  }
  const bool commits = frame.suffix.back().kind == OwnStatement::kCommit;
  if (outcome.ok()) {
    if (commits && (outcome.tags.empty() || outcome.tags.back() != "COMMIT")) {
      judged.kind = StepOutcome::Kind::kRolledBack;
      judged.error =
          Error(ErrorCode::kSql, fmt::format("{}: the server answered the COMMIT with a rollback", step.step.id.str()));
      return judged;
    }
    const std::size_t row = outcome.rows.size() - (commits ? 2 : 1);
    if (row < outcome.rows.size() && !outcome.rows[row].empty() && outcome.rows[row].rows[0].size() >= 2) {
      judged.duration_ms = std::atoll(outcome.rows[row].At(0, 1).c_str());
      if (outcome.rows[row].rows[0].size() > 2) held_ = outcome.rows[row].rows[0][2];
    }
    return judged;
  }
  if (Live().in_transaction()) RollBack();
  judged.kind = StepOutcome::Kind::kRolledBack;
  const ServerError& error = *outcome.error;
  judged.retryable = (IsRetryable(error.sqlstate) || outcome.withdrawn) && !outcome.cancelled;
  judged.blocked_by = watch_ ? watch_->blockers() : std::string();
  if (auto withdrawn = WithdrawnError(step, outcome)) {
    judged.error = std::move(withdrawn);
    return judged;
  }
  const std::size_t index = outcome.tags.size();
  if (index == 0 && script_begin > 0 && error.position > 0 &&
      ByteOfCharacter(sent, error.position - 1) >= script_begin) {
    // A server that does not know what our parser knows refuses the whole message before it runs any of it.
    judged.error = ScriptError(step, 0, error, script_begin, sent);
  } else if (error.sqlstate == "34000" && error.message.find(kGuardName) != std::string::npos) {
    // Whatever the count says: statements that nobody saw may have come in between.
    judged.error = SuffixError(step, OwnStatement::kCloseGuard, error);
  } else if (index < frame.prefix.size()) {
    const OwnStatement kind = frame.prefix[index].kind;
    if (kind == OwnStatement::kLock && error.sqlstate == "22012") judged.kind = StepOutcome::Kind::kLockLost;
    if (kind == OwnStatement::kPresence && error.sqlstate == "22012") judged.kind = StepOutcome::Kind::kStale;
    judged.error = PrefixError(step, kind, error);
  } else if (index < frame.prefix.size() + script_results) {
    judged.error = ScriptError(step, index - frame.prefix.size(), error, script_begin, sent);
    if (const std::string remedy = RemedyOf(error); !remedy.empty()) {
      judged.error->SetHint(fmt::format("{} was rolled back; run '{}' and then the command again", step.step.id.str(),
                                        Printable(remedy)));
    }
  } else {
    const std::size_t own = std::min(index - frame.prefix.size() - script_results, frame.suffix.size() - 1);
    const OwnStatement kind = frame.suffix[own].kind;
    if (kind == OwnStatement::kLedgerRow && (error.sqlstate == "23505" || error.sqlstate == "22012")) {
      judged.kind = StepOutcome::Kind::kStale;
    }
    judged.error = SuffixError(step, kind, error);
  }
  return judged;
}

StepOutcome PgSession::SendWhole(const PreparedStep& step, const StepFrame& frame, const Attempt& attempt) {
  const StepMessage assembled = Assemble(frame, step.script);
  Connection::Message message;
  message.sql = assembled.sql;
  message.copy_data = step.script.copy_data;
  message.keep_first = BaselineEnd(frame);
  message.keep_last = 2;
  message.results = frame.prefix.size() + step.script.statements.size() + frame.suffix.size();
  MessageOutcome outcome = SendWatched(step, attempt, message);
  TakeBaseline(outcome, message.keep_first);
  return Judge(step, std::move(outcome), frame, step.script.statements.size(), assembled.script_begin, assembled.sql);
}

// A script whose grammar is newer than our parser's: how many results it has is not known, so it travels alone.
StepOutcome PgSession::SendInParts(const PreparedStep& step, const StepFrame& frame, const Attempt& attempt) {
  std::string prefix;
  for (const OwnSql& own : frame.prefix) prefix += own.sql + ";\n";
  Connection::Message message;
  message.sql = prefix;
  message.keep_first = BaselineEnd(frame);
  MessageOutcome outcome = SendWatched(step, attempt, message);
  TakeBaseline(outcome, message.keep_first);
  if (!outcome.ok()) return Judge(step, std::move(outcome), frame, 0, 0, prefix);

  message = {};
  message.sql = step.script.sql;
  message.copy_data = step.script.copy_data;
  outcome = SendWatched(step, attempt, message);
  if (!outcome.ok()) {
    // Counted as the script's own results, whatever their number.
    const std::size_t results = outcome.tags.size();
    outcome.tags.insert(outcome.tags.begin(), frame.prefix.size(), "");
    return Judge(step, std::move(outcome), frame, results + 1, 0, step.script.sql);
  }
  std::string suffix;
  for (const OwnSql& own : frame.suffix) suffix += own.sql + ";\n";
  message = {};
  message.sql = suffix;
  message.keep_last = 2;
  message.results = frame.suffix.size();
  outcome = SendWatched(step, attempt, message);
  outcome.tags.insert(outcome.tags.begin(), frame.prefix.size(), "");
  return Judge(step, std::move(outcome), frame, 0, 0, suffix);
}

StepOutcome PgSession::RunTransactional(const PreparedStep& step, const Attempt& attempt) {
  FrameOptions options;
  options.lock_timeout = attempt.lock_timeout;
  options.server_version = Live().server_version();
  options.begins = attempt.begins;
  options.commits = attempt.commits;
  options.holds_commit = attempt.witness != nullptr && attempt.witness->HoldsCommit(step);
  options.isolation_level = attempt.isolation_level;
  // That a step was tried again is worth a receipt, however quick it is then.
  const bool full = attempt.full_receipt || (past_ && past_->first == step.step);
  options.receipt = full ? ReceiptKind::kFull : ReceiptKind::kSlow;
  if (attempt.begins) drafted_.clear();
  BeginDraft(step.step);
  const StepFrame frame = MakeFrame(step, ledger_, options, attempt.run, attempt.id);
  ReachCrashPoint("step_begin");
  StepOutcome outcome = step.script.parsed ? SendWhole(step, frame, attempt) : SendInParts(step, frame, attempt);
  if (options.holds_commit && outcome.kind == StepOutcome::Kind::kCommitted) {
    outcome = LookAndCommit(step, attempt, std::move(outcome));
  }
  const ReceiptDraft::Scans scans = CountedScans(attempt.begins, full);
  if (outcome.kind != StepOutcome::Kind::kCommitted) FailDraft(step.step);
  if (outcome.kind == StepOutcome::Kind::kCommitted && held_) KeepDraft(step.step, attempt, scans);
  ReachCrashPoint("step_answered");
  // What became of the step is known already: a failure of this shows at the next message.
  if (!options_.settings.pin_at_start && outcome.kind != StepOutcome::Kind::kLost)
    Live().TryQuery(PinningSql(options_.settings));
  return outcome;
}

bool PgSession::Write(const Bookkeeping& work, const std::string& run) {
  std::vector<std::string> statements = {ledger_.RequireLock()};
  if (work.rename_scope_from) statements.push_back(ledger_.RenameScope(*work.rename_scope_from, run));
  for (const auto& removal : work.removals) statements.push_back(ledger_.RemoveRow(removal.id, run, removal.kind));
  for (MigrationRecord record : work.stamps) {
    record.run = run;
    statements.push_back(ledger_.Insert(record));
  }
  for (MigrationRecord record : work.accepted) {
    record.run = run;
    statements.push_back(ledger_.AcceptHashes(record));
  }
  for (const MigrationId& id : work.resolved) statements.push_back(ledger_.ResolveApplied(id, run));
  return WriteSynchronously(statements);
}

bool PgSession::HasWritten(const std::string& run) {
  return !Live().Query(ledger_.ReadEvents(1, run)).at(0).empty();
}

void PgSession::Reconnect() {
  connection_.reset();
  Connect(nullptr);
}

}  // namespace sqlmig
