// What the ledger is asked, and what its answers say.
#include <algorithm>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "ledger/ledger_schema.h"
#include "ledger/ledger_sql.h"

namespace sqlmig {
namespace {

constexpr const char* kTimeFormat = "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'";

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

}  // namespace

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

std::string LedgerSql::MissingRoles(const std::vector<std::string>& roles) const {
  return fmt::format(
      "SELECT r FROM pg_catalog.unnest({}) r WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles a WHERE "
      "a.rolname::pg_catalog.text OPERATOR(pg_catalog.=) r)",
      QuoteTextArray(roles));
}

std::string LedgerSql::ReadersWithoutGrant(const std::vector<std::string>& roles) const {
  return fmt::format("SELECT r FROM pg_catalog.unnest({}) r WHERE NOT pg_catalog.has_table_privilege(r, {}, 'SELECT')",
                     QuoteTextArray(roles), QuoteLiteral(Table("migration")));
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
    const std::string& progress = rows.At(r, 18);
    const std::size_t plus = std::min(progress.find('+'), progress.size());
    row.progress = progress.substr(0, plus);
    row.begun_progress = progress.substr(std::min(plus + 1, progress.size()));
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
      Time("e.at"), Table("event"), quoted_scope_, event_kind::kReceipt, QuoteTextArray(ids));
}

std::string LedgerSql::ReadAge(const std::string& attempt) const {
  return fmt::format(
      "SELECT pg_catalog.max(pg_catalog.age(e.xmin)) FROM {} e WHERE e.attempt OPERATOR(pg_catalog.=) {}",
      Table("event"), QuoteLiteral(attempt));
}

}  // namespace sqlmig
