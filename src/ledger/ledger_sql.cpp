#include "ledger/ledger_sql.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "ledger/ledger_schema.h"
#include "support/sha256.h"

namespace sqlmig {
namespace {

constexpr const char* kTimeFormat = "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'";

std::string TextOrNull(const std::string& value) {
  return value.empty() ? "NULL" : QuoteLiteral(value);
}
const char* Bool(bool value) {
  return value ? "true" : "false";
}

std::string TextArray(const std::vector<std::string>& values) {
  std::string text = "ARRAY[";
  for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + QuoteLiteral(values[i]);
  return text + "]::pg_catalog.text[]";
}

const char* DownKindName(DownKind kind) {
  switch (kind) {
    case DownKind::kScript:
      return "script";
    case DownKind::kSecret:
      return "secret";
    case DownKind::kNone:
      return "none";
    case DownKind::kIrreversible:
      return "irreversible";
  }
  return "none";
}

const char* StatusName(AppliedStatus status) {
  switch (status) {
    case AppliedStatus::kApplied:
      return "applied";
    case AppliedStatus::kApplying:
      return "applying";
    case AppliedStatus::kReverting:
      return "reverting";
  }
  return "applied";
}

bool IsSecretName(const std::string& name) {
  constexpr std::array<std::string_view, 5> kWords = {"pass", "secret", "token", "key", "credential"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

// Settings as one line, for people: name=value pairs; the names hold no '=', and are in lower case.
std::string SettingsText(const std::map<std::string, std::string>& settings) {
  std::string text;
  for (const auto& [name, value] : settings) {
    text += (text.empty() ? "" : "; ") + name + "=" + (IsSecretName(name) ? "****" : value);
  }
  return text;
}

std::string Elapsed(MigrationRecord::Since since) {
  return fmt::format(
      "(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.{}()) "
      "OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8",
      since == MigrationRecord::Since::kTransaction ? "transaction_timestamp" : "statement_timestamp");
}

std::string Time(const char* column) {
  return fmt::format("pg_catalog.to_char(pg_catalog.timezone('UTC', {}), {})", column, kTimeFormat);
}

std::vector<MigrationId> SplitIds(const std::string& text) {
  std::vector<MigrationId> ids;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    ids.push_back(MigrationId::Trusted(text.substr(at, end - at)));
    at = end + 1;
  }
  return ids;
}

// What leads from that version to the newest.
std::string Changes(const std::string& schema, int from) {
  std::string sql;
  for (const LedgerUpgrade& upgrade : kLedgerUpgrades) {
    if (upgrade.version > from) sql += fmt::format(fmt::runtime(upgrade.sql), fmt::arg("schema", schema));
  }
  return sql;
}

}  // namespace

LedgerSql::LedgerSql(std::string schema, std::string scope)
    : schema_(std::move(schema)),
      quoted_schema_(QuoteIdentifier(schema_)),
      scope_(std::move(scope)),
      quoted_scope_(QuoteLiteral(scope_)) {}

std::string LedgerSql::Table(const char* name) const {
  return quoted_schema_ + "." + name;
}

std::string LedgerSql::Where(const MigrationId& id) const {
  return fmt::format("m.scope OPERATOR(pg_catalog.=) {} AND m.id OPERATOR(pg_catalog.=) {}", quoted_scope_,
                     QuoteLiteral(id.str()));
}

LedgerSql::Key LedgerSql::LockKey() const {
  constexpr std::uint32_t kClass = 0x73716c6d;  // "sqlm"
  const Sha256Digest digest = Sha256(schema_);
  std::uint32_t key = 0;
  for (std::size_t i = 0; i < 4; ++i) key = key << 8U | digest[i];
  return {kClass, key};
}

std::string LedgerSql::LockKeys() const {
  const Key key = LockKey();
  return fmt::format("{}, {}", static_cast<std::int32_t>(key.group), static_cast<std::int32_t>(key.number));
}

std::string LedgerSql::ReadLockHolder() const {
  const Key key = LockKey();
  return fmt::format(
      "SELECT a.pid, a.application_name, a.usename, COALESCE(a.client_addr::pg_catalog.text, 'local') FROM "
      "pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid JOIN "
      "pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.database WHERE l.locktype OPERATOR(pg_catalog.=) "
      "'advisory' AND l.granted AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND l.classid "
      "OPERATOR(pg_catalog.=) {}::pg_catalog.oid AND l.objid OPERATOR(pg_catalog.=) {}::pg_catalog.oid AND l.objsubid "
      "OPERATOR(pg_catalog.=) 2 LIMIT 1",
      key.group, key.number);
}

std::string LedgerSql::Create() const {
  // Somebody else may have made the schema a moment ago.
  return fmt::format("CREATE SCHEMA IF NOT EXISTS {};\n{};\n", quoted_schema_, RequireSound(Access::kWrite)) +
         fmt::format(fmt::runtime(kLedgerSchemaV1), fmt::arg("schema", quoted_schema_)) + Changes(quoted_schema_, 1) +
         VersionRow(kLedgerVersion);
}

std::string LedgerSql::Upgrade(int from) const {
  return Changes(quoted_schema_, from) + VersionRow(kLedgerVersion);
}

std::string LedgerSql::VersionRow(int version) const {
  return fmt::format("INSERT INTO {} (version) VALUES ({})", Table("ledger"), version);
}

std::string LedgerSql::MissingRoles(const std::vector<std::string>& roles) const {
  return fmt::format(
      "SELECT r FROM pg_catalog.unnest({}) r WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles a WHERE "
      "a.rolname::pg_catalog.text OPERATOR(pg_catalog.=) r)",
      TextArray(roles));
}

std::string LedgerSql::ReadersWithoutGrant(const std::vector<std::string>& roles) const {
  return fmt::format("SELECT r FROM pg_catalog.unnest({}) r WHERE NOT pg_catalog.has_table_privilege(r, {}, 'SELECT')",
                     TextArray(roles), QuoteLiteral(Table("migration")));
}

std::string LedgerSql::GrantRead(const std::string& role) const {
  return fmt::format("GRANT USAGE ON SCHEMA {0} TO {1}; GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {1}",
                     quoted_schema_, QuoteIdentifier(role));
}

std::string LedgerSql::ReadApplied() const {
  return fmt::format("SELECT m.id, m.status FROM {} m WHERE m.scope OPERATOR(pg_catalog.=) {}", Table("migration"),
                     quoted_scope_);
}

std::string LedgerSql::ReadUnfinishedRuns() const {
  return fmt::format(
      "SELECT r.id FROM {} r WHERE r.ended_at IS NULL AND r.scope OPERATOR(pg_catalog.=) {} ORDER BY "
      "r.started_at",
      Table("run"), quoted_scope_);
}

std::string LedgerSql::ReadRows() const {
  return fmt::format(
      "SELECT m.id, m.description, pg_catalog.array_to_string(m.depends_on, ' '), m.ordinal, m.run, {}, m.duration_ms, "
      "m.up_hash, m.up_tokens, m.down_hash, m.down_tokens, m.hash_algorithm, m.up_transaction, m.down_transaction, "
      "m.down_kind, m.status, m.statements_done, m.statement_begun, m.progress, m.attempt FROM {} m WHERE m.scope "
      "OPERATOR(pg_catalog.=) {} ORDER BY m.ordinal",
      Time("m.applied_at"), Table("migration"), quoted_scope_);
}

std::vector<AppliedMigration> ParseRows(const Rows& rows) {
  const auto number = [&](std::size_t r, std::size_t c) {
    std::int64_t value = 0;
    const std::string& text = rows.At(r, c);
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  std::vector<AppliedMigration> parsed;
  parsed.reserve(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    AppliedMigration row;
    row.id = MigrationId::Trusted(rows.At(r, 0));
    row.description = rows.At(r, 1);
    row.depends_on = SplitIds(rows.At(r, 2));
    row.ordinal = number(r, 3);
    row.run = rows.At(r, 4);
    row.applied_at = rows.At(r, 5);
    row.duration_ms = number(r, 6);
    row.up = {rows.At(r, 7), rows.At(r, 8)};
    row.down = {rows.At(r, 9), rows.At(r, 10)};
    row.hash_algorithm = static_cast<int>(number(r, 11));
    row.up_transaction = rows.At(r, 12) == "t";
    row.down_transaction = rows.At(r, 13) == "t";
    const std::string& kind = rows.At(r, 14);
    row.down_kind = kind == "script"   ? DownKind::kScript
                    : kind == "secret" ? DownKind::kSecret
                    : kind == "none"   ? DownKind::kNone
                                       : DownKind::kIrreversible;
    const std::string& status = rows.At(r, 15);
    if (status != "applied" && status != "applying" && status != "reverting") {
      throw Error(ErrorCode::kLedger,
                  fmt::format("the ledger's row of '{}' has the status '{}', which this sqlmig does "
                              "not know",
                              row.id.str(), status))
          .Hint("use the sqlmig version that wrote it, or a newer one");
    }
    row.status = status == "applied"    ? AppliedStatus::kApplied
                 : status == "applying" ? AppliedStatus::kApplying
                                        : AppliedStatus::kReverting;
    row.statements_done = static_cast<int>(number(r, 16));
    row.statement_begun = static_cast<int>(number(r, 17));
    row.progress = rows.At(r, 18);
    row.attempt = rows.At(r, 19);
    parsed.push_back(std::move(row));
  }
  return parsed;
}

std::string LedgerSql::ReadScopes() const {
  return fmt::format(
      "SELECT m.scope, pg_catalog.count(*) FROM {} m GROUP BY m.scope ORDER BY m.scope "
      "COLLATE pg_catalog.\"C\"",
      Table("migration"));
}

std::string LedgerSql::ReadOtherScopes() const {
  return fmt::format(
      "SELECT m.scope, m.id FROM {0} m WHERE NOT EXISTS (SELECT FROM {0} o WHERE o.scope OPERATOR(pg_catalog.=) {1}) "
      "ORDER BY m.scope COLLATE pg_catalog.\"C\", m.ordinal",
      Table("migration"), quoted_scope_);
}

std::string LedgerSql::ReadVersion() const {
  return fmt::format("SELECT pg_catalog.max(l.version) FROM {} l", Table("ledger"));
}

std::string LedgerSql::ReadDownScript(const MigrationId& id) const {
  return fmt::format("SELECT m.down_script FROM {} m WHERE {}", Table("migration"), Where(id));
}

std::string LedgerSql::ReadAttempt(const MigrationId& id) const {
  return fmt::format("SELECT m.attempt, m.duration_ms FROM {} m WHERE {}", Table("migration"), Where(id));
}

std::string LedgerSql::ReadRuns(int limit) const {
  return fmt::format(
      "SELECT r.id, r.command, r.target, r.tool_version, r.db_user, r.os_user, r.host, {}, {}, r.outcome FROM {} r "
      "WHERE "
      "r.scope OPERATOR(pg_catalog.=) {} ORDER BY r.started_at DESC, r.id COLLATE pg_catalog.\"C\" LIMIT {}",
      Time("r.started_at"), Time("r.ended_at"), Table("run"), quoted_scope_, limit);
}

std::string LedgerSql::ReadEvents(int limit, const std::string& run) const {
  const std::string only =
      run.empty() ? std::string() : fmt::format(" AND e.run OPERATOR(pg_catalog.=) {}", QuoteLiteral(run));
  return fmt::format(
      "SELECT e.id, {}, e.run, e.migration, e.direction, e.kind, e.duration_ms, e.statement, e.sqlstate, e.message "
      "FROM {} e WHERE e.scope OPERATOR(pg_catalog.=) {} AND e.kind OPERATOR(pg_catalog.<>) '{}'{} ORDER BY e.id DESC "
      "LIMIT {}",
      Time("e.at"), Table("event"), quoted_scope_, event_kind::kReceipt, only, limit);
}

std::string LedgerSql::ReadReceipts(const std::vector<std::string>& ids) const {
  return fmt::format(
      "SELECT DISTINCT ON (e.migration, e.direction) e.migration, e.direction, {}, e.run, e.receipt FROM {} e WHERE "
      "e.scope OPERATOR(pg_catalog.=) {} AND e.kind OPERATOR(pg_catalog.=) '{}' AND e.receipt IS NOT NULL AND "
      "e.migration OPERATOR(pg_catalog.=) ANY ({}) ORDER BY e.migration, e.direction DESC, e.id DESC",
      Time("e.at"), Table("event"), quoted_scope_, event_kind::kReceipt, TextArray(ids));
}

std::string LedgerSql::ReadAge(const std::string& attempt) const {
  return fmt::format(
      "SELECT pg_catalog.max(pg_catalog.age(e.xmin)) FROM {} e WHERE e.attempt OPERATOR(pg_catalog.=) {}",
      Table("event"), QuoteLiteral(attempt));
}

std::string LedgerSql::RequireLock() const {
  return fmt::format("SELECT 1 OPERATOR(pg_catalog./) pg_catalog.pg_try_advisory_xact_lock({})::pg_catalog.int4",
                     LockKeys());
}

std::string LedgerSql::FreeOtherLocks() const {
  return fmt::format(
      "SELECT pg_catalog.pg_advisory_unlock_all(), 1 OPERATOR(pg_catalog./) "
      "pg_catalog.pg_try_advisory_lock({})::pg_catalog.int4",
      LockKeys());
}

std::string LedgerSql::RequireAbsent(const MigrationId& id) const {
  return fmt::format("SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM {} m WHERE {}))::pg_catalog.int4",
                     Table("migration"), Where(id));
}

std::string LedgerSql::RequirePresent(const MigrationId& id) const {
  return fmt::format("SELECT 1 OPERATOR(pg_catalog./) (EXISTS (SELECT FROM {} m WHERE {}))::pg_catalog.int4",
                     Table("migration"), Where(id));
}

namespace {

constexpr const char* kColumns =
    "scope, id, description, depends_on, ordinal, run, attempt, applied_at, duration_ms, up_hash, up_tokens, "
    "down_hash, "
    "down_tokens, hash_algorithm, down_kind, down_script, up_transaction, down_transaction, settings, status";

}  // namespace

// `w` is the statement that writes the row; the event rides along, so that a step costs one statement of ours.
std::string LedgerSql::RowWithEvent(const std::string& statement, const std::string& event,
                                    const std::string& more) const {
  return fmt::format(
      "WITH w AS ({}), e AS (INSERT INTO {} (scope, run, migration, direction, kind, attempt, duration_ms) SELECT {}) "
      "SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*), pg_catalog.max(w.ms){}{} FROM w",
      statement, Table("event"), event, more.empty() ? "" : ", ", more);
}

namespace {

std::string Values(const MigrationRecord& record, const std::string& scope, const std::string& next_ordinal,
                   AppliedStatus status, const std::string& elapsed) {
  std::vector<std::string> depends_on;
  for (const Dependency& dependency : record.migration->depends_on) depends_on.push_back(dependency.id.str());
  return fmt::format(
      "({}, {}, {}, {}, {}, {}, {}, pg_catalog.clock_timestamp(), {}, {}, {}, {}, {}, {}, '{}', {}, {}, {}, {}, '{}')",
      scope, QuoteLiteral(record.migration->id.str()), QuoteLiteral(record.migration->description),
      TextArray(depends_on), record.ordinal != 0 ? std::to_string(record.ordinal) : next_ordinal,
      QuoteLiteral(record.run), QuoteLiteral(record.attempt), elapsed, QuoteLiteral(record.up.bytes),
      QuoteLiteral(record.up.tokens), QuoteLiteral(record.down.bytes), QuoteLiteral(record.down.tokens),
      record.hash_algorithm, DownKindName(record.down_kind),
      record.down_kind == DownKind::kScript ? QuoteLiteral(record.down_script) : std::string("NULL"),
      Bool(record.migration->up_transaction), Bool(record.migration->down_transaction),
      QuoteLiteral(SettingsText(record.settings)), StatusName(status));
}

}  // namespace

std::string LedgerSql::Insert(const MigrationRecord& record, const std::string& more) const {
  const bool stamped = std::string_view(record.event) == event_kind::kStamped;
  const std::string elapsed = stamped ? "0" : Elapsed(record.since);
  const std::string next = fmt::format(
      "(SELECT COALESCE(pg_catalog.max(o.ordinal), 0) OPERATOR(pg_catalog.+) 1 FROM {} o WHERE o.scope "
      "OPERATOR(pg_catalog.=) {})",
      Table("migration"), quoted_scope_);
  const std::string insert =
      fmt::format("INSERT INTO {} ({}) VALUES {} RETURNING duration_ms AS ms", Table("migration"), kColumns,
                  Values(record, quoted_scope_, next, AppliedStatus::kApplied, elapsed));
  const std::string event =
      fmt::format("{}, {}, {}, 'up', '{}', {}, w.ms FROM w", quoted_scope_, QuoteLiteral(record.run),
                  QuoteLiteral(record.migration->id.str()), record.event, QuoteLiteral(record.attempt));
  return RowWithEvent(insert, event, more);
}

std::string LedgerSql::Delete(const MigrationId& id, const std::string& run, const std::string& attempt,
                              MigrationRecord::Since since, const std::string& more) const {
  const std::string statement =
      fmt::format("DELETE FROM {} m WHERE {} RETURNING {} AS ms", Table("migration"), Where(id), Elapsed(since));
  const std::string event = fmt::format("{}, {}, {}, 'down', '{}', {}, w.ms FROM w", quoted_scope_, QuoteLiteral(run),
                                        QuoteLiteral(id.str()), event_kind::kReverted, QuoteLiteral(attempt));
  return RowWithEvent(statement, event, more);
}

std::string LedgerSql::InsertStarted(const MigrationRecord& record) const {
  const std::string next = fmt::format(
      "(SELECT COALESCE(pg_catalog.max(o.ordinal), 0) OPERATOR(pg_catalog.+) 1 FROM {} o WHERE o.scope "
      "OPERATOR(pg_catalog.=) {})",
      Table("migration"), quoted_scope_);
  const std::string insert =
      fmt::format("INSERT INTO {} ({}) VALUES {} RETURNING 0::pg_catalog.int8 AS ms", Table("migration"), kColumns,
                  Values(record, quoted_scope_, next, AppliedStatus::kApplying, "0"));
  const std::string event =
      fmt::format("{}, {}, {}, 'up', '{}', {}, NULL FROM w", quoted_scope_, QuoteLiteral(record.run),
                  QuoteLiteral(record.migration->id.str()), event_kind::kStarted, QuoteLiteral(record.attempt));
  return RowWithEvent(insert, event);
}

std::string LedgerSql::MarkReverting(const MigrationId& id, const std::string& run, const std::string& attempt) const {
  const std::string update = fmt::format(
      "UPDATE {} m SET status = 'reverting', statements_done = 0, statement_begun = 0, progress = '', attempt = {} "
      "WHERE {} AND m.status "
      "OPERATOR(pg_catalog.=) "
      "'applied' RETURNING 0::pg_catalog.int8 AS ms",
      Table("migration"), QuoteLiteral(attempt), Where(id));
  const std::string event = fmt::format("{}, {}, {}, 'down', '{}', {}, NULL FROM w", quoted_scope_, QuoteLiteral(run),
                                        QuoteLiteral(id.str()), event_kind::kStarted, QuoteLiteral(attempt));
  return RowWithEvent(update, event);
}

std::string LedgerSql::TakeOver(const MigrationId& id, Direction direction, int done, const std::string& run,
                                const std::string& attempt) const {
  const bool up = direction == Direction::kUp;
  const std::string update = fmt::format(
      "UPDATE {} m SET attempt = {}{} WHERE {} AND m.status OPERATOR(pg_catalog.=) '{}' AND m.statements_done "
      "OPERATOR(pg_catalog.=) {} RETURNING 0::pg_catalog.int8 AS ms",
      Table("migration"), QuoteLiteral(attempt), up ? fmt::format(", run = {}", QuoteLiteral(run)) : std::string(),
      Where(id), StatusName(up ? AppliedStatus::kApplying : AppliedStatus::kReverting), done);
  const std::string event =
      fmt::format("{}, {}, {}, '{}', '{}', {}, NULL FROM w", quoted_scope_, QuoteLiteral(run), QuoteLiteral(id.str()),
                  DirectionName(direction), event_kind::kResumed, QuoteLiteral(attempt));
  return RowWithEvent(update, event);
}

std::string LedgerSql::RecordBegun(const MigrationId& id, int number, const std::string& attempt) const {
  return fmt::format(
      "WITH w AS (UPDATE {} m SET statement_begun = {} WHERE {} AND m.attempt OPERATOR(pg_catalog.=) {} RETURNING 1) "
      "SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*) FROM w",
      Table("migration"), number, Where(id), QuoteLiteral(attempt));
}

std::string LedgerSql::RecordStatement(const MigrationId& id, Direction direction, int done,
                                       const std::string& progress, const std::string& run, const std::string& attempt,
                                       const std::string& more) const {
  return fmt::format(
      "WITH w AS (UPDATE {} m SET statements_done = {}, progress = {} WHERE {} AND m.attempt OPERATOR(pg_catalog.=) {} "
      "AND m.statements_done OPERATOR(pg_catalog.=) {} RETURNING 1), e AS (INSERT INTO {} (scope, run, migration, "
      "direction, kind, statement) SELECT {}, {}, {}, '{}', '{}', {} FROM w) SELECT 1 OPERATOR(pg_catalog./) "
      "pg_catalog.count(*){}{} FROM w",
      Table("migration"), done, QuoteLiteral(progress), Where(id), QuoteLiteral(attempt), done - 1, Table("event"),
      quoted_scope_, QuoteLiteral(run), QuoteLiteral(id.str()), DirectionName(direction), event_kind::kStatement, done,
      more.empty() ? "" : ", ", more);
}

std::string LedgerSql::FinishStarted(const MigrationRecord& record) const {
  const std::string update = fmt::format(
      "UPDATE {} m SET status = 'applied', duration_ms = (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() "
      "OPERATOR(pg_catalog.-) m.applied_at) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8, applied_at = "
      "pg_catalog.clock_timestamp(), up_hash = {}, up_tokens = {}, down_hash = {}, down_tokens = {}, hash_algorithm = "
      "{}, down_kind = '{}', down_script = {} WHERE {} AND m.status OPERATOR(pg_catalog.=) 'applying' AND m.attempt "
      "OPERATOR(pg_catalog.=) {} RETURNING m.duration_ms AS ms",
      Table("migration"), QuoteLiteral(record.up.bytes), QuoteLiteral(record.up.tokens),
      QuoteLiteral(record.down.bytes), QuoteLiteral(record.down.tokens), record.hash_algorithm,
      DownKindName(record.down_kind),
      record.down_kind == DownKind::kScript ? QuoteLiteral(record.down_script) : std::string("NULL"),
      Where(record.migration->id), QuoteLiteral(record.attempt));
  const std::string event =
      fmt::format("{}, {}, {}, 'up', '{}', {}, w.ms FROM w", quoted_scope_, QuoteLiteral(record.run),
                  QuoteLiteral(record.migration->id.str()), event_kind::kApplied, QuoteLiteral(record.attempt));
  return RowWithEvent(update, event);
}

std::string LedgerSql::FinishReverting(const MigrationId& id, const std::string& run) const {
  const std::string statement = fmt::format(
      "DELETE FROM {} m WHERE {} AND m.status OPERATOR(pg_catalog.=) 'reverting' RETURNING 0::pg_catalog.int8 AS ms",
      Table("migration"), Where(id));
  const std::string event = fmt::format("{}, {}, {}, 'down', '{}', NULL, NULL FROM w", quoted_scope_, QuoteLiteral(run),
                                        QuoteLiteral(id.str()), event_kind::kReverted);
  return RowWithEvent(statement, event);
}

std::string LedgerSql::StartRun(const RunRecord& run) const {
  return fmt::format(
      "INSERT INTO {} (id, scope, command, target, tool_version, db_user, os_user, host) VALUES ({}, {}, {}, {}, {}, "
      "session_user, {}, {})",
      Table("run"), QuoteLiteral(run.id), quoted_scope_, QuoteLiteral(run.command), QuoteLiteral(run.target),
      QuoteLiteral(run.tool_version), QuoteLiteral(run.os_user), QuoteLiteral(run.host));
}

std::string LedgerSql::EndRun(const std::string& run, const std::string& outcome) const {
  return fmt::format(
      "UPDATE {} r SET ended_at = pg_catalog.clock_timestamp(), outcome = {} WHERE r.id OPERATOR(pg_catalog.=) {} AND "
      "r.ended_at IS NULL",
      Table("run"), QuoteLiteral(outcome), QuoteLiteral(run));
}

std::string LedgerSql::AddEvent(const EventRecord& event) const {
  const bool with_receipt = !event.receipt.empty();
  return fmt::format(
      "INSERT INTO {} (scope, run, migration, direction, kind, attempt, statement, sqlstate, message{}) VALUES ({}, "
      "{}, "
      "{}, {}, {}, {}, {}, {}, {}{})",
      Table("event"), with_receipt ? ", receipt" : "", quoted_scope_, QuoteLiteral(event.run),
      TextOrNull(event.migration), event.direction ? QuoteLiteral(DirectionName(*event.direction)) : "NULL",
      QuoteLiteral(event.kind), TextOrNull(event.attempt), event.statement ? std::to_string(*event.statement) : "NULL",
      TextOrNull(event.sqlstate), TextOrNull(event.message), with_receipt ? ", " + QuoteLiteral(event.receipt) : "");
}

std::string LedgerSql::RemoveRow(const MigrationId& id, const std::string& run, const char* kind) const {
  const std::string statement =
      fmt::format("DELETE FROM {} m WHERE {} RETURNING 0::pg_catalog.int8 AS ms", Table("migration"), Where(id));
  const std::string event = fmt::format("{}, {}, {}, NULL, '{}', NULL, NULL FROM w", quoted_scope_, QuoteLiteral(run),
                                        QuoteLiteral(id.str()), kind);
  return RowWithEvent(statement, event);
}

std::string LedgerSql::AcceptHashes(const MigrationRecord& record) const {
  const std::string update = fmt::format(
      "UPDATE {} m SET up_hash = {}, up_tokens = {}, down_hash = {}, down_tokens = {}, hash_algorithm = {}, down_kind "
      "= "
      "'{}', down_script = {} WHERE {} RETURNING 0::pg_catalog.int8 AS ms",
      Table("migration"), QuoteLiteral(record.up.bytes), QuoteLiteral(record.up.tokens),
      QuoteLiteral(record.down.bytes), QuoteLiteral(record.down.tokens), record.hash_algorithm,
      DownKindName(record.down_kind),
      record.down_kind == DownKind::kScript ? QuoteLiteral(record.down_script) : std::string("NULL"),
      Where(record.migration->id));
  const std::string event =
      fmt::format("{}, {}, {}, NULL, '{}', NULL, NULL FROM w", quoted_scope_, QuoteLiteral(record.run),
                  QuoteLiteral(record.migration->id.str()), event_kind::kRepaired);
  return RowWithEvent(update, event);
}

std::string LedgerSql::ResolveApplied(const MigrationId& id, const std::string& run) const {
  const std::string update =
      fmt::format("UPDATE {} m SET status = 'applied', statements_done = 0 WHERE {} RETURNING 0::pg_catalog.int8 AS ms",
                  Table("migration"), Where(id));
  const std::string event = fmt::format("{}, {}, {}, NULL, '{}', NULL, NULL FROM w", quoted_scope_, QuoteLiteral(run),
                                        QuoteLiteral(id.str()), event_kind::kRepaired);
  return RowWithEvent(update, event);
}

std::string LedgerSql::RenameScope(const std::string& from, const std::string& run) const {
  const std::string old = QuoteLiteral(from);
  return fmt::format(
      "UPDATE {0} m SET scope = {3} WHERE m.scope OPERATOR(pg_catalog.=) {4}; "
      "UPDATE {1} r SET scope = {3} WHERE r.scope OPERATOR(pg_catalog.=) {4}; "
      "UPDATE {2} e SET scope = {3} WHERE e.scope OPERATOR(pg_catalog.=) {4}; "
      "INSERT INTO {2} (scope, run, kind, message) VALUES ({3}, {5}, '{6}', {7})",
      Table("migration"), Table("run"), Table("event"), quoted_scope_, old, QuoteLiteral(run), event_kind::kRepaired,
      QuoteLiteral("scope renamed from " + from));
}

}  // namespace sqlmig
