// Roles belong to a server, not to a database: the same schema has other owners wherever it stands. Those that stand
// for "whoever this database belongs to" count as one.
#pragma once

#include <string>
#include <vector>

#include "catalog/snapshot.h"
#include "pg/connection.h"

namespace sqlmig {

// What stands for them; no role can be named so without quotes.
inline constexpr const char* kOneOwner = "(owner)";

// The roles of a server that count as one, quoted as SQL needs it: the owner of the ledger in `ledger_schema`, who runs
// migrations; the owner of the database; the role that the server was made with; pg_database_owner. Each once, in this
// order.
std::vector<std::string> ReadOwners(Connection& connection, const std::string& ledger_schema);

// The snapshot with kOneOwner for each of the roles. What was granted to an owner of the same object is left out: an
// owner can do everything, and may have granted it to itself.
Snapshot WithOneOwner(const Snapshot& snapshot, const std::vector<std::string>& owners);

}  // namespace sqlmig
