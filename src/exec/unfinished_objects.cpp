#include "exec/unfinished_objects.h"

#include <algorithm>

#include <fmt/format.h>

#include "exec/index_builders.h"
#include "exec/rebuilt_tables.h"
#include "sqltext/lexer.h"
#include "sqltext/outside_statement.h"

namespace sqlmig {
namespace {

// Rows (what, name, table, remedy, oid, oid of the table, pid of a builder, detaching).
constexpr const char* kIndexes = R"sql(
SELECT pg_catalog.format('the index %I.%I is INVALID', n.nspname, i.relname), i.relname, t.relname,
       pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, i.relname), x.indexrelid, x.indrelid,
       (SELECT pg_catalog.min(b.pid) FROM ({}) b), false
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) i.relnamespace
JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) x.indrelid
WHERE i.relkind OPERATOR(pg_catalog.=) 'i' AND NOT (x.indisvalid AND x.indisready AND x.indislive))sql";

// PostgreSQL 14 and newer.
constexpr const char* kDetaching = R"sql(
UNION ALL
SELECT pg_catalog.format('the partition %I.%I is only half detached', n.nspname, c.relname), c.relname, c.relname,
       pg_catalog.format('ALTER TABLE %I.%I DETACH PARTITION %I.%I FINALIZE', m.nspname, p.relname, n.nspname,
                         c.relname), c.oid, c.oid, NULL, true
FROM pg_catalog.pg_inherits d
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.inhrelid
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) d.inhparent
JOIN pg_catalog.pg_namespace m ON m.oid OPERATOR(pg_catalog.=) p.relnamespace
WHERE d.inhdetachpending)sql";

bool IsOld(const std::vector<UnfinishedObject>& before, const UnfinishedObject& object) {
  return std::any_of(before.begin(), before.end(), [&](const UnfinishedObject& other) {
    return other.oid == object.oid && other.detaching == object.detaching;
  });
}

}  // namespace

std::vector<UnfinishedObject> ReadUnfinishedObjects(Connection& connection) {
  std::string sql = fmt::format(kIndexes, BuildersSql("SELECT x.indrelid UNION ALL SELECT x.indexrelid"));
  if (connection.server_version() >= 140000) sql += kDetaching;
  const Rows rows = connection.Query(sql).at(0);
  std::vector<UnfinishedObject> found;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    found.push_back({rows.At(r, 0), rows.At(r, 1), rows.At(r, 2), rows.At(r, 3), rows.At(r, 4), rows.At(r, 5),
                     rows.At(r, 6), rows.At(r, 7) == "t"});
  }
  return found;
}

std::set<std::string> NamesIn(std::string_view script) {
  std::set<std::string> names;
  Lexer lexer(script);
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) {
    if (token.kind != TokenKind::kWord && token.kind != TokenKind::kQuotedWord) continue;
    names.insert(StoredName(token.In(script)));
  }
  return names;
}

std::optional<UnfinishedObject> FindUnfinished(const std::vector<UnfinishedObject>& now,
                                               const std::vector<UnfinishedObject>& before, const StepObjects& step) {
  const auto concerns = [&](const UnfinishedObject& object) {
    if (step.names.contains(object.name)) return true;
    if (!object.builder.empty()) return false;
    if (step.rebuilt.contains(object.table_oid) && IsNameOfRebuild(object.name)) return true;
    return !IsOld(before, object) && step.names.contains(object.table);
  };
  const auto found = std::find_if(now.begin(), now.end(), concerns);
  return found == now.end() ? std::nullopt : std::optional(*found);
}

std::string PendingDetachRemedy(const std::vector<UnfinishedObject>& now, const ServerError& error) {
  if (error.sqlstate != "55000") return {};
  const auto about = [&](const UnfinishedObject& object) {
    return object.detaching && error.message.find(fmt::format("\"{}\"", object.name)) != std::string::npos;
  };
  const auto found = std::find_if(now.begin(), now.end(), about);
  return found == now.end() ? std::string() : found->remedy;
}

}  // namespace sqlmig
