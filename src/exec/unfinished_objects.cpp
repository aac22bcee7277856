#include "exec/unfinished_objects.h"

#include <algorithm>

#include "sqltext/script.h"

namespace sqlmig {
namespace {

// Rows (what, name, table, remedy).
constexpr const char* kIndexes = R"sql(
SELECT pg_catalog.format('the index %I.%I is INVALID', n.nspname, i.relname), i.relname, t.relname,
       pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, i.relname)
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) i.relnamespace
JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) x.indrelid
WHERE i.relkind OPERATOR(pg_catalog.=) 'i' AND NOT (x.indisvalid AND x.indisready AND x.indislive)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                  WHERE p.index_relid OPERATOR(pg_catalog.=) x.indexrelid
                    AND p.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()))sql";

// PostgreSQL 14 and newer.
constexpr const char* kDetaching = R"sql(
UNION ALL
SELECT pg_catalog.format('the partition %I.%I is only half detached', n.nspname, c.relname), c.relname, c.relname,
       pg_catalog.format('ALTER TABLE %I.%I DETACH PARTITION %I.%I FINALIZE', m.nspname, p.relname, n.nspname, c.relname)
FROM pg_catalog.pg_inherits d
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.inhrelid
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) d.inhparent
JOIN pg_catalog.pg_namespace m ON m.oid OPERATOR(pg_catalog.=) p.relnamespace
WHERE d.inhdetachpending)sql";

}  // namespace

std::vector<UnfinishedObject> ReadUnfinishedObjects(Connection& connection) {
  std::string sql = kIndexes;
  if (connection.server_version() >= 140000) sql += kDetaching;
  const Rows rows = connection.Query(sql).at(0);
  std::vector<UnfinishedObject> found;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    found.push_back({rows.At(r, 0), rows.At(r, 1), rows.At(r, 2), rows.At(r, 3)});
  }
  return found;
}

std::optional<UnfinishedObject> FindUnfinished(const std::vector<UnfinishedObject>& now,
                                               const std::vector<UnfinishedObject>& before, std::string_view script) {
  const auto concerns = [&](const UnfinishedObject& object) {
    if (MentionsName(script, object.name)) return true;
    const auto old = std::find_if(before.begin(), before.end(),
                                  [&](const UnfinishedObject& other) { return other.what == object.what; });
    return old == before.end() && MentionsName(script, object.table);
  };
  const auto found = std::find_if(now.begin(), now.end(), concerns);
  return found == now.end() ? std::nullopt : std::optional(*found);
}

}  // namespace sqlmig
