// What a concurrent statement leaves when it fails: an INVALID index, which IF NOT EXISTS passes over in silence, or a
// partition that is only half detached.
#pragma once

#include <optional>
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
};

// All of the database but indexes that another session is building now.
std::vector<UnfinishedObject> ReadUnfinishedObjects(Connection& connection);

// The first one that bears a name of the script, or that is not among `before` and stands on a table that it names. Old
// ones that the script does not name are none of its business.
std::optional<UnfinishedObject> FindUnfinished(const std::vector<UnfinishedObject>& now,
                                               const std::vector<UnfinishedObject>& before, std::string_view script);

}  // namespace sqlmig
