// Migrations that fail, or whose way back does, where others are applied that they do not depend on: once more without
// those, so that two that collide are not taken for one that is wrong.
#pragma once

#include <optional>
#include <vector>

#include "verify/round_trip.h"
#include "verify/walk.h"

namespace sqlmig {

class AloneTrials {
 public:
  explicit AloneTrials(const ProofWorld& world) : world_(world) {}

  // The round trip of a migration from the state that has what it depends on, and `others`, by place in plan order.
  // Nothing: that state cannot be reached, or the rows do not fit it. REQUIRES: with a migration `others` has all
  // before `rank` that it depends on and `rank` does not.
  std::optional<RoundTripResult> Try(std::size_t rank, const std::vector<std::size_t>& others = {});

  // Which of `others`, in plan order, makes the round trip fail that succeeds without them: with it and those before it
  // in the list it fails, with those before it alone it does not. REQUIRES: `others` is not empty, and with all of them
  // it fails.
  std::size_t FindCulprit(std::size_t rank, const std::vector<std::size_t>& others);

 private:
  Walk& WalkTo(std::size_t trunk);

  const ProofWorld& world_;
  std::optional<Walk> trunk_;  // all of the plan's order up to somewhere
};

// Whether anything but notes was found.
bool HasFailure(const RoundTripResult& result);

// In whole sentences what `above` is, found where all before `rank` was applied, when `culprit` alone is the reason.
VerifyFinding CollisionOf(const Subject& subject, std::size_t culprit, std::size_t rank, VerifyFinding above);

}  // namespace sqlmig
