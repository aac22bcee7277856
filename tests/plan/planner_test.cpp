// What the tables of targets do not show: reasons, runs, tags, unknown ids, ways back, policies.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/world.h"

namespace sqlmig::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Reasons(const Plan& plan) {
  std::vector<std::string> reasons;
  for (const Step& step : plan.steps) reasons.push_back(step.id.str() + ": " + step.reason);
  return reasons;
}

Plan PlanOfApply(const World& world, const std::vector<std::string>& targets) {
  return MakePlan(world.situation(), GoalOfApply(ParseTargets(targets), world.situation()));
}

Plan PlanOfRollback(const World& world, const std::vector<std::string>& targets, bool exact = false) {
  RollbackRequest request;
  request.terms = ParseTargets(targets);
  request.exact = exact;
  return MakePlan(world.situation(), GoalOfRollback(request, world.situation()));
}

TEST(PlanReasonTest, HeadsPullTheirAncestors) {
  const World world(kMerged);
  EXPECT_THAT(Reasons(PlanOfApply(world, {})), ElementsAre("A: B1 depends on it", "B1: M depends on it",
                                                           "B2: M depends on it", "M: C depends on it", "C: head"));
}

TEST(PlanReasonTest, ATargetPullsOnlyItsOwnAncestors) {
  const World world(kMerged);
  EXPECT_THAT(Reasons(PlanOfApply(world, {"B2"})), ElementsAre("A: B2 depends on it", "B2: target"));
}

TEST(PlanReasonTest, StepsAreCounted) {
  const World world(kMerged);
  EXPECT_THAT(Reasons(PlanOfApply(world, {"+2"})), ElementsAre("A: one of the next 2", "B1: one of the next 2"));
}

TEST(PlanReasonTest, DownSaysWhatItHangsOn) {
  World world(kMerged);
  world.Apply("A B1 B2 M C");
  EXPECT_THAT(Reasons(PlanOfRollback(world, {"B1"})), ElementsAre("C: depends on B1", "M: depends on B1"));
  EXPECT_THAT(Reasons(PlanOfRollback(world, {"M"}, true)), ElementsAre("C: not an ancestor of the target"));
  EXPECT_THAT(Reasons(PlanOfRollback(world, {})), ElementsAre("C: last applied"));
  EXPECT_THAT(Reasons(PlanOfRollback(world, {"-2"})),
              ElementsAre("C: one of the last 2 applied", "M: one of the last 2 applied"));
  EXPECT_THAT(Reasons(PlanOfRollback(world, {"base"})).front(), "C: back to base");
}

TEST(PlanTest, StepsCarryTheirTransactionFlag) {
  World world("A; B<-A");
  world.MigrationOf("A").up_transaction = false;
  world.MigrationOf("B").down_transaction = false;
  world.Rebuild();
  const Plan up = PlanOfApply(world, {});
  EXPECT_FALSE(up.steps.at(0).transactional);
  EXPECT_TRUE(up.steps.at(1).transactional);
  world.Apply("A B");
  const Plan down = PlanOfRollback(world, {"base"});
  EXPECT_FALSE(down.steps.at(0).transactional);
  EXPECT_TRUE(down.steps.at(1).transactional);
}

TEST(PlanTest, AHalfRevertedStepIsGoneDownAgain) {
  World world("A; B<-A");
  world.Apply("A B");
  world.RowOf("B").status = AppliedStatus::kReverting;
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "rollback", {}), "-B");
  EXPECT_EQ(Outcome(world, "apply", {}), "");
}

TEST(PlanTest, AHalfAppliedStepIsAppliedAgain) {
  World world("A; B<-A");
  world.Apply("A B");
  world.RowOf("B").status = AppliedStatus::kApplying;
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "apply", {}), "+B");
  EXPECT_EQ(Outcome(world, "rollback", {}), "-A");
}

World& WithRuns(World* world) {
  world->Apply("A B1 B2 M");
  world->RowOf("A").run = "11aa";
  world->RowOf("B1").run = "22bb";
  world->RowOf("B2").run = "22cc";
  world->RowOf("M").run = "33dd";
  return world->Rebuild();
}

TEST(RollbackOfRunTest, TakesBackOneRun) {
  World world(kMerged);
  WithRuns(&world);
  EXPECT_EQ(Outcome(world, "run", {"last"}), "-M");
  EXPECT_EQ(Outcome(world, "run", {"33"}), "-M");
  EXPECT_EQ(Outcome(world, "run", {"33dd"}), "-M");
}

