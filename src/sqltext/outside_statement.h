// What a statement that cannot run in a transaction block is about: enough to see in the catalog whether it has been
// done, and what an interrupted one has left.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

struct OutsideStatement {
  enum class Kind {
    kOther,  // can be run again: VACUUM, REINDEX of a schema, ALTER SYSTEM, CALL, ...
    kCreateIndex,
    kDropIndex,
    kReindex,  // of an index or a table, concurrently
    kDetachPartition,
    kCreateDatabase,
    kDropDatabase,
    kCreateTablespace,
    kDropTablespace,
    kCreateSubscription,
    kDropSubscription,
  };
  Kind kind = Kind::kOther;
  // Names as SQL text, as written, with their schema.
  std::vector<std::string> names;  // what is created, dropped, rebuilt or detached; empty: the server picks the name
  std::string table;               // of kCreateIndex; the partitioned one of kDetachPartition; of REINDEX TABLE
  // kCreateIndex: what stands between CREATE and INDEX, and behind the table's name.
  bool unique = false;
  std::string index_tail;
};

// By its words. REQUIRES: `statement` begins with its first token.
OutsideStatement ReadOutsideStatement(std::string_view statement);

// The name that the server stores for the last part of one that is written in SQL: folded, or without its quotes.
std::string StoredName(std::string_view written);

}  // namespace sqlmig
