// Errors of a step's message, with the place in the user's file.
#pragma once

#include <cstddef>
#include <string_view>

#include "exec/step_message.h"
#include "pg/connection.h"
#include "support/error.h"

namespace sqlmig {

// A statement of the script failed. `index`: which one, from 0, found by counting results; it gives the place when the
// error carries no position of its own. `script_begin`: where the script begins in `sent`, the message that the server
// got.
Error ScriptError(const PreparedStep& step, std::size_t index, const ServerError& error, std::size_t script_begin,
                  std::string_view sent);

// The same for unit `unit` of a non-transactional script; `index` counts the statements of the whole script, and
// `unit_begin` is where the unit begins in `sent`.
Error UnitError(const PreparedStep& step, std::size_t unit, std::size_t index, const ServerError& error,
                std::size_t unit_begin, std::string_view sent);

// How a half-done step goes on, for hints. `done`: finished units.
std::string GoesOnHint(const PreparedStep& step, std::size_t done);

// A statement of ours before the script failed.
Error PrefixError(const PreparedStep& step, OwnStatement kind, const ServerError& error);
// One behind it: deferred constraints, a swapped transaction, the ledger's row, the COMMIT.
Error SuffixError(const PreparedStep& step, OwnStatement kind, const ServerError& error);

}  // namespace sqlmig
