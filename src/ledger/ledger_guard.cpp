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
       OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid)))sql";
  return fmt::format(kRows, fmt::arg("schema", QuoteLiteral(schema_)), fmt::arg("tables", kTables),
                     fmt::arg("schema_trusted", IsTrusted("n.nspowner", access)),
                     fmt::arg("table_trusted", IsTrusted("c.relowner", access)),
                     fmt::arg("foreign_code", kUsesForeignCode));
}

std::string LedgerSql::RequireSound(Access access) const {
  return fmt::format("SELECT 1 OPERATOR(pg_catalog./) (NOT EXISTS ({}))::pg_catalog.int4", UnsoundRows(access));
}

std::string LedgerSql::WhatIsUnsound(Access access) const {
  return fmt::format("SELECT pg_catalog.string_agg(u.wrong, ', ') FROM ({}) u", UnsoundRows(access));
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
