// BEGIN, COMMIT and their kin in a script: what sqlmig takes as its own, allows or refuses.
#pragma once

#include <filesystem>

#include "sqltext/script.h"

namespace sqlmig {

// REQUIRES: sql, statements, pieces and original are filled in.
// Transactional: refuses what would end or change the step's transaction; takes the outer BEGIN ... COMMIT and leading
// SET TRANSACTION out of `statements`, replaces them by blanks in `sql` and sets isolation_level.
// Non-transactional: refuses unbalanced blocks and fills in `units`.
void TakeTransactionControl(const std::filesystem::path& file, ScriptMode mode, ParsedScript& script);

}  // namespace sqlmig
