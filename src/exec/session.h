// The database as a run sees it: the few operations of the run protocol. PgSession talks to a server; tests use a fake
// that dies at any call.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exec/events.h"
#include "exec/script_store.h"
#include "exec/step_witness.h"
#include "ledger/ledger_sql.h"
#include "model/ledger_state.h"

namespace sqlmig {

// What became of a step's message.
struct StepOutcome {
  enum class Kind {
    kCommitted,
    kRolledBack,  // `error` says why; the session is usable again
    kLost,        // the connection is gone, the outcome is not known
    kLockLost,    // another session holds the run lock
    kStale,       // the ledger says that the step is done already (up) or not there (down)
  };
  Kind kind = Kind::kCommitted;
  std::int64_t duration_ms = 0;
  std::optional<Error> error;
  bool retryable = false;  // lock timeout, deadlock, serialization failure
  bool cancelled = false;  // because of the interrupt
  std::string blocked_by;  // who stood in the way, when a lock was waited for and could be watched
};

class Session {
 public:
  virtual ~Session() = default;

  // --- reading; each is one round trip ---
  virtual LedgerState ReadState() = 0;
  virtual std::string ReadDownScript(const MigrationId& id) = 0;
  // The attempt that wrote the migration's row; nothing: there is no row.
  virtual std::optional<std::string> ReadAttempt(const MigrationId& id) = 0;
  // The SQL that a person can ask with, when the answer of a COMMIT was lost.
  virtual std::string AttemptQuery(const MigrationId& id) = 0;

  // --- the run lock ---
  // Never blocks: a session that waits in pg_advisory_lock holds a snapshot, and CREATE INDEX CONCURRENTLY in the
  // lock's holder would wait for it (deadlock, or a hang that no detector sees).
  virtual bool TryLock() = 0;
  virtual std::string LockHolder() = 0;

  // --- under the lock ---
  // Each write is one synchronous transaction, which a signal ends soon: kSignal is thrown when it was rolled back.
  // False is given when it was committed, but a signal has ended the wait for the standby that had to confirm it.
  virtual void EnsureLedger() = 0;
  // Closes `abandoned` runs, writes the row of a new one (when `run` is given).
  virtual bool StartRun(const std::vector<std::string>& abandoned, const RunRecord* run) = 0;
  // Closes the run. `failure`: an event to write with it.
  virtual bool EndRun(const std::string& run, const std::string& outcome,
                      const std::optional<EventRecord>& failure) = 0;

  // `begins` and `commits` are false inside --single-transaction.
  struct Attempt {
    std::string run;
    std::string id;  // unique mark of this attempt
    std::chrono::milliseconds lock_timeout{3000};
    // Of this try of a unit, in its own transaction; 0: lock_timeout.
    std::chrono::milliseconds unit_timeout{0};
    // For statements of a non-transactional step that a lock timeout would leave half done; 0: as lock_timeout.
    std::chrono::milliseconds patience{0};
    bool begins = true;
    bool commits = true;
    BlockingBudget budget{};
    // What of it was set by somebody: for statements that keep neither readers nor writers waiting.
    BlockingBudget told_budget{0, std::chrono::milliseconds(0)};
    std::string isolation_level{};   // of the transaction; empty: the one that the step asks for
    bool full_receipt = false;       // also of a quick step
    StepWitness* witness = nullptr;  // null: nobody looks, and nothing more is sent
  };
  virtual StepOutcome RunTransactional(const PreparedStep& step, const Attempt& attempt) = 0;

  // Non-transactional steps: begin, each unit, end. Begin and end are their own synchronous transactions; a unit's
  // completion is recorded before RunUnit returns kCommitted. BeginUnits takes a half-done step over (step.resume), and
  // RunUnit then looks first what an interrupted unit has done. EndUnits throws kInterrupted when an INVALID index or a
  // pending detach is left.
  virtual void BeginUnits(const PreparedStep& step, const Attempt& attempt) = 0;
  virtual StepOutcome RunUnit(const PreparedStep& step, std::size_t unit, const Attempt& attempt) = 0;
  virtual void EndUnits(const PreparedStep& step, const Attempt& attempt) = 0;
  // Takes back what BeginUnits wrote, when the first unit failed and nothing had run before it. False: it has left
  // something behind, and nothing was taken back.
  virtual bool AbandonUnits(const PreparedStep& step, const Attempt& attempt) = 0;

  // Lets the witness look at a step that has been run, unless it had the COMMIT held for that. What it throws comes
  // through.
  virtual void ShowTo(StepWitness& witness, const PreparedStep& step) = 0;

  // Writes the receipts of what was committed since the last call, and gives them. Nothing is sent when there are none.
  // Never throws: the steps are done.
  virtual std::vector<ReceiptTaken> WriteReceipts() = 0;

  // Only rows.
  struct Bookkeeping {
    std::vector<MigrationRecord> stamps;
    struct Removal {
      MigrationId id;
      const char* kind;  // event_kind::kUnstamped, kPurged, kRepaired
    };
    std::vector<Removal> removals;
    std::vector<MigrationRecord> accepted;  // new hashes
    std::vector<MigrationId> resolved;      // interrupted, to count as applied
    std::optional<std::string> rename_scope_from;
  };
  virtual bool Write(const Bookkeeping& work, const std::string& run) = 0;

  // --- after a lost connection ---
  // Connects again, to the same cluster. Throws kConnection when that fails now, kLedger when another cluster answers.
  virtual void Reconnect() = 0;
};

}  // namespace sqlmig
