#include "ledger/ledger_sql.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "ledger/ledger_schema.h"
#include "support/sha256.h"

namespace sqlmig {
namespace {

std::string TextOrNull(const std::string& value) {
  return value.empty() ? "NULL" : QuoteLiteral(value);
}
const char* Bool(bool value) {
  return value ? "true" : "false";
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

std::string LedgerSql::GrantRead(const std::string& role) const {
  return fmt::format("GRANT USAGE ON SCHEMA {0} TO {1}; GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {1}",
                     quoted_schema_, QuoteIdentifier(role));
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
      QuoteTextArray(depends_on), record.ordinal != 0 ? std::to_string(record.ordinal) : next_ordinal,
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

// Both hashes stand in the column, so that the ledger has the same columns as before; RecordStatement writes one again.
std::string LedgerSql::RecordBegun(const MigrationId& id, int number, const std::string& progress,
                                   const std::string& begun, const std::string& attempt) const {
  return fmt::format(
      "WITH w AS (UPDATE {} m SET statement_begun = {}, progress = {} WHERE {} AND m.attempt OPERATOR(pg_catalog.=) {} "
      "RETURNING 1) SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*) FROM w",
      Table("migration"), number, QuoteLiteral(begun.empty() ? progress : progress + "+" + begun), Where(id),
      QuoteLiteral(attempt));
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
