#include "exec/index_builders.h"

#include <fmt/format.h>

namespace sqlmig {
namespace {

// The autovacuum workers have no user.
constexpr const char* kBuilders = R"sql(SELECT l.pid
FROM pg_catalog.pg_locks l
WHERE l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.granted
  AND l.mode OPERATOR(pg_catalog.=) 'ShareUpdateExclusiveLock'
  AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
  AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
                                         WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
  AND l.relation OPERATOR(pg_catalog.=) ANY ({0})
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                  WHERE a.pid OPERATOR(pg_catalog.=) l.pid AND a.usesysid IS NULL)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v WHERE v.pid OPERATOR(pg_catalog.=) l.pid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_analyze z WHERE z.pid OPERATOR(pg_catalog.=) l.pid)
UNION
SELECT p.pid
FROM pg_catalog.pg_stat_progress_create_index p
WHERE p.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
  AND p.relid OPERATOR(pg_catalog.=) ANY ({0}))sql";

}  // namespace

std::string BuildersSql(std::string_view relations) {
  return fmt::format(kBuilders, relations);
}

}  // namespace sqlmig