TEST(RollbackOfRunTest, AllStepsOfTheRunGo) {
  World world(kMerged);
  world.Apply("A B1 B2 M");
  for (const char* id : {"A", "B1"}) world.RowOf(id).run = "first";
  for (const char* id : {"B2", "M"}) world.RowOf(id).run = "second";
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "run", {"last"}), "-M -B2");
}

TEST(RollbackOfRunTest, RefusesWhatIsNotClear) {
  World world(kMerged);
  EXPECT_EQ(Outcome(world, "run", {"last"}), "target: nothing is applied, so there is no run to undo");
  WithRuns(&world);
  EXPECT_EQ(Outcome(world, "run", {"22"}),
            "target: '22' is the beginning of several runs: 22bb, 22cc; type more of the run's id");
  EXPECT_EQ(Outcome(world, "run", {"44"}),
            "target: nothing that is applied came from run '44'; 'sqlmig log' lists the runs");
  EXPECT_EQ(Outcome(world, "run", {""}),
            "target: nothing that is applied came from run ''; 'sqlmig log' lists the runs");
  EXPECT_EQ(Outcome(world, "run", {"22bb"}),
            "target: cannot undo B1: applied migrations depend on that: M; 'sqlmig rollback -3' undoes those too; "
            "'sqlmig apply' then brings back what shall stay");
}

TEST(RollbackOfRunTest, TakesNoTarget) {
  World world("A");
  world.Apply("A");
  RollbackRequest request;
  request.run = "last";
  request.terms = ParseTargets({"A"});
  EXPECT_THROW(GoalOfRollback(request, world.situation()), Error);
}

TEST(TagTest, NamesASetOfHeads) {
  World world("A; B1<-A; B2<-A; C<-B1");
  world.Tag("v1", "B1 B2");
  EXPECT_EQ(Outcome(world, "apply", {"@v1"}), "+A +B1 +B2");
  world.Apply("A B1 B2 C");
  EXPECT_EQ(Outcome(world, "exact", {"@v1"}), "-C");
}

TEST(TagTest, EachDatabaseTakesItsOwnIds) {
  World world("A; B<-A");
  world.Tag("v1", "A other").Tag("v0", "other").Apply("A B");
  EXPECT_EQ(Outcome(world, "exact", {"@v1"}), "-B");
  EXPECT_EQ(Outcome(world, "exact", {"@v0"}), "-B -A");
  EXPECT_EQ(Outcome(world, "apply", {"@v0"}), "");
}

TEST(TagTest, UnknownOnesGetASuggestion) {
  World world("A");
  EXPECT_EQ(Outcome(world, "apply", {"@v1"}),
            "target: the manifest has no tag 'v1'; tags are declared under 'tags:' of the manifest");
  world.Tag("v1.4.0", "A");
  EXPECT_EQ(Outcome(world, "apply", {"@v1.4.1"}), "target: the manifest has no tag 'v1.4.1'; did you mean '@v1.4.0'?");
}

TEST(UnknownIdTest, GoesDownByTheLedgersScript) {
  World world("A; B<-A");
  world.Apply("A").ApplyUnknown("X<-A; Y<-X");
  world.RowOf("Y").down_transaction = false;
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "rollback", {"A"}), "-Y* -X*");
  EXPECT_EQ(Outcome(world, "rollback", {"X"}), "-Y*");
  EXPECT_EQ(Outcome(world, "rollback", {"base"}), "-Y* -X* -A");
  EXPECT_EQ(Outcome(world, "rollback", {}), "-Y*");
  EXPECT_FALSE(PlanOfRollback(world, {}).steps.at(0).transactional);
}

TEST(UnknownIdTest, IsLeftAloneByApply) {
  World world("A; B<-A");
  world.Apply("A").ApplyUnknown("X<-A");
  EXPECT_EQ(Outcome(world, "apply", {}), "+B");
  EXPECT_EQ(Outcome(world, "apply", {"X"}), "");
}

