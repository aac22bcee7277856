// The one message that a transactional step is. The order of its statements is the heart of the protocol: see the
// README, "How a step runs".
//
//   BEGIN ISOLATION LEVEL ... READ WRITE
//   settings of the attempt and of the migration, local to the transaction
//   the run lock is ours (22012: another session holds it)
//   the ledger says that there is something to do (22012: already applied, already undone)
//   for a full receipt: what relations there are
//   the role, if the migration asks for one: only now, because it may not be allowed to read the ledger
//   a guard cursor, which dies with the transaction: a COMMIT that hides in the script is found by it
//   the script, as it is
//   deferred constraints, still under the script's role and search_path
//   CLOSE of the guard (34000: the script swapped the transaction)
//   everything that a script can leave behind in the session is put back
//   the script has not written to the ledger: no lock on it says so
//   the ledger's row, exactly one
//   COMMIT
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "exec/script_store.h"
#include "ledger/ledger_sql.h"

namespace sqlmig {

// The cursor that dies with the step's transaction.
inline constexpr const char* kGuardName = "sqlmig guard";

enum class OwnStatement {
  kBegin,
  kSetting,
  kLock,
  kPresence,
  kBaseline,
  kRole,
  kGuard,
  kConstraints,
  kCloseGuard,
  kCleanup,
  kUntouched,
  kLedgerRow,
  kCommit,
};

struct OwnSql {
  OwnStatement kind;
  std::string sql;
};

// What surrounds the script.
struct StepFrame {
  std::vector<OwnSql> prefix;
  std::vector<OwnSql> suffix;
};

// What the ledger's row statement tells of the locks that the step holds: nothing; all when it took kSlowStepMs or
// more; all, and what relations there were before it.
enum class ReceiptKind { kNone, kSlow, kFull };

struct FrameOptions {
  std::chrono::milliseconds lock_timeout{3000};
  int server_version = 0;       // as libpq gives it; settings that only newer servers know depend on it
  bool begins = true;           // false: inside a transaction that an earlier step began (--single-transaction)
  bool commits = true;          // false: a later step commits
  bool holds_commit = false;    // the COMMIT comes in a message of its own
  std::string isolation_level;  // empty: the one that the script asks for
  ReceiptKind receipt = ReceiptKind::kNone;
};

// REQUIRES: step.record.run, .attempt and .ordinal are set for an up step; `run` and `attempt` serve a down step.
StepFrame MakeFrame(const PreparedStep& step, const LedgerSql& ledger, const FrameOptions& options,
                    const std::string& run, const std::string& attempt);

// prefix; script; suffix as one text, and where the script begins in it (bytes).
struct StepMessage {
  std::string sql;
  std::size_t script_begin = 0;
};
StepMessage Assemble(const StepFrame& frame, const ParsedScript& script);

// Statements that put a session back to where it was before a script: cursors, prepared statements, temporary objects,
// role, settings. In an order in which none of them undoes another.
std::vector<std::string> CleanupStatements(int server_version = 0);

// set_config calls for the settings of a step but the role; `local`: for the transaction only.
std::vector<std::string> SettingStatements(const StepSettings& settings, std::chrono::milliseconds lock_timeout,
                                           int server_version, bool local);

// The strictest that a step asks for: one transaction has one level.
std::string StrictestIsolation(const std::vector<PreparedStep>& steps);

// What a step without a transaction sets for its session before its first statement, the role last.
std::vector<std::string> UnitSettings(const PreparedStep& step, std::chrono::milliseconds lock_timeout,
                                      int server_version);

// What a transaction sets for itself before it writes to the ledger: the session's own rights, whatever a script has
// set, and a commit that is on disk when it is answered. The script's settings are back behind the transaction.
std::vector<std::string> LedgerSettings();

// Statements about the ledger as a transaction of their own, with the session's own rights, whatever a script has set.
// Its commit is on disk when it is answered.
std::string LedgerTransaction(const std::vector<std::string>& statements);

}  // namespace sqlmig
