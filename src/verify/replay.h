// Migrations run in a scratch database, by the very code that runs them in a real one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/snapshot.h"
#include "exec/pg_session.h"
#include "exec/script_store.h"
#include "exec/waiter.h"
#include "verify/effect.h"
#include "verify/scratch.h"

namespace sqlmig {

struct ReplaySettings {
  SessionSettings session;
  LedgerSql ledger;
  const Interrupt* interrupt = nullptr;
  Waiter waiter;          // for retries; used by several threads at once
  StepSettings defaults;  // of the database: what queries of ours run under
  // Why a step must not be run where it would be committed; empty: any may.
  std::function<std::optional<Error>(const PreparedStep&)> refusal = {};
};

// Makes the ledger in an empty scratch database, so that its copies have it. Throws kPooler, kConnection, kSql.
void MakeLedger(const ReplaySettings& settings, const ScratchDatabase& database);

// One session in a scratch database that has the ledger. Failures of scripts are values; a lost connection and a signal
// are thrown (kConnection, kSignal).
class Replay {
 public:
  // Connects and takes the run lock of that database.
  Replay(const ReplaySettings& settings, const ScratchDatabase& database);
  ~Replay();

  // Runs a step to its end, as `apply` and `rollback` do. REQUIRES: no transaction is open.
  std::optional<Error> Run(const PreparedStep& step);

  // Runs a transactional step and leaves its transaction open; the next one goes on in it. After an error the whole
  // transaction is gone. A down must not be committed then.
  std::optional<Error> RunInside(const PreparedStep& step);
  bool inside() const noexcept { return inside_; }
  std::optional<Error> Commit();
  void RollBack();
  // REQUIRES: inside().
  void SetSavepoint(const std::string& name);
  // Back to where it was set, and forgets it.
  void RollBackTo(const std::string& name);

  // The schema without the ledger's.
  Snapshot ReadSchema();
  // The relations that this session's transaction has locked. REQUIRES: inside(), and nothing was read since the
  // script.
  struct Locks {
    std::vector<LockedRelation> relations;
    bool reads_catalog = false;  // system catalogs were read by the script itself
  };
  Locks ReadLocks(Shadow& shadow);

  // Sends statements that are no migration's, such as rows for it, as one transaction with the database's settings.
  // `name`: for places in errors.
  std::optional<Error> RunScript(const ParsedScript& script, const std::filesystem::path& name);

  // Result of a query that only reads, under the database's settings, or what the server says against it: rows as text
  // in no order. Leaves an open transaction as it was.
  struct Answer {
    std::vector<std::string> rows;
    std::string shown;  // the first of them, for people
    std::string error;  // empty: none

    friend bool operator==(const Answer&, const Answer&) = default;
  };
  Answer Ask(const std::string& query);

  Connection& connection();

 private:
  std::optional<Error> Refusal(const PreparedStep& step) const;
  std::optional<Error> RunUnits(const PreparedStep& step);
  std::optional<Error> Judge(const StepOutcome& outcome) const;
  void Do(const std::string& sql);

  const ReplaySettings& settings_;
  std::unique_ptr<PgSession> session_;
  bool inside_ = false;
};

}  // namespace sqlmig
