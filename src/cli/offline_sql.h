#pragma once

#include <string>
#include <vector>

#include "cli/project.h"
#include "model/migration.h"

namespace sqlmig {

struct OfflineRequest {
  std::vector<std::string> targets;
  Direction direction = Direction::kUp;
  bool exact = false;  // down: only the ancestors of TO stay
  bool single_transaction = false;
};

// Writes to stdout a script that psql can run, without looking at any database: the statements that a run would send.
// Up: from base, or FROM:TO, to the target (all heads without one). Down: FROM:TO, where FROM is what is applied and TO
// what stays.
int WriteOfflineSql(const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected,
                    const OfflineRequest& request);

}  // namespace sqlmig
