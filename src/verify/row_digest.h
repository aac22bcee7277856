// The rows of a database's tables, reduced to numbers that tell whether they were kept.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pg/connection.h"

namespace sqlmig {

struct ColumnDigest {
  std::int64_t values = 0;  // not null
  std::string sum;          // of hashes of all values as text, whatever their order

  friend bool operator==(const ColumnDigest&, const ColumnDigest&) = default;
};

struct TableDigest {
  std::int64_t rows = 0;
  std::map<std::string, ColumnDigest> columns;
};

// By name, as CatalogObject has it.
using RowDigests = std::map<std::string, TableDigest>;

// Every ordinary table but those of the ignored schema. Reads all rows: for the few that a test brings along.
RowDigests ReadRows(Connection& connection, const std::string& ignored_schema);

// `has` with the names that `had` has: a table or a column that is new in it is taken for one that is gone when it
// holds the same, as a renamed one does.
RowDigests WithOldNames(const RowDigests& had, RowDigests has);

// "3 rows of public.users": what is in `had` and cannot be in `has`, because table or column are gone.
std::vector<std::string> Destroyed(const RowDigests& had, const RowDigests& has);

// Leaves out of `digests` the tables and columns that `stayed` has not.
void KeepWhatStayed(const RowDigests& stayed, RowDigests* digests);

// "public.users has 2 rows instead of 3": tables and columns that both have, and that hold something else.
std::vector<std::string> Changed(const RowDigests& had, const RowDigests& has);

}  // namespace sqlmig
