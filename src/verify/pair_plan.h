// Which pairs of migrations are to be tried in both orders, and from which state. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "verify/effect.h"
#include "verify/result.h"
#include "verify/subject.h"

namespace sqlmig {

// All by place in plan order.
struct PairTask {
  std::size_t first = 0;
  std::size_t second = 0;
  // Their least common state, which is all that the two depend on: the first so many migrations of the plan order, and
  // these.
  std::size_t trunk = 0;
  std::vector<std::size_t> rest;
  bool in_copy = false;  // one of the two, or of `rest`, runs without a transaction
};

struct PairPlan {
  std::vector<PairTask> tasks;  // in an order in which neighbours have much of their states in common
  std::vector<std::pair<std::size_t, std::size_t>> untried;  // nobody knows what one of the two touches
  PairSummary summary;
};

// `effects`: of each migration; nothing: it failed.
PairPlan PlanPairs(const Subject& subject, const std::vector<std::optional<Effect>>& effects);

// A full order that has many of the pairs the other way round: of what is ready, always the last in plan order. Two
// that both need no proof keep their order.
std::vector<std::size_t> OtherOrder(const Subject& subject);

}  // namespace sqlmig
