#include "verify/pair_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/temp_dir.h"
#include "verify/full_order.h"

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

//      /- a1 - a2 -\ .
//  root             join
//      \- b1 - b2 -/
constexpr const char* kTwoBranches = R"(version: 1
migrations:
  - {id: root, depends_on: [], up: none, down: none}
  - {id: a1, depends_on: [root], up: none, down: none}
  - {id: b1, depends_on: [root], up: none, down: none}
  - {id: a2, depends_on: [a1], up: none, down: none}
  - {id: b2, depends_on: [b1], up: none, down: none, transaction: false}
  - {id: join, depends_on: [a2, b2], up: none, down: none}
)";

class PairPlanTest : public ::testing::Test {
 protected:
  const Subject& Make(const std::string& text, VerifyOptions options = {}) {
    manifest_ =
        ParseManifest(folder_ / "migrations.yaml", text, [](std::string_view) { return std::nullopt; }).manifest;
    subject_ = std::make_unique<Subject>(manifest_, manifest_.databases.at(0), options);
    return *subject_;
  }

  // Everything touches the table t, or each migration a table of its own.
  std::vector<std::optional<Effect>> Effects(bool common) const {
    std::vector<std::optional<Effect>> effects(subject_->size());
    for (std::size_t rank = 0; rank < effects.size(); ++rank) {
      effects[rank].emplace();
      effects[rank]->written.insert(common ? "public.t" : "public." + subject_->At(rank).id.str());
    }
    return effects;
  }

  std::vector<std::string> Tasks(const PairPlan& plan) const {
    const auto name = [&](std::size_t rank) { return subject_->At(rank).id.str(); };
    std::vector<std::string> texts;
    for (const PairTask& task : plan.tasks) {
      std::string text = std::to_string(task.trunk);
      for (const std::size_t rank : task.rest) text += " " + name(rank);
      texts.push_back(text + ": " + name(task.first) + " " + name(task.second) + (task.in_copy ? " copy" : ""));
    }
    return texts;
  }

 private:
  sqlmig::testing::TempDir folder_;
  Manifest manifest_;
  std::unique_ptr<Subject> subject_;
};

TEST_F(PairPlanTest, EveryPairWithoutAnOrderStartsFromWhatBothDependOn) {
  const Subject& subject = Make(kTwoBranches);
  const PairPlan plan = PlanPairs(subject, Effects(true));
  EXPECT_THAT(Tasks(plan), ElementsAre("1: a1 b1", "1 b1: a1 b2 copy", "2: b1 a2", "3: a2 b2 copy"));
  EXPECT_EQ(plan.summary.unordered, 4U);
  EXPECT_EQ(plan.summary.pruned, 0U);
}

TEST_F(PairPlanTest, PairsThatTouchNothingInCommonAreCounted) {
  const Subject& subject = Make(kTwoBranches);
  const PairPlan plan = PlanPairs(subject, Effects(false));
  EXPECT_THAT(plan.tasks, IsEmpty());
  EXPECT_EQ(plan.summary.pruned, 4U);
}

TEST_F(PairPlanTest, PairsOfTheBaseAreLeftOut) {
  VerifyOptions options;
  options.base = {"root", "a1", "a2", "b1"};
  const Subject& subject = Make(kTwoBranches, options);
  EXPECT_THAT(Tasks(PlanPairs(subject, Effects(true))), ElementsAre("1 b1: a1 b2 copy", "3: a2 b2 copy"));
}

TEST_F(PairPlanTest, WhatFailedIsNotTried) {
  const Subject& subject = Make(kTwoBranches);
  std::vector<std::optional<Effect>> effects = Effects(true);
  effects[2].reset();
  const PairPlan plan = PlanPairs(subject, effects);
  EXPECT_THAT(Tasks(plan), ElementsAre("1 b1: a1 b2 copy", "3: a2 b2 copy"));
  EXPECT_EQ(plan.summary.inconclusive, 2U);
}

TEST_F(PairPlanTest, TheOtherOrderSwapsBranches) {
  const Subject& subject = Make(kTwoBranches);
  EXPECT_THAT(OtherOrder(subject), ElementsAre(0, 2, 4, 1, 3, 5));
}

TEST_F(PairPlanTest, TheOtherOrderLeavesTheBaseAsItIs) {
  VerifyOptions options;
  options.base = {"root", "a1", "b1", "a2", "join"};
  EXPECT_THAT(OtherOrder(Make(kTwoBranches, options)), ElementsAre(0, 1, 2, 4, 3, 5));
}

TEST_F(PairPlanTest, TheWayToTheOtherOrderGoesBySwapsOfNeighbours) {
  const std::vector<std::size_t> order = OtherOrder(Make(kTwoBranches));
  ASSERT_EQ(CountSwaps(order), 3U);
  EXPECT_THAT(AfterSwaps(order, 0).order, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(AfterSwaps(order, 1).order, ElementsAre(0, 2, 1, 3, 4, 5));
  EXPECT_EQ(AfterSwaps(order, 1).earlier, 1U);
  EXPECT_EQ(AfterSwaps(order, 1).later, 2U);
  EXPECT_EQ(AfterSwaps(order, 3).order, order);
}

TEST_F(PairPlanTest, RowsAreLoadedWhereTheyAreToldTo) {
  VerifyOptions options;
  options.data.emplace();
  EXPECT_EQ(Make(kTwoBranches, options).data_rank(), 5U);
  options.base = {"root", "a1"};
  EXPECT_EQ(Make(kTwoBranches, options).data_rank(), 2U);
  options.data->at = MigrationId::Parse("b1");
  EXPECT_EQ(Make(kTwoBranches, options).data_rank(), 3U);
  options.data->at = MigrationId::Parse("nothing");
  EXPECT_THROW(Make(kTwoBranches, options), Error);
}

}  // namespace
}  // namespace sqlmig
