// A hundred thousand migrations in a few seconds, checked build included, and no stack that grows with a chain.

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/world.h"

namespace sqlmig::testing {
namespace {

constexpr std::size_t kMany = 100'000;
constexpr auto kFewSeconds = std::chrono::seconds(20);  // for sanitizers on a busy machine; it takes about one

DagNodes Chain() {
  DagNodes nodes;
  for (std::size_t i = 0; i < kMany; ++i) {
    nodes.emplace_back("n" + std::to_string(i),
                       i == 0 ? std::vector<std::string>{} : std::vector<std::string>{"n" + std::to_string(i - 1)});
  }
  return nodes;
}

// Up from nothing, down to nothing, and a few targets on the way.
void UpAndDown(const DagNodes& nodes) {
  const auto start = std::chrono::steady_clock::now();
  World world(nodes);
  const Plan up = MakePlan(world.situation(), GoalOfApply({}, world.situation()));
  ASSERT_EQ(up.steps.size(), nodes.size());
  std::vector<std::string> ids;
  ids.reserve(nodes.size());
  for (const Step& step : up.steps) ids.push_back(step.id.str());
  DagNodes rows;
  for (const std::string& id : ids) rows.emplace_back(id, std::vector<std::string>{});
  world.ApplyUnknown(rows);  // the manifest knows them: this only spares a search for each
  EXPECT_TRUE(MakePlan(world.situation(), GoalOfApply({}, world.situation())).empty());
  EXPECT_EQ(Outcome(world, "apply", {"n99999-1"}), "");

  RollbackRequest request;
  request.terms = ParseTargets({"base"});
  const Plan down = MakePlan(world.situation(), GoalOfRollback(request, world.situation()));
  CheckWayBack(world.situation(), down);
  ASSERT_EQ(down.steps.size(), nodes.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(down.steps[i].id.str(), ids[ids.size() - 1 - i]);
  }
  request.terms = ParseTargets({"-99999"});
  EXPECT_EQ(MakePlan(world.situation(), GoalOfRollback(request, world.situation())).steps.size(), nodes.size() - 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, kFewSeconds);
}

TEST(PlanScaleTest, LongChain) {
  UpAndDown(Chain());
}

TEST(PlanScaleTest, BranchesAndMerges) {
  RandomDagOptions options;
  options.nodes = kMany;
  options.branches = 8;
  options.extra_percent = 20;
  UpAndDown(RandomDag(1, options));
}

TEST(PlanScaleTest, OneMergeOfAll) {
  DagNodes nodes;
  std::vector<std::string> all;
  for (std::size_t i = 0; i + 1 < kMany; ++i) {
    nodes.emplace_back("n" + std::to_string(i), std::vector<std::string>{});
    all.push_back(nodes.back().first);
  }
  nodes.emplace_back("n" + std::to_string(kMany - 1), all);
  UpAndDown(nodes);
}

}  // namespace
}  // namespace sqlmig::testing
