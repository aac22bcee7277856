#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/world.h"

namespace sqlmig::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SituationTest, EmptyManifestAndLedger) {
  const World world("");
  EXPECT_EQ(world.graph().size(), 0U);
  EXPECT_THAT(world.Names(world.situation().Heads()), IsEmpty());
  EXPECT_THAT(world.Names(world.situation().Pending()), IsEmpty());
  EXPECT_THAT(world.Names(world.situation().Late()), IsEmpty());
  EXPECT_THAT(world.Names(world.situation().Current()), IsEmpty());
}

TEST(SituationTest, TellsWhatIsWhere) {
  World world(kMerged);
  world.Apply("A B2");
  const Situation& situation = world.situation();
  EXPECT_THAT(world.Names(situation.applied), ElementsAre("A", "B2"));
  EXPECT_THAT(world.Names(situation.Pending()), ElementsAre("B1", "M", "C"));
  EXPECT_THAT(world.Names(situation.Late()), ElementsAre("B1"));
  EXPECT_THAT(world.Names(situation.Heads()), ElementsAre("C"));
  EXPECT_THAT(world.Names(situation.Current()), ElementsAre("B2"));
  EXPECT_THAT(world.Names(situation.Unknown()), IsEmpty());
  EXPECT_THAT(world.Names(situation.Interrupted()), IsEmpty());
}

TEST(SituationTest, NothingAfterTheLastAppliedIsLate) {
  World world(kMerged);
  world.Apply("A B1");
  EXPECT_THAT(world.Names(world.situation().Late()), IsEmpty());
}

TEST(SituationTest, UnknownIdsMakeNothingLate) {
  World world(kMerged);
  world.Apply("A B1").ApplyUnknown("X<-B1");
  EXPECT_THAT(world.Names(world.situation().Late()), IsEmpty());
}

TEST(SituationTest, UnknownIdsFollowTheManifestInPlanOrder) {
  World world("A; B<-A");
  world.Apply("A").ApplyUnknown("X<-A; Y<-X");
  const Situation& situation = world.situation();
  EXPECT_THAT(world.Names(world.graph().All()), ElementsAre("A", "B", "X", "Y"));
  EXPECT_THAT(world.Names(situation.Unknown()), ElementsAre("X", "Y"));
  EXPECT_THAT(world.Names(situation.Current()), ElementsAre("Y"));
  // Heads are the manifest's, whatever the ledger adds.
  EXPECT_THAT(world.Names(situation.Heads()), ElementsAre("B"));
  EXPECT_THAT(world.Names(situation.Pending()), ElementsAre("B"));
}

TEST(SituationTest, UnknownIdAppliedBeforeItsRecordedDependencyStillComesAfterIt) {
  World world("A");
  world.ApplyUnknown("Y<-X; X<-A").Apply("A");
  EXPECT_THAT(world.Names(world.situation().applied), ElementsAre("A", "X", "Y"));
}

TEST(SituationTest, ForgetsRecordedDependenciesThatNobodyKnows) {
  World world("A");
  world.Apply("A").ApplyUnknown("X<-A,gone");
  EXPECT_THAT(world.Names(world.situation().applied), ElementsAre("A", "X"));
}

TEST(SituationTest, TheManifestsDependenciesBeatTheRecordedOnes) {
  World world("A; B");
  world.Apply("A B");
  world.RowOf("B").depends_on = {MigrationId::Trusted("A")};
  world.Rebuild();
  EXPECT_THAT(world.Names(world.situation().Current()), ElementsAre("A", "B"));
}

TEST(SituationTest, HalfAppliedIsNotAppliedAndHalfRevertedIs) {
  World world("A; B<-A; C<-B");
  world.Apply("A B C");
  world.RowOf("B").status = AppliedStatus::kReverting;
  world.RowOf("C").status = AppliedStatus::kApplying;
  world.Rebuild();
  const Situation& situation = world.situation();
  EXPECT_THAT(world.Names(situation.applied), ElementsAre("A", "B"));
  EXPECT_THAT(world.Names(situation.Interrupted()), ElementsAre("B", "C"));
  EXPECT_THAT(world.Names(situation.Pending()), ElementsAre("C"));
}

// The manifest after R1 and R2 were squashed.
void Squash(World* world) {
  world->MigrationOf("S").replaces = {MigrationId::Trusted("R1"), MigrationId::Trusted("R2")};
  world->Rebuild();
}

