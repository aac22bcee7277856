// Statements that have to do with the transaction or the session they run in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sqlmig {

enum class Control {
  kNone,
  kSetting,  // any other SET or RESET
  kBegin,    // START TRANSACTION too
  kCommit,   // END too
  kCommitAndChain,
  kRollback,        // ABORT and ROLLBACK AND CHAIN too
  kPrepare,         // PREPARE TRANSACTION
  kFinishPrepared,  // COMMIT PREPARED, ROLLBACK PREPARED
  kSavepoint,       // SAVEPOINT, RELEASE, ROLLBACK TO
  kSetTransaction,
  kSetSnapshot,     // SET TRANSACTION SNAPSHOT
  kSessionDefault,  // SET SESSION CHARACTERISTICS
  kCloseAll,
  kDiscardAll,
  kForeignStrings,  // standard_conforming_strings = off
  kOutsideOnly,     // what the server refuses in a transaction block, whatever else the statement says
  kMayBeOutside,    // what it may refuse there, or what may end transactions itself: CALL, DO, subscriptions
};

struct ControlStatement {
  Control control = Control::kNone;
  std::size_t index = 0;  // in ParsedScript::statements
  std::string shown;      // as an error names it
  std::string isolation_level;
  bool read_only = false;
};

// By its first words alone: they say it in every grammar from PostgreSQL 9 to newer ones than the parser's.
// `statement` begins with its first token. `index` is left to the caller.
ControlStatement ClassifyControl(std::string_view statement);

}  // namespace sqlmig
