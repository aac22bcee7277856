#include "plan/squash_set.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/world.h"

namespace sqlmig::testing {
namespace {

constexpr const char* kMergedAndMore = "A; B1<-A; B2<-A; M<-B1,B2; C<-M; D<-C";

std::string Found(const World& world, std::string_view range) {
  try {
    const SquashSet set = FindSquashSet(range, world.situation());
    std::string text = set.from_base ? "base:" : "";
    for (const Node node : set.depends_on) text += "(" + world.graph().id(node).str() + ")";
    for (const Node node : set.nodes) text += " " + world.graph().id(node).str();
    return text;
  } catch (const Error& error) {
    return Short(error);
  }
}

TEST(SquashSetTest, FromBaseIsAllThatTheLastDependsOn) {
  const World world(kMergedAndMore);
  EXPECT_EQ(Found(world, "base..M"), "base: A B1 B2 M");
  EXPECT_EQ(Found(world, "base..head"), "base: A B1 B2 M C D");
}

TEST(SquashSetTest, FromAMigrationIsAllBetween) {
  const World world(kMergedAndMore);
  EXPECT_EQ(Found(world, "M..D"), "(B1)(B2) M C D");
  EXPECT_EQ(Found(world, "A..M"), " A B1 B2 M");
}

TEST(SquashSetTest, NamesWhatBreaksIt) {
  const World world(kMergedAndMore);
  EXPECT_EQ(Found(world, "base..B1"),
            "target: a second way out: 'B2' depends on 'A', and not on 'B1'; end the squash at 'A' or before it, or at "
            "a merge behind both");
  EXPECT_EQ(Found(world, "B1..M"),
            "target: a second way in: 'M' depends on 'B2', which is not between 'B1' and 'M'; begin further back, at a "
            "migration that both branches depend on, or at 'base'");
  EXPECT_EQ(Found(world, "M..A"),
            "target: 'A' does not depend on 'M', so nothing is between them; write the older one first, FROM..TO");
  EXPECT_EQ(Found(world, "C..C"), "target: there is only one migration to squash: C; name a wider range");
  EXPECT_EQ(Found(world, "base..+1"),
            "target: '+1' has no meaning without a database; a squash is made from the manifest: name a migration, "
            "'head', a tag or 'base'");
  EXPECT_EQ(Found(world, "M"), "target: 'M' is no range; write FROM..TO, such as base..20261122101500_create_users");
  EXPECT_EQ(Found(world, "base..base"),
            "target: 'base' is no migration to squash up to; name one migration on each side of '..'; 'sqlmig merge' "
            "joins heads");
}

TEST(SquashSetTest, ASquashOfASquashWaitsUntilItsOwnRowIsEverywhere) {
  World world("S; B<-S");
  world.MigrationOf("S").replaces = {MigrationId::Trusted("R1"), MigrationId::Trusted("R2")};
  world.Rebuild();
  EXPECT_THAT(Found(world, "base..B"), ::testing::HasSubstr("'S' is a squash itself"));
}

TEST(SquashSetTest, IdsMayHoldDots) {
  const World world("v1..0; v1..1<-v1..0");
  EXPECT_EQ(Found(world, "v1..0..v1..1"), " v1..0 v1..1");
}

}  // namespace
}  // namespace sqlmig::testing