TEST(SituationTest, ASquashIsAppliedWhenAllThatItReplacesIs) {
  World world("S; D<-S; E<-D");
  world.ApplyUnknown("R1; R2<-R1").Apply("D").ApplyUnknown("X<-R2");
  world.RowOf("R2").run = "run";
  world.RowOf("R2").applied_at = "2026-01-02T03:04:05Z";
  Squash(&world);
  const Situation& situation = world.situation();
  EXPECT_THAT(world.Names(situation.applied), ElementsAre("S", "D", "X"));
  EXPECT_THAT(world.Names(situation.Pending()), ElementsAre("E"));
  EXPECT_THAT(world.Names(situation.Unknown()), ElementsAre("X"));
  EXPECT_THAT(world.Names(situation.Current()), ElementsAre("D", "X"));
  const Node squash = world.graph().Find("S").value();
  const AppliedMigration& row = *situation.row[squash];
  EXPECT_TRUE(row.through_replaced);
  EXPECT_EQ(row.ordinal, 2);
  EXPECT_EQ(row.run, "run");
  EXPECT_EQ(row.applied_at, "2026-01-02T03:04:05Z");
  // What was recorded to depend on a replaced one depends on the squash.
  EXPECT_EQ(world.graph().DependenciesOf(world.graph().Find("X").value()).front(), squash);
  EXPECT_EQ(situation.behind.at(squash).size(), 2U);
}

TEST(SituationTest, ASquashWithARowOfItsOwnHidesWhatItReplaces) {
  World world("S; D<-S");
  world.ApplyUnknown("R1").Apply("S");
  Squash(&world);
  const Situation& situation = world.situation();
  EXPECT_THAT(world.Names(situation.applied), ElementsAre("S"));
  EXPECT_THAT(world.Names(situation.Unknown()), IsEmpty());
  EXPECT_FALSE(situation.row[world.graph().Find("S").value()]->through_replaced);
  EXPECT_TRUE(situation.halfway.empty());
  EXPECT_EQ(situation.graph.size(), 2U);
}

TEST(SituationTest, APartOfWhatASquashReplacesIsHalfway) {
  World world("S; D<-S");
  world.ApplyUnknown("R1");
  Squash(&world);
  const Situation& situation = world.situation();
  EXPECT_THAT(world.Names(situation.applied), ElementsAre("R1"));
  EXPECT_THAT(world.Names(situation.Pending()), ElementsAre("S", "D"));
  EXPECT_THAT(world.Names(situation.Unknown()), IsEmpty());
  ASSERT_EQ(situation.halfway.size(), 1U);
  EXPECT_THAT(situation.halfway[0].missing, ElementsAre(MigrationId::Trusted("R2")));
  EXPECT_EQ(Outcome(world, "apply", {"R2"}),
            "target: 'R2' is no migration any more: 'S' replaces it; name 'S', or use a checkout from before the "
            "squash");
}

TEST(SituationTest, AHalfDoneStepOfWhatASquashReplacesIsNotThereYet) {
  World world("S");
  world.ApplyUnknown("R1; R2<-R1");
  world.RowOf("R2").status = AppliedStatus::kApplying;
  Squash(&world);
  EXPECT_EQ(world.situation().halfway.size(), 1U);
  EXPECT_THAT(world.Names(world.situation().Interrupted()), ElementsAre("R2"));
}

TEST(SituationTest, NobodyUndoesASquashThatStandsForOthers) {
  World world("S; D<-S");
  world.ApplyUnknown("R1; R2<-R1").Apply("D");
  Squash(&world);
  EXPECT_EQ(Outcome(world, "rollback", {"-1"}), "-D");
  EXPECT_EQ(Outcome(world, "rollback", {"base"}),
            "irreversible: 'S' cannot be rolled back: here it stands for 2 migrations applied one by one; roll back "
            "with a checkout from before the squash, which has their scripts, or write a new migration that goes "
            "forward");
}

std::string BuildFailure(World* world) {
  try {
    world->Rebuild();
    return "no error";
  } catch (const Error& error) {
    return Short(error);
  }
}

TEST(SituationTest, RecordedDependenciesInACycleAreTheLedgersFault) {
  World world("A");
  world.ApplyUnknown("X; Y<-X");
  world.RowOf("X").depends_on = {MigrationId::Trusted("Y")};
  EXPECT_EQ(
      BuildFailure(&world),
      "ledger: the ledger's recorded dependencies do not fit together: dependency cycle: X -> Y -> X; 'sqlmig stamp "
      "--purge' forgets the ids that this checkout lacks");
}

TEST(SituationTest, ARowThatDependsOnItselfIsTheLedgersFault) {
  World world("A");
  world.ApplyUnknown("X");
  world.RowOf("X").depends_on = {MigrationId::Trusted("X")};
  EXPECT_EQ(BuildFailure(&world),
            "ledger: the ledger's recorded dependencies do not fit together: dependency cycle: X -> X; 'sqlmig stamp "
            "--purge' forgets the ids that this checkout lacks");
}

TEST(SituationTest, AManifestAtFaultIsNotBlamedOnTheLedger) {
  World world("A; B<-A");
  world.Apply("A").ApplyUnknown("X<-A");
  world.MigrationOf("A").depends_on = Dependencies({"B"});
  EXPECT_EQ(BuildFailure(&world), "graph: dependency cycle: A -> B -> A");
}

}  // namespace
}  // namespace sqlmig::testing
