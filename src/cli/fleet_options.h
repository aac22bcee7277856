// The options that choose members of a fleet, and say how many of them at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "fleet/member_filter.h"
#include "fleet/member_pool.h"

namespace sqlmig {

struct FleetOptions {
  MemberFilter filter;
  bool by_name = false;    // in the order of their names; else that of the list
  std::size_t jobs = 16;   // members at once, in all
  std::size_t share = 25;  // percent of a server's free connections
  FailureBudget budget;

  // Whether one of the options that mean nothing without a fleet was given.
  bool given = false;
};

// As typed.
struct FleetWords {
  std::vector<std::string> only;
  std::vector<std::string> exclude;
  std::string order = "list";
  int jobs = 0;
  std::string share = "25%";
  std::string max_failures;
};

std::shared_ptr<FleetWords> AddFleetOptions(CLI::App* command);
// The two that choose members, for commands that only look.
std::shared_ptr<FleetWords> AddMemberOptions(CLI::App* command);

// Throws kUsage.
FleetOptions ToFleetOptions(const FleetWords& words);

}  // namespace sqlmig
