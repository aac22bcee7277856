#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/world.h"

namespace sqlmig::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kMerged = "A; B1<-A; B2<-A; M<-B1,B2; C<-M";

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
