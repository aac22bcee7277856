// How many rows and values the steps of a rollback would take away with the tables and columns that they drop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exec/script_store.h"
#include "pg/connection.h"

namespace sqlmig {

struct RowLoss {
  enum class Kind { kTable, kColumn };
  MigrationId migration;
  Kind kind = Kind::kTable;
  std::string name;                  // as SQL needs it: public.users, public.users.email
  std::optional<std::int64_t> rows;  // of a column: values that are not null; nothing: they could not be counted
  bool estimated = false;            // by the planner: counting would have taken too long
};

// What the down steps drop and what is not empty, in their order, each thing at the first step that drops it. Reads in
// transactions of its own for about two seconds; nothing is sent when no step drops anything. Throws kConnection,
// kSignal. REQUIRES: no transaction is open.
std::vector<RowLoss> FindRowLosses(Connection& connection, const std::vector<PreparedStep>& steps);

}  // namespace sqlmig
