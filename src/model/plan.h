#pragma once

#include <string>
#include <vector>

#include "model/migration.h"

namespace sqlmig {

// One migration in one direction.
struct Step {
  MigrationId id;
  Direction direction = Direction::kUp;
  bool transactional = true;
  bool late = false;         // up, below something that is applied already
  bool from_ledger = false;  // down, by the script that the ledger stored: the checkout lacks this migration
  std::string reason = {};   // why it is in the plan, for people

  friend bool operator==(const Step&, const Step&) = default;
};

// Ordered: all steps down first, then all steps up.
struct Plan {
  std::vector<Step> steps;

  bool empty() const noexcept { return steps.empty(); }
  friend bool operator==(const Plan&, const Plan&) = default;
};

}  // namespace sqlmig
