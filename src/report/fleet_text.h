// What became of the members of a fleet, in few lines.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/run_report.h"

namespace sqlmig {

struct FleetCounts {
  std::size_t changed = 0;  // steps were run, and none failed
  std::size_t nothing = 0;  // there was nothing to do
  std::size_t failed = 0;
  std::size_t not_begun = 0;
  std::size_t steps = 0;  // of all members, also of those that failed later
};

FleetCounts CountMembers(const DatabaseRun& fleet);

// "ada, bob and 12 more".
std::string ShownNames(std::vector<std::string> names);

// REQUIRES: fleet.fleet.
std::string FleetText(const DatabaseRun& fleet);

}  // namespace sqlmig
