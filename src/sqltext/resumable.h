// Whether a script without a transaction can go on in another session, when a run dies or loses its connection.
#pragma once

#include <filesystem>

#include "sqltext/script.h"

namespace sqlmig {

// Fills in Unit::sets. Throws kScript when a unit leaves something in the session that units behind it may need and
// that no other session could have: a setting that is not made by a statement which can be run again, a temporary
// table, a prepared statement, a cursor. REQUIRES: `script` has units.
void RequireResumable(const std::filesystem::path& file, ParsedScript& script);

}  // namespace sqlmig
