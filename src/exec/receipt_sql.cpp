#include "exec/receipt_sql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pg/connection.h"

namespace sqlmig {
namespace {

// The first oid that initdb does not give away.
constexpr const char* kFirstOid = "16384::pg_catalog.oid";

// Of pg_class `c`, pg_namespace `n`, pg_index `x`: the columns that ReceiptDraft reads facts from.
constexpr const char* kFacts =
    "CASE WHEN c.oid IS NOT NULL THEN pg_catalog.format('%I.%I', n.nspname, c.relname) END, c.relkind, c.relfilenode, "
    "x.indrelid, n.nspname OPERATOR(pg_catalog.=) ANY "
    "(ARRAY['pg_toast','pg_catalog','information_schema',{}]::pg_catalog.name[]) OR c.relpersistence "
    "OPERATOR(pg_catalog.=) 't'";
constexpr const char* kJoins =
    "pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace LEFT JOIN pg_catalog.pg_index x ON "
    "x.indexrelid OPERATOR(pg_catalog.=) c.oid";

std::string Facts(const std::string& ledger_schema) {
  return fmt::format(fmt::runtime(kFacts), QuoteLiteral(ledger_schema));
}

}  // namespace

std::string HeldExpression() {
  return fmt::format(
      "(ARRAY(SELECT ROW(l.relation, l.mode, pg_catalog.pg_relation_filenode(l.relation), "
      "pg_catalog.pg_stat_get_xact_numscans(l.relation))::pg_catalog.text FROM pg_catalog.pg_lock_status() l WHERE "
      "l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND l.relation OPERATOR(pg_catalog.>=) {} AND "
      "l.granted))::pg_catalog.text",
      kFirstOid);
}

std::string FlushColumn(int server_version) {
  return server_version >= 150000 ? ", pg_catalog.pg_stat_force_next_flush()" : "";
}

std::string BaselineSql(const std::string& ledger_schema) {
  return fmt::format(
      "SELECT c.oid, {}, pg_catalog.pg_stat_get_xact_numscans(c.oid) FROM pg_catalog.pg_class c JOIN {} WHERE c.oid "
      "OPERATOR(pg_catalog.>=) {} AND c.relkind OPERATOR(pg_catalog.=) ANY "
      "(ARRAY['r','p','m','v','f','S','i','I']::pg_catalog.\"char\"[])",
      Facts(ledger_schema), kJoins, kFirstOid);
}

std::string LocksSql(int pid, const std::string& ledger_schema, int server_version) {
  // When a wait began is known from version 14 on.
  const char* waited = server_version >= 140000
                           ? "(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) "
                             "l.waitstart) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8"
                           : "NULL";
  return fmt::format(
      "SELECT l.relation, {}, l.mode, l.granted, {} FROM pg_catalog.pg_locks l LEFT JOIN (pg_catalog.pg_class c JOIN "
      "{}) "
      "ON c.oid OPERATOR(pg_catalog.=) l.relation WHERE l.pid OPERATOR(pg_catalog.=) {} AND l.relation "
      "OPERATOR(pg_catalog.>=) {}",
      Facts(ledger_schema), waited, kJoins, pid, kFirstOid);
}

std::string RelationsSql(const std::vector<Oid>& oids, const std::string& ledger_schema, const std::string& begin) {
  // Other changes write other rows of pg_attribute again; all of them are new only when the relation is. The age of
  // rows from before two billion transactions is negative.
  return fmt::format(
      "SELECT c.oid, {}, NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) "
      "c.oid "
      "AND NOT (pg_catalog.age(a.xmin) OPERATOR(pg_catalog.>=) 0 AND pg_catalog.age(a.xmin) OPERATOR(pg_catalog.<=) "
      "s.age)) FROM ({}) s (age) CROSS JOIN pg_catalog.pg_class c JOIN {} WHERE c.oid OPERATOR(pg_catalog.=) ANY "
      "(ARRAY[{}]::pg_catalog.oid[])",
      Facts(ledger_schema), begin, kJoins, fmt::join(oids, ","));
}

}  // namespace sqlmig
