// Whether the ledger is what sqlmig made, and whose it is. A role that may create schemas can make one of this name
// first: what it puts there would be run by us, or believed
// (https://wiki.postgresql.org/wiki/A_Guide_to_CVE-2018-1058).
#include <fmt/format.h>

#include "ledger/ledger_sql.h"

namespace sqlmig {
namespace {

constexpr const char* kTables = "ARRAY['ledger','migration','event','run']::pg_catalog.name[]";

// Whether the role with oid `owner` could not do more harm than it can do anyway. A member of the bootstrap superuser
// (oid 10) is a superuser, or as good as one; superusers are members of every role, which says nothing of trust.
std::string IsTrusted(const char* owner, LedgerSql::Access access) {
  constexpr const char* kSuperuser = "pg_catalog.pg_has_role(session_user, 10::pg_catalog.oid, 'MEMBER')";
  constexpr const char* kDatabaseOwner =
      "(SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) "
      "pg_catalog.current_database())";
  std::string trusted = fmt::format(
      "(pg_catalog.pg_has_role({0}, 10::pg_catalog.oid, 'MEMBER') OR {0} OPERATOR(pg_catalog.=) {2} OR (NOT {1} AND "
      "(pg_catalog.pg_has_role(session_user, {0}, 'MEMBER')",
      owner, kSuperuser, kDatabaseOwner);
  if (access == LedgerSql::Access::kRead) {
    trusted += fmt::format(" OR NOT pg_catalog.pg_has_role(session_user, {}, 'MEMBER')", kDatabaseOwner);
  }
  return trusted + ")))";
}

// Columns with the oids of their types, which are the same in every server: text 25, text[] 1009, bigint 20, integer
// 23, boolean 16, timestamptz 1184. Those that the first version has.
constexpr const char* kLedgerColumns =
    "ARRAY['ledger.version 23','migration.scope 25','migration.id 25','migration.description 25','migration.depends_on "
    "1009','migration.ordinal 20','migration.run 25','migration.attempt 25','migration.applied_at 1184',"
    "'migration.duration_ms 20','migration.up_hash 25','migration.up_tokens 25','migration.down_hash 25',"
    "'migration.down_tokens 25','migration.hash_algorithm 23','migration.down_kind 25','migration.down_script 25',"
    "'migration.up_transaction 16','migration.down_transaction 16','migration.settings 25','migration.status 25',"
    "'migration.statements_done 23','migration.statement_begun 23','migration.progress 25','run.id 25','run.scope 25',"
    "'run.command 25','run.target 25','run.tool_version 25','run.db_user 25','run.os_user 25','run.host 25',"
    "'run.started_at 1184','run.ended_at 1184','run.outcome 25','event.id 20','event.at 1184','event.scope "
    "25','event.run "
    "25','event.migration 25','event.direction 25','event.kind 25','event.attempt 25','event.duration_ms 20',"
    "'event.statement 23','event.sqlstate 25','event.message 25']::pg_catalog.text[]";

// Functions, operators and types of the system are pinned and leave no row in pg_depend; ours use no others. A default,
// check or index that does would run somebody's code with our rights.
constexpr const char* kUsesForeignCode =
    "EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid OPERATOR(pg_catalog.=) ANY "
    "(ARRAY['pg_catalog.pg_proc','pg_catalog.pg_operator','pg_catalog.pg_type']::pg_catalog.regclass[]::pg_catalog.oid["
    "]) "
    "AND d.objid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.oid UNION ALL SELECT a.oid FROM pg_catalog.pg_attrdef a "
    "WHERE "
    "a.adrelid OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT k.oid FROM pg_catalog.pg_constraint k WHERE k.conrelid "
    "OPERATOR(pg_catalog.=) c.oid UNION ALL SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indrelid "
    "OPERATOR(pg_catalog.=) c.oid)) AND d.classid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.pg_class',"
    "'pg_catalog.pg_attrdef','pg_catalog.pg_constraint']::pg_catalog.regclass[]::pg_catalog.oid[]))";

}  // namespace

// Rows (wrong): one for each object that is not as it must be.
std::string LedgerSql::UnsoundRows(Access access) const {
  constexpr const char* kRows = R"sql(
SELECT 'its schema belongs to the role ' OPERATOR(pg_catalog.||) pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text AS wrong
FROM pg_catalog.pg_namespace n
WHERE n.nspname OPERATOR(pg_catalog.=) {schema} AND NOT {schema_trusted}
UNION ALL
SELECT c.relname::pg_catalog.text OPERATOR(pg_catalog.||) CASE
    WHEN c.relkind OPERATOR(pg_catalog.<>) 'r' THEN ' is not a plain table'
    WHEN c.relhasrules THEN ' has a rule'
    WHEN c.relhastriggers THEN ' has a trigger'
    WHEN c.relrowsecurity THEN ' has row security'
    WHEN NOT {table_trusted}
      THEN ' belongs to the role ' OPERATOR(pg_catalog.||) pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text
    WHEN {foreign_code} THEN ' uses a function, operator or type that is not PostgreSQL''s own'
    ELSE ' has inheritance' END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) {schema} AND c.relname OPERATOR(pg_catalog.=) ANY ({tables})
  AND (c.relkind OPERATOR(pg_catalog.<>) 'r' OR c.relhasrules OR c.relhastriggers OR c.relrowsecurity OR c.relhassubclass
       OR NOT {table_trusted} OR {foreign_code}
       OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid))
