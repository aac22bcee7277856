// What a concurrent statement leaves when it fails: an INVALID index, which IF NOT EXISTS passes over in silence, or a
// partition that is only half detached.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pg/connection.h"

namespace sqlmig {

struct UnfinishedObject {
  std::string what;  // "the index public.i is INVALID"
  std::string name;
  std::string table;
  std::string remedy;  // the statement that ends it
  std::string oid;     // of the index, or of the partition
  std::string table_oid;
  std::string builder;  // the pid of another session that may be building the index now; empty: nobody does
  bool detaching = false;
};

// All of the database.
std::vector<UnfinishedObject> ReadUnfinishedObjects(Connection& connection);

// What a step is about.
struct StepObjects {
  std::set<std::string> names;    // as the server stores them
  std::set<std::string> rebuilt;  // oids of tables whose indexes it rebuilds
};

// The identifiers outside of comments and strings.
std::set<std::string> NamesIn(std::string_view script);

// The first one that bears a name of the step; or that nobody else is making now, and that is a leftover of a rebuild
// on a table which the step rebuilds, or is not among `before` and stands on a table that it names. Other old ones are
// none of its business.
std::optional<UnfinishedObject> FindUnfinished(const std::vector<UnfinishedObject>& now,
                                               const std::vector<UnfinishedObject>& before, const StepObjects& step);

// For an error of the server about a partition that somebody else has left half detached: the statement that finishes
// it. Empty: it is about nothing of that kind.
std::string PendingDetachRemedy(const std::vector<UnfinishedObject>& now, const ServerError& error);

}  // namespace sqlmig
