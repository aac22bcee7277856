// Statements of migrations whose effect the dump of one database does not hold.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "sqltext/script.h"

namespace sqlmig {

struct OutsideDump {
  std::size_t statement = 0;  // offset of its beginning in ParsedScript::sql
  std::string why;            // "changes a role, which ...": said of the migration
  std::string hint;
};

// The first statement about a role, or about the database itself but for its settings. Bodies of DO are searched;
// those of functions are not, for they may never run.
std::optional<OutsideDump> FindOutsideDump(const ParsedScript& script);

// Where the first statement begins that speaks of large objects; nothing: none that is seen.
std::optional<std::size_t> FindLargeObjectUse(const ParsedScript& script);

}  // namespace sqlmig
