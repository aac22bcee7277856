// Changes of the ledger that run no script: what stamp and repair do. One transaction under the run lock.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cli/project.h"

namespace sqlmig {

// What is to be written for one state of the ledger.
struct LedgerChange {
  Session::Bookkeeping work;
  std::vector<std::string> lines;  // one for each thing that is written, for people; none: nothing is to be done
  std::string question;            // asked with the lines before anything is written; empty: not asked
};

struct ChangeRequest {
  std::string target;  // as typed, for the ledger's row of the run
  std::chrono::milliseconds lock_wait = std::chrono::seconds(60);
  // Called with the state that was first seen, and again with the one under the lock.
  std::function<LedgerChange(const LedgerState&)> make;
};

// Gives the id of the run that wrote it; empty when there was nothing to write. Throws kStalePlan when what was
// confirmed at the prompt is no longer what would be written, kRunLock, kConfirmationNeeded, and what `make` throws.
std::string ChangeLedger(const Project& project, Context& context, const DatabaseEntry& database,
                         const Conninfo& conninfo, const ChangeRequest& request);

}  // namespace sqlmig
