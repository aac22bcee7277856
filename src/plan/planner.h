// From a target to a goal to a plan. Both directions are one algebra: a goal is a set, and the plan is what leads from
// the applied set to it. Pure functions; no database in sight.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/plan.h"
#include "plan/situation.h"
#include "plan/target.h"

namespace sqlmig {

// The set that shall be applied afterwards, and how to explain each step.
struct Goal {
  NodeSet applied;
  std::function<std::string(Node)> why;  // for a node that the plan adds or removes
};

// state + ancestors(T); +N: the next N steps of the plan to all heads. No terms: all heads. Throws kTarget.
Goal GoalOfApply(const std::vector<TargetTerm>& terms, const Situation& situation);

struct RollbackRequest {
  std::vector<TargetTerm> terms;
  bool exact = false;              // goal = ancestors(T)
  std::optional<std::string> run;  // an id, a unique beginning of one, or "last"
};

// state - strict descendants(T); nothing or -N: the last applied steps by recorded order; --run: one run's. Throws
// kTarget: a target that is not applied, several targets, a rest that would not be closed (names the dependants).
Goal GoalOfRollback(const RollbackRequest& request, const Situation& situation);

// ancestors(T).
Goal GoalOfStamp(const std::vector<TargetTerm>& terms, const Situation& situation);

// `applied - goal` in reverse plan order downwards, then `goal - applied` in plan order upwards. Throws kTarget when a
// step up is one that this checkout lacks.
Plan MakePlan(const Situation& situation, const Goal& goal);

// Throws kIrreversible when a step down of the plan has no way back.
void CheckWayBack(const Situation& situation, const Plan& plan);

// A part of what a squash replaces is applied: names what is missing, and the way out (kLedger).
Error HalfwayError(const HalfwaySquash& halfway, const Situation& situation);
// Throws it for the first such squash: what the schema should be cannot be told then.
void RequireWholeSquashes(const Situation& situation);

// A squash in the plan of which the database has a part (kLedger, names what is missing); `heads: single` with several
// heads, `late: refuse`, `unknown: refuse`. Throws kHeads, kLate, kUnknown.
void CheckPolicies(const Situation& situation, const Plan& plan, const Defaults& defaults);

}  // namespace sqlmig