UNION ALL
SELECT 'migration lacks its primary key (scope, id)'
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) {schema} AND c.relname OPERATOR(pg_catalog.=) 'migration'
  AND c.relkind OPERATOR(pg_catalog.=) 'r'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid AND x.indisprimary
    AND x.indisvalid AND x.indimmediate AND ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
      WHERE a.attrelid OPERATOR(pg_catalog.=) x.indexrelid ORDER BY a.attnum)
      OPERATOR(pg_catalog.=) '{{scope,id}}'::pg_catalog.text[])
UNION ALL
SELECT pg_catalog.split_part(w.w, ' ', 1) OPERATOR(pg_catalog.||) ' is missing or has another type'
FROM pg_catalog.unnest({columns}) w (w)
WHERE w.w OPERATOR(pg_catalog.<>) ALL (ARRAY(
    SELECT pg_catalog.concat(c.relname, '.', a.attname, ' ', a.atttypid)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) {schema} AND c.relname OPERATOR(pg_catalog.=) ANY ({tables})
      AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped))
  AND pg_catalog.split_part(w.w, '.', 1) OPERATOR(pg_catalog.=) ANY (ARRAY(
    SELECT c.relname::pg_catalog.text FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE n.nspname OPERATOR(pg_catalog.=) {schema} AND c.relkind OPERATOR(pg_catalog.=) 'r')))sql";
  return fmt::format(kRows, fmt::arg("schema", QuoteLiteral(schema_)), fmt::arg("tables", kTables),
                     fmt::arg("columns", kLedgerColumns), fmt::arg("schema_trusted", IsTrusted("n.nspowner", access)),
                     fmt::arg("table_trusted", IsTrusted("c.relowner", access)),
                     fmt::arg("foreign_code", kUsesForeignCode));
}

std::string LedgerSql::RequireSound(Access access) const {
  return fmt::format("SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS ({}))::pg_catalog.int4", UnsoundRows(access));
}

std::string LedgerSql::WhatIsUnsound(Access access) const {
  return fmt::format("SELECT pg_catalog.string_agg(u.wrong, ', ') FROM ({}) u", UnsoundRows(access));
}

std::string LedgerSql::RequireUntouched(bool written) const {
  std::string modes = "'ShareRowExclusiveLock','ExclusiveLock','AccessExclusiveLock'";
  if (!written) modes += ",'RowExclusiveLock'";
  std::string tables;
  for (const char* table : kLedgerTables) {
    tables += fmt::format("{}pg_catalog.to_regclass({})", tables.empty() ? "" : ",", QuoteLiteral(Table(table)));
  }
  return fmt::format(
      "SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM pg_catalog.pg_lock_status() l WHERE l.pid "
      "OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.relation OPERATOR(pg_catalog.=) ANY "
      "(ARRAY[{}]::pg_catalog.oid[]) AND l.mode OPERATOR(pg_catalog.=) ANY "
      "(ARRAY[{}]::pg_catalog.text[])))::pg_catalog.int4",
      tables, modes);
}

std::string LedgerSql::RequireOwn() const {
  return fmt::format(
      "SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n LEFT JOIN "
      "pg_catalog.pg_class c "
      "ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) ANY ({1}) WHERE n.nspname "
      "OPERATOR(pg_catalog.=) {0} AND (pg_catalog.pg_get_userbyid(n.nspowner) OPERATOR(pg_catalog.<>) current_user OR "
      "c.relowner OPERATOR(pg_catalog.<>) n.nspowner OR c.relkind OPERATOR(pg_catalog.<>) 'r' OR c.relhasrules OR "
      "c.relhastriggers OR c.relrowsecurity OR c.relhassubclass)))::pg_catalog.int4",
      QuoteLiteral(schema_), kTables);
}

std::string LedgerSql::Exists() const {
  return fmt::format("SELECT pg_catalog.to_regclass({}) IS NOT NULL", QuoteLiteral(quoted_schema_ + ".migration"));
}

std::string LedgerSql::MissingTables() const {
  return fmt::format(
      "SELECT pg_catalog.count(c.oid), pg_catalog.string_agg(t::pg_catalog.text, ', ') FILTER (WHERE c.oid IS NULL) "
      "FROM "
      "pg_catalog.unnest({}) t LEFT JOIN (pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid "
      "OPERATOR(pg_catalog.=) c.relnamespace AND n.nspname OPERATOR(pg_catalog.=) {}) ON c.relname "
      "OPERATOR(pg_catalog.=) t",
      kTables, QuoteLiteral(schema_));
}

}  // namespace sqlmig
