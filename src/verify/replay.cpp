#include "verify/replay.h"

#include <algorithm>

#include <fmt/format.h>

#include "exec/runner.h"
#include "exec/script_error.h"
#include "exec/step_message.h"
#include "support/counted.h"
#include "support/uuid.h"

namespace sqlmig {
namespace {

constexpr const char* kRun = "verify";
constexpr int kMaxAttempts = 5;
// Oids below are the server's own.
constexpr int kFirstOwnOid = 16384;
constexpr const char* kQuerySavepoint = "\"sqlmig query\"";

PgSessionOptions OptionsOf(const ReplaySettings& settings, const ScratchDatabase& database) {
  PgSessionOptions options;
  options.conninfo = database.conninfo();
  options.settings = settings.session;
  options.settings.writes = true;
  options.interrupt = settings.interrupt;
  return options;
}

Session::Attempt NewAttempt(const PreparedStep& step) {
  Session::Attempt attempt;
  attempt.run = kRun;
  attempt.id = RandomUuid();
  if (step.settings.lock_timeout) attempt.lock_timeout = *step.settings.lock_timeout;
  attempt.budget = {0, std::chrono::milliseconds(0)};  // there is nobody else to be kept waiting
  return attempt;
}

using Row = std::vector<std::optional<std::string>>;

// Different for different rows.
std::string AsRow(const Row& cells) {
  std::string row;
  for (const auto& cell : cells) row += cell ? fmt::format("{}:{};", cell->size(), *cell) : "null;";
  return row;
}

std::string Shown(const std::vector<Row>& rows) {
  constexpr std::size_t kShownRows = 5;
  std::string text;
  for (std::size_t r = 0; r < std::min(rows.size(), kShownRows); ++r) {
    text += r == 0 ? "" : "; ";
    for (std::size_t c = 0; c < rows[r].size(); ++c) text += (c == 0 ? "" : ", ") + rows[r][c].value_or("null");
  }
  if (rows.size() > kShownRows) text += fmt::format("; and {} more", Counted(rows.size() - kShownRows, "row"));
  return text;
}

}  // namespace

void MakeLedger(const ReplaySettings& settings, const ScratchDatabase& database) {
  const auto session = PgSession::Open(OptionsOf(settings, database), settings.ledger);
  session->ReadState();  // sees a pooler between
  session->EnsureLedger();
  RunRecord record;
  record.id = kRun;
  record.command = kRun;
  session->StartRun({}, &record);
}

Replay::Replay(const ReplaySettings& settings, const ScratchDatabase& database)
    : settings_(settings), session_(PgSession::Open(OptionsOf(settings, database), settings.ledger)) {
  if (!session_->TryLock()) {
    throw Error(ErrorCode::kInternal, fmt::format("somebody uses the scratch database {}", database.name()));
  }
}

Replay::~Replay() = default;

Connection& Replay::connection() {
  return session_->connection();
}

std::optional<Error> Replay::Judge(const StepOutcome& outcome) const {
  if (outcome.cancelled) throw Error(ErrorCode::kSignal, "stopped by a signal");
  if (outcome.kind == StepOutcome::Kind::kLost) throw *outcome.error;
  if (outcome.kind == StepOutcome::Kind::kCommitted) return std::nullopt;
  return outcome.error;
}

std::optional<Error> Replay::Refusal(const PreparedStep& step) const {
  return settings_.refusal ? settings_.refusal(step) : std::nullopt;
}

std::optional<Error> Replay::Run(const PreparedStep& step) {
  if (auto refusal = Refusal(step)) return refusal;
  if (!step.step.transactional) return RunUnits(step);
  for (int attempt = 1;; ++attempt) {
    const StepOutcome outcome = session_->RunTransactional(step, NewAttempt(step));
    // A worker of the server's own, such as autovacuum, may stand in the way.
    if (outcome.retryable && !outcome.cancelled && attempt < kMaxAttempts) continue;
    return Judge(outcome);
  }
}

std::optional<Error> Replay::RunUnits(const PreparedStep& step) {
  Runner runner(*session_, settings_.waiter, [](const Event&) {});
  RunOptions options;
  options.record.id = RandomUuid();
  options.record.command = kRun;
  options.max_blocked = 0;
  options.max_blocked_time = std::chrono::milliseconds(0);
  const RunResult result = runner.Run([&](const LedgerState&) { return std::vector{step}; }, options);
  if (!result.error) return std::nullopt;
  if (result.error->code() == ErrorCode::kSignal || result.error->code() == ErrorCode::kConnection ||
      result.error->code() == ErrorCode::kOutcomeUnknown)
    throw *result.error;
  return result.error;
}

std::optional<Error> Replay::RunInside(const PreparedStep& step) {
  if (step.step.direction == Direction::kUp) {
    if (auto refusal = Refusal(step)) {
      RollBack();
      return refusal;
    }
  }
  for (int number = 1;; ++number) {
    Session::Attempt attempt = NewAttempt(step);
    attempt.begins = !inside_;
    attempt.commits = false;
    const StepOutcome outcome = session_->RunTransactional(step, attempt);
    inside_ = outcome.kind == StepOutcome::Kind::kCommitted;
    if (attempt.begins && outcome.retryable && !outcome.cancelled && number < kMaxAttempts) continue;
    return Judge(outcome);
  }
}

void Replay::Do(const std::string& sql) {
  connection().Query(sql);
}

std::optional<Error> Replay::Commit() {
  inside_ = false;
  const MessageOutcome outcome = connection().TryQuery("COMMIT");
  if (outcome.lost) throw Error(ErrorCode::kConnection, "the connection was lost while a step was committed");
  if (outcome.error) return ToError(*outcome.error);
  return std::nullopt;
}

void Replay::RollBack() {
  if (inside_) Do("ROLLBACK");
  inside_ = false;
}

void Replay::SetSavepoint(const std::string& name) {
  Do("SAVEPOINT " + QuoteIdentifier(name));
}

void Replay::RollBackTo(const std::string& name) {
  Do(fmt::format("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", QuoteIdentifier(name)));
}

Snapshot Replay::ReadSchema() {
  return ReadCatalog(connection(), {{settings_.ledger.schema()}});
}

Replay::Locks Replay::ReadLocks(Shadow& shadow) {
  Locks locks;
  std::string oids;
  std::vector<HeldLock> held = shadow.LocksOf(connection().backend_pid());
  for (const HeldLock& lock : held) {
    if (std::stoll(lock.relation) >= kFirstOwnOid) {
      oids += (oids.empty() ? "" : ",") + lock.relation;
    } else if (lock.mode == "AccessShareLock") {
      locks.reads_catalog = true;
    }
  }
  if (oids.empty()) return locks;
  const Rows names =
      connection()
          .Query(
              fmt::format("SELECT c.oid, COALESCE(x.indrelid, c.oid)::pg_catalog.regclass FROM pg_catalog.pg_class c "
                          "LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid WHERE c.relkind <> 't' AND "
                          "c.relnamespace <> 'pg_toast'::pg_catalog.regnamespace AND c.relnamespace <> {}::"
                          "pg_catalog.regnamespace AND c.oid IN ({})",
                          QuoteLiteral(QuoteIdentifier(settings_.ledger.schema())), oids))
          .at(0);
  for (std::size_t r = 0; r < names.size(); ++r) {
    for (const HeldLock& lock : held) {
      if (lock.relation == names.At(r, 0)) locks.relations.push_back({names.At(r, 1), lock.mode});
    }
  }
  return locks;
}

std::optional<Error> Replay::RunScript(const ParsedScript& script, const std::filesystem::path& name) {
  PreparedStep step;
  step.path = name;
  step.script = script;
  std::string prefix = "BEGIN;\n";
  const auto settings =
      SettingStatements(settings_.defaults, settings_.session.lock_timeout, connection().server_version(), true);
  for (const std::string& setting : settings) prefix += setting + ";\n";
  const std::string sql = prefix + script.sql + "\n;\nCOMMIT";
  Connection::Message message;
  message.sql = sql;
  message.copy_data = script.copy_data;
  const MessageOutcome outcome = connection().Send(message);
  if (outcome.lost) throw Error(ErrorCode::kConnection, "the connection was lost in " + name.string());
  if (outcome.cancelled && outcome.error) throw Error(ErrorCode::kSignal, "stopped by a signal");
  if (!outcome.error) return std::nullopt;
  if (connection().in_transaction()) Do("ROLLBACK");
  const std::size_t own = settings.size() + 1;
  const std::size_t index = outcome.tags.size() < own ? 0 : outcome.tags.size() - own;
  return ScriptError(step, index, *outcome.error, prefix.size(), sql);
}

Replay::Answer Replay::Ask(const std::string& query) {
  std::string before = inside_ ? fmt::format("SAVEPOINT {};\n", kQuerySavepoint) : "BEGIN;\n";
  if (inside_) before += "RESET search_path;\n";  // a step leaves an empty one
  StepSettings settings = settings_.defaults;
  for (const std::string& setting :
       SettingStatements(settings, settings_.session.lock_timeout, connection().server_version(), true)) {
    before += setting + ";\n";
  }
  before += "SET LOCAL transaction_read_only = on";
  Do(before);
  const MessageOutcome outcome = connection().TryQuery(query);
  if (outcome.lost) throw Error(ErrorCode::kConnection, "the connection was lost in a probe");
  if (outcome.cancelled && outcome.error) throw Error(ErrorCode::kSignal, "stopped by a signal");
  Answer answer;
  if (outcome.error) answer.error = fmt::format("{} ({})", outcome.error->message, outcome.error->sqlstate);
  std::vector<Row> all;
  for (const Rows& rows : outcome.rows) all.insert(all.end(), rows.rows.begin(), rows.rows.end());
  std::sort(all.begin(), all.end());
  for (const Row& row : all) answer.rows.push_back(AsRow(row));
  answer.shown = Shown(all);
  Do(inside_ ? fmt::format("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", kQuerySavepoint) : "ROLLBACK");
  return answer;
}

}  // namespace sqlmig
