// Whether a script changes tables that are not its own to change.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sqltext/script.h"

namespace sqlmig {

struct KeptTables {
  std::string schema;
  std::vector<std::string> names;
};

// Throws kScript at the first statement that writes to one of the tables or changes, renames or drops one or the
// schema, named with its schema. What a function or DO block does, and a statement that our parser does not know, is
// not seen.
void RefuseWritesTo(const KeptTables& kept, const ParsedScript& script, const std::filesystem::path& file);

}  // namespace sqlmig