TEST(UnknownIdTest, HoldsWhatItWasRecordedToDependOn) {
  World world("A; B<-A");
  world.Apply("A").ApplyUnknown("X<-A").Apply("B");
  world.RowOf("X").depends_on = {MigrationId::Trusted("A")};
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "exact", {"B"}), "-X*");
  EXPECT_EQ(Outcome(world, "stamp", {"heads"}), "-X*");
}

TEST(UnknownIdTest, HalfAppliedCannotBeFinishedHere) {
  World world("A");
  world.Apply("A").ApplyUnknown("X<-A");
  world.RowOf("X").status = AppliedStatus::kApplying;
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "apply", {"X"}), "target: 'X' cannot be applied: this checkout lacks it");
}

TEST(WayBackTest, IrreversibleStepsStopThePlanBeforeItStarts) {
  World world("A; B<-A; C<-B");
  world.Apply("A B C");
  world.MigrationOf("B").down.kind = ScriptRef::Kind::kMissing;
  world.MigrationOf("B").irreversible = "drops the old table";
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "rollback", {"A"}),
            "irreversible: 'B' cannot be rolled back: drops the old table; write a new migration that goes forward, or "
            "give it a down script");
  EXPECT_EQ(Outcome(world, "rollback", {"B"}), "-C");
}

TEST(WayBackTest, NothingToUndoIsAWayBack) {
  World world("A");
  world.Apply("A").ApplyUnknown("X<-A");
  world.MigrationOf("A").down.kind = ScriptRef::Kind::kNone;
  world.RowOf("X").down_kind = DownKind::kNone;
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "rollback", {"base"}), "-X* -A");
}

TEST(WayBackTest, UnknownIdsNeedAStoredScript) {
  World world("A");
  world.Apply("A").ApplyUnknown("X<-A");
  world.RowOf("X").down_kind = DownKind::kIrreversible;
  world.Rebuild();
  EXPECT_EQ(Outcome(world, "rollback", {}),
            "irreversible: 'X' cannot be rolled back: this checkout lacks it, and it was declared irreversible; use a "
            "checkout that has this migration");
  world.RowOf("X").down_kind = DownKind::kSecret;
  world.Rebuild();
  EXPECT_EQ(
      Outcome(world, "rollback", {}),
      "irreversible: 'X' cannot be rolled back: this checkout lacks it, and its down script holds a secret, so the "
      "ledger has only its hash; use a checkout that has this migration");
}

std::string PolicyOutcome(World* world, const Defaults& defaults) {
  try {
    CheckPolicies(world->situation(), PlanOfApply(*world, {}), defaults);
    return "";
  } catch (const Error& error) {
    return Short(error);
  }
}

TEST(PolicyTest, PermissiveUnlessToldOtherwise) {
  World world("A; B1<-A; B2<-A");
  world.Apply("A B2").ApplyUnknown("X<-A");
  EXPECT_EQ(PolicyOutcome(&world, {}), "");
}

TEST(PolicyTest, SingleHead) {
  World world("A; B1<-A; B2<-A");
  Defaults defaults;
  defaults.heads = HeadsPolicy::kSingle;
  EXPECT_EQ(PolicyOutcome(&world, defaults),
            "heads: the manifest asks for a single head, there are 2: B1, B2; join them with 'sqlmig merge'");
  World merged(kMerged);
  EXPECT_EQ(PolicyOutcome(&merged, defaults), "");
}

TEST(PolicyTest, NoLateMigrations) {
  Defaults defaults;
  defaults.late = Allowance::kRefuse;
  World world(kMerged);
  world.Apply("A B2");
  EXPECT_EQ(
      PolicyOutcome(&world, defaults),
      "late: the manifest refuses migrations below what is applied: B1; make them depend on the current head, or set "
      "'late: allow' under 'defaults:'");
  world.Apply("B1");
  EXPECT_EQ(PolicyOutcome(&world, defaults), "");
}

TEST(PolicyTest, NoUnknownIds) {
  Defaults defaults;
  defaults.unknown = Allowance::kRefuse;
  World world("A");
  world.Apply("A");
  EXPECT_EQ(PolicyOutcome(&world, defaults), "");
  world.ApplyUnknown("X<-A; Y<-X");
  EXPECT_EQ(
      PolicyOutcome(&world, defaults),
      "unknown: the ledger holds migrations that this checkout lacks: X, Y; use a newer checkout, or set 'unknown: "
      "allow' under 'defaults:'");
}

}  // namespace
}  // namespace sqlmig::testing
