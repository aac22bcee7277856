// What a script takes away that may hold rows.
#pragma once

#include <string>
#include <vector>

#include "sqltext/script.h"

namespace sqlmig {

struct DroppedThing {
  enum class Kind { kTable, kColumn, kSchema };
  Kind kind = Kind::kTable;
  std::vector<std::string> name;  // of the table or schema: its parts, as the catalog has them
  std::string column = {};        // of kColumn

  bool operator==(const DroppedThing&) const = default;
};

// DROP TABLE, ALTER TABLE ... DROP COLUMN, DROP SCHEMA ... CASCADE, each name once, in the order of the script. What a
// function or DO block drops is not seen; neither is a statement that our parser does not know. A name without a schema
// is left out when the script sets search_path itself: nobody knows whose it is.
std::vector<DroppedThing> FindDropped(const ParsedScript& script);

}  // namespace sqlmig
