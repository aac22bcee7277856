// What a statement that cannot run in a transaction block is about: enough to see in the catalog whether it has been
// done, and what an interrupted one has left.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

struct OutsideStatement {
  enum class Kind {
    kOther,  // can be run again: VACUUM, ALTER SYSTEM, CALL, ...
    kCreateIndex,
    kDropIndex,
    kReindex,  // of an index or a table; of all of a schema or a database only when it is done concurrently
    kDetachPartition,
    kCreateDatabase,
    kDropDatabase,
    kCreateTablespace,
    kDropTablespace,
    kCreateSubscription,
    kDropSubscription,
  };
  Kind kind = Kind::kOther;
  enum class Extent { kIndex, kTable, kSchema, kDatabase };
  Extent extent = Extent::kIndex;  // of kReindex
  // Names as SQL text, as written, with their schema.
  std::vector<std::string> names;  // what is created, dropped, rebuilt or detached; empty: the server picks the name
  std::string table;               // of kCreateIndex; the partitioned one of kDetachPartition; of REINDEX TABLE
  bool if_not_exists = false;      // of kCreateIndex
  // Whether it holds nothing stronger than SHARE UPDATE EXCLUSIVE for long, which neither readers nor writers wait for.
  bool holds_weak_locks = false;
  // kCreateIndex: what stands between CREATE and INDEX, and behind the table's name.
  bool unique = false;
  std::string index_tail;
};

// By its words. REQUIRES: `statement` begins with its first token.
OutsideStatement ReadOutsideStatement(std::string_view statement);

// The name that the server stores for the last part of one that is written in SQL: folded, or without its quotes, and
// cut to what it has room for.
std::string StoredName(std::string_view written);

}  // namespace sqlmig
