// The whole proof of one database's migrations: each up, down, up again; each two that do not depend on each other in
// both orders; all in another order.
#pragma once

#include <functional>
#include <string>

#include "verify/replay.h"
#include "verify/result.h"
#include "verify/scratch.h"
#include "verify/subject.h"

namespace sqlmig {

// How far it is. Told from several threads, one at a time.
struct VerifyProgress {
  enum class Phase { kMigrations, kPairs };
  Phase phase = Phase::kMigrations;
  std::size_t done = 0;
  std::size_t total = 0;
  std::string text;  // of what is done: a migration, or two
  bool failed = false;
};
using VerifyObserver = std::function<void(const VerifyProgress&)>;

// Runs in scratch databases of `shadow`, on up to options.jobs threads; the result does not depend on how many. Throws
// kScript, kTarget (see Subject), kServerVersion for a migration that needs another server, kSql when the
// data file fails, kConnection, kSignal.
DatabaseProof VerifyDatabase(Shadow& shadow, const Subject& subject, const VerifyOptions& options,
                             const ReplaySettings& settings, const VerifyObserver& observer);

}  // namespace sqlmig
