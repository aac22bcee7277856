// A plan on file: `plan --out` writes it, `apply --plan` runs exactly it or refuses.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/run_flow.h"
#include "report/plan_file.h"

namespace sqlmig {

// Throws kIo, kUsage for a file that is no plan of this version.
FrozenPlan ReadFrozenPlan(const std::filesystem::path& file);

// Makes the request run the frozen plan and refuse (kStalePlan) anything else: another applied set, other steps, other
// scripts.
void UseFrozenPlan(const FrozenPlan& frozen, const Project& project, RunRequest* request);

// What `plan --out` keeps of one database.
FrozenDatabase Freeze(const Project& project, const DatabaseEntry& database, const Situation& situation,
                      const std::vector<PreparedStep>& steps);

}  // namespace sqlmig
