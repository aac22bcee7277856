// Who builds an index: what such a build has made is INVALID until its end, and looks like what a dead one has left.
#pragma once

#include <string>
#include <string_view>

namespace sqlmig {

// A query for the pids of other sessions that are building an index on one of `relations`, or may be; the same is a
// query for the oids of tables, or of their indexes. It needs no right: whoever builds concurrently holds SHARE UPDATE
// EXCLUSIVE on the table from before the index is there until its end, and every role may read pg_locks, whereas
// pg_stat_progress_create_index names the table only to members of the builder's role and of pg_read_all_stats. Who
// vacuums or analyzes holds that lock, too, and is told apart.
std::string BuildersSql(std::string_view relations);

}  // namespace sqlmig
