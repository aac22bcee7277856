#pragma once

#include <string>
#include <vector>

#include "model/migration.h"

namespace sqlmig {

struct FrozenStep {
  std::string id;
  Direction direction = Direction::kUp;
  std::string script_hash;  // SHA-256 of the script's bytes; empty: no SQL
  bool transactional = true;
  StepSettings settings;

  friend bool operator==(const FrozenStep&, const FrozenStep&) = default;
};

struct FrozenDatabase {
  std::string name;
  std::string scope;
  std::string state_hash;  // of the applied ids, see StateHash
  std::vector<FrozenStep> steps;
};

struct FrozenPlan {
  std::string tool_version;
  std::vector<FrozenDatabase> databases;
};

// SHA-256 over the applied ids in byte order.
std::string StateHash(std::vector<std::string> applied);

std::string PlanFileText(const FrozenPlan& plan);
// Throws kUsage when the text is not a plan file.
FrozenPlan ParsePlanFile(const std::string& text);

}  // namespace sqlmig
