#include "model/migration_id.h"

#include <string>
#include <unordered_set>

#include <gtest/gtest.h>

#include "model/migration.h"
#include "model/plan.h"
#include "support/error.h"

namespace sqlmig {
namespace {

std::string WhyNot(std::string_view text) {
  return MigrationId::WhyNot(text).value_or("-");
}

TEST(MigrationIdTest, AcceptsWhatProjectsUse) {
  for (const char* id : {"20261122101500_create_users", "0001", "V2__add_users", "a", "1.2.3", "1-2", "A_b-C.d", "_x",
                         "headless", "head-1", "x--", "x.."}) {
    EXPECT_EQ(WhyNot(id), "-") << id;
    EXPECT_EQ(MigrationId::Parse(id).str(), id);
  }
  EXPECT_EQ(WhyNot(std::string(200, 'a')), "-");
}

TEST(MigrationIdTest, SaysWhatIsWrong) {
  EXPECT_EQ(WhyNot(""), "an id cannot be empty");
  EXPECT_EQ(WhyNot(std::string(201, 'a')), "an id has at most 200 bytes, this one has 201");
  EXPECT_EQ(WhyNot("-a"), "an id cannot start with '-'");
  EXPECT_EQ(WhyNot(".a"), "an id cannot start with '.'");
  EXPECT_EQ(WhyNot(".."), "an id cannot start with '.'");
  EXPECT_EQ(WhyNot("a b"), "' ' is not allowed in an id; use letters, digits, '_', '-' and '.'");
  EXPECT_EQ(WhyNot("a/b"), "'/' is not allowed in an id; use letters, digits, '_', '-' and '.'");
  EXPECT_EQ(WhyNot("a+1"), "'+' is not allowed in an id; use letters, digits, '_', '-' and '.'");
  EXPECT_EQ(WhyNot("a@b"), "'@' is not allowed in an id; use letters, digits, '_', '-' and '.'");
  EXPECT_EQ(WhyNot("a\x1b"), "'?' is not allowed in an id; use letters, digits, '_', '-' and '.'");
  EXPECT_EQ(WhyNot("\xC3\xA9"), "a non-ASCII character is not allowed in an id; use letters, digits, '_', '-' and '.'");
}

TEST(MigrationIdTest, RefusesTheWordsOfTargets) {
  for (const char* word : {"head", "heads", "base", "current", "all", "none", "HEAD", "Base"}) {
    EXPECT_EQ(WhyNot(word), "'" + std::string(word) + "' is a word of targets and cannot be an id");
  }
}

TEST(MigrationIdTest, ParseThrowsWhatWhyNotSays) {
  try {
    MigrationId::Parse("a b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kManifest);
    EXPECT_EQ(error.message(), WhyNot("a b"));
  }
}

TEST(MigrationIdTest, ComparesAndHashesByText) {
  const MigrationId a = MigrationId::Parse("a");
  EXPECT_EQ(a, MigrationId::Trusted("a"));
  EXPECT_LT(a, MigrationId::Parse("b"));
  std::unordered_set<MigrationId> set = {a, MigrationId::Parse("a"), MigrationId::Parse("A")};
  EXPECT_EQ(set.size(), 2U);
}

TEST(SlugTest, IsWhatFollowsTheNumber) {
  EXPECT_EQ(SlugOf("20261122101500_create_users"), "create_users");
  EXPECT_EQ(SlugOf("0001-create"), "create");
  EXPECT_EQ(SlugOf("V2__add_users"), "add_users");
  EXPECT_EQ(SlugOf("v2.add"), "add");
  EXPECT_EQ(SlugOf("1.2.3_x"), "2.3_x");
  EXPECT_EQ(SlugOf("1_2_x"), "2_x");
}

TEST(SlugTest, IsEmptyWithoutANumberOrASeparator) {
  for (const char* id : {"", "create_users", "1", "123abc", "V", "Vx_1", "_1_x", "1_", "V2"})
    EXPECT_EQ(SlugOf(id), "") << id;
}

TEST(DirectionTest, HasAWordForEach) {
  EXPECT_STREQ(DirectionName(Direction::kUp), "up");
  EXPECT_STREQ(DirectionName(Direction::kDown), "down");
}

TEST(StepTest, ComparesEverything) {
  const Step step{MigrationId::Parse("a"), Direction::kUp};
  Step other = step;
  EXPECT_EQ(step, other);
  other.late = true;
  EXPECT_FALSE(step == other);
  EXPECT_TRUE(Plan{}.empty());
  EXPECT_FALSE(Plan{{step}}.empty());
}

}  // namespace
}  // namespace sqlmig
