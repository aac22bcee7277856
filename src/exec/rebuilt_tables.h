// What REINDEX CONCURRENTLY is about, and what an interrupted one has left there: its new index, or the old one,
// INVALID and under a name of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pg/connection.h"
#include "sqltext/outside_statement.h"

namespace sqlmig {

// A query for the oids of all tables whose indexes the statement rebuilds: partitions, and the TOAST tables, too.
// REQUIRES: it is of kReindex.
std::string RebuiltTablesSql(const OutsideStatement& statement);

// Whether the server gives such a name to an index that is being rebuilt: i_ccnew, i_ccold, i_ccnew1.
bool IsNameOfRebuild(std::string_view name);

// INVALID ones under such names on one of `tables`, a query for oids, that nobody is building now; as SQL names.
std::vector<std::string> ReadRebuildLeftovers(Connection& connection, const std::string& tables);

}  // namespace sqlmig
