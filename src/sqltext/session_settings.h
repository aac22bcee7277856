// What a statement sets for the session that it runs in, and a later session would lack.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sqltext/script.h"

namespace sqlmig {

struct SettingChange {
  std::string name;    // in lower case; empty: all of them, or not known before the statement runs
  bool local = false;  // it ends with the transaction
  bool again = false;  // the statement does nothing but set, and does the same when another session runs it again
};

// SET, RESET, calls of set_config, and both in the body of a DO. What functions and procedures set that the statement
// calls is not known. REQUIRES: `statement` begins with its first token.
std::vector<SettingChange> ReadSettingChanges(std::string_view statement);

// Whether the statement changes settings for the session, does nothing else, and can be run again.
bool OnlySets(const std::vector<SettingChange>& changes);

// What a session needs that goes on behind a unit which another session has run, as one text to send; empty: nothing.
std::string SettingsOf(const ParsedScript& script, const Unit& unit);

// Whether a unit before `unit` has changed this setting for what follows.
bool IsSetBefore(const ParsedScript& script, std::size_t unit, std::string_view name);

// Whether units behind `unit`, up to `end`, set all again that it has set.
bool IsSetAgain(const ParsedScript& script, std::size_t unit, std::size_t end);

// Whether the body of a DO holds COMMIT or ROLLBACK as statements; comments and strings do not count. One that is
// neither SQL nor PL/pgSQL is only searched for the words.
bool EndsTransactions(std::string_view do_statement);

}  // namespace sqlmig
