// The schema that applied migrations make, found by running them in a scratch database.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "verify/drift.h"
#include "verify/replay.h"

namespace sqlmig {

struct RebuildWork {
  Shadow& shadow;
  const ReplaySettings& settings;
  std::vector<PreparedStep> steps;      // ups, in the order in which they were applied
  std::vector<std::string> live_roles;  // of the live server, unquoted
  std::string database;                 // its name in the manifest
  // A step is done, of so many.
  std::function<void(std::size_t done, std::size_t total, const MigrationId& id)> observer;
};

// Up scripts of applied migrations, in the order of `applied`, as the checkout has them. Throws kScript.
// REQUIRES: the checkout has them all.
std::vector<PreparedStep> PrepareApplied(const Manifest& manifest, const DatabaseEntry& database,
                                         const std::vector<MigrationId>& applied);

class Rebuild {
 public:
  // The work outlives it.
  explicit Rebuild(const RebuildWork& work) : work_(work) {}

  // Throws what a script fails with, with its place; kConnection, kSignal.
  DescribedSchema Run();

  // Finds for each item about something expected which migration made it, or changed last what differs: everything runs
  // a second time, and the schema is read behind each step. `owners`: as for WithOneOwner.
  void FindCauses(const std::vector<std::string>& owners, std::vector<DriftItem>* items);

 private:
  void RunSteps(const std::function<void(Replay& replay)>& begin,
                const std::function<void(Replay& replay, std::size_t step)>& after);

  const RebuildWork& work_;
};

}  // namespace sqlmig
