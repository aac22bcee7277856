#include "cli/frozen_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "support/file.h"
#include "support/sha256.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxPlanBytes = 64U << 20U;

std::vector<FrozenStep> FreezeSteps(const std::vector<PreparedStep>& steps) {
  std::vector<FrozenStep> frozen;
  frozen.reserve(steps.size());
  for (const PreparedStep& step : steps) {
    frozen.push_back({step.step.id.str(), step.step.direction,
                      step.script.original.empty() ? std::string() : Sha256Hex(step.script.original),
                      step.step.transactional, step.settings});
  }
  return frozen;
}

std::string HashOfState(const Situation& situation) {
  std::vector<std::string> applied;
  situation.applied.ForEach([&](Node node) { applied.push_back(situation.graph.id(node).str()); });
  return StateHash(std::move(applied));
}

const FrozenDatabase& DatabaseOf(const FrozenPlan& plan, const DatabaseEntry& database) {
  const auto found = std::find_if(plan.databases.begin(), plan.databases.end(),
                                  [&](const FrozenDatabase& entry) { return entry.name == database.name; });
  if (found != plan.databases.end()) return *found;
  throw Error(ErrorCode::kStalePlan, fmt::format("the frozen plan says nothing of database '{}'", database.name))
      .Hint("freeze a new plan, or choose a database of this one with -d");
}

Error Stale(const DatabaseEntry& database, const std::string& what) {
  return Error(ErrorCode::kStalePlan, fmt::format("{}: the frozen plan does not fit any more: {}", database.name, what))
      .Hint("look at the new plan with 'sqlmig plan', and freeze it again");
}

}  // namespace

FrozenPlan ReadFrozenPlan(const std::filesystem::path& file) {
  return ParsePlanFile(ReadFile(file, kMaxPlanBytes));
}

FrozenDatabase Freeze(const Project& project, const DatabaseEntry& database, const Situation& situation,
                      const std::vector<PreparedStep>& steps) {
  return {database.name, project.Scope(database), HashOfState(situation), FreezeSteps(steps)};
}

void UseFrozenPlan(const FrozenPlan& frozen, const Project& project, RunRequest* request) {
  request->all_heads = false;
  // Both ends are taken from the file: the goal is the state plus what the plan's steps add.
  request->make_plan = [&frozen](const DatabaseEntry& database, const Situation& situation) {
    Goal goal{situation.applied, [](Node) { return std::string("frozen plan"); }};
    for (const FrozenStep& step : DatabaseOf(frozen, database).steps) {
      const auto node = situation.graph.Find(step.id);
      if (node && step.direction == Direction::kUp) goal.applied.Insert(*node);
    }
    return MakePlan(situation, goal);
  };
  request->check_frozen = [&frozen, &project](const DatabaseEntry& database, const Situation& situation,
                                              const std::vector<PreparedStep>& steps) {
    const FrozenDatabase& expected = DatabaseOf(frozen, database);
    if (expected.scope != project.Scope(database)) throw Stale(database, "it is of another project");
    if (expected.state_hash != HashOfState(situation)) throw Stale(database, "other migrations are applied now");
    const std::vector<FrozenStep> now = FreezeSteps(steps);
    if (now.size() != expected.steps.size()) throw Stale(database, "it has other steps");
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i].id != expected.steps[i].id || now[i].direction != expected.steps[i].direction) {
        throw Stale(database, fmt::format("step {} is {} now", i + 1, now[i].id));
      }
      if (now[i].script_hash != expected.steps[i].script_hash) {
        throw Stale(database, fmt::format("the script of {} was changed", now[i].id));
      }
      if (now[i] != expected.steps[i]) {
        throw Stale(database, fmt::format("the transaction, settings or timeouts of {} were changed", now[i].id));
      }
    }
  };
}

}  // namespace sqlmig
