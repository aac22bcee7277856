#include "report/difference_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using ::testing::HasSubstr;

std::string LineFor(const std::string& before, const std::string& after) {
  return DifferenceLines({{"function", "f()", "definition", before, after}}, 10);
}

TEST(DifferenceTextTest, ShortValuesAreShownWhole) {
  EXPECT_THAT(LineFor("SELECT 1", "SELECT 2"), HasSubstr("definition: SELECT 1 -> SELECT 2\n"));
  EXPECT_THAT(LineFor("", "SELECT\n  2"), HasSubstr("definition: none -> SELECT 2\n"));
}

std::string Told(const std::string& kind, const std::string& what, const std::string& before,
                 const std::string& after) {
  const std::string line = DifferenceLines({{kind, "x", what, before, after}}, 1);
  return line.substr(line.find("x: ") + 3);
}

TEST(DifferenceTextTest, WhatIsLeftOutIsSaidInWords) {
  EXPECT_EQ("not null: no -> yes\n", Told("column", "not null", "", "yes"));
  EXPECT_EQ("valid: yes -> no\n", Told("constraint", "valid", "", "no"));
  EXPECT_EQ("default: 5 -> none\n", Told("column", "default", "5", ""));
  EXPECT_EQ("comment: none -> new\n", Told("table", "comment", "", "new"));
  EXPECT_EQ("persistence: unlogged -> logged\n", Told("table", "persistence", "unlogged", ""));
  EXPECT_EQ("storage: that of the type -> external\n", Told("column", "storage", "", "external"));
  EXPECT_EQ("enabled: yes -> on replicas\n", Told("trigger", "enabled", "", "on replicas"));
  EXPECT_EQ("type: integer -> bigint\n", Told("sequence", "type", "integer", ""));
}

TEST(DifferenceTextTest, PrivilegesThatEverybodyHasByDefaultAreNamed) {
  EXPECT_EQ("privileges of PUBLIC: EXECUTE (by default) -> none\n",
            Told("function", "privileges of PUBLIC", "", "none"));
  EXPECT_EQ("privileges of PUBLIC: none -> SELECT\n", Told("table", "privileges of PUBLIC", "", "SELECT"));
  EXPECT_EQ("privileges of app: SELECT -> none\n", Told("table", "privileges of app", "SELECT", ""));
  EXPECT_EQ("privileges of app: those by default -> none\n", Told("table", "privileges of app", "", "none"));
}

TEST(DifferenceTextTest, LongValuesAreShownWhereTheyDiffer) {
  const std::string same(1000, 'x');
  const std::string line = LineFor(same + " old " + same, same + " new " + same);
  EXPECT_THAT(line, HasSubstr(" old x"));
  EXPECT_THAT(line, HasSubstr(" new x"));
  EXPECT_LT(line.size(), 500U);
  EXPECT_THAT(LineFor(same + "\xC3\xA9", same + "\xC3\xA8"), HasSubstr("x\xC3\xA9 -> ... x")) << "of whole characters";
}

TEST(DifferenceTextTest, WhiteSpaceAloneIsShownAsWhatItIs) {
  EXPECT_THAT(LineFor("BEGIN\n  x;\nEND", "BEGIN\n    x;\nEND"),
              HasSubstr("definition: only white space, first in line 2: \"  x;\" -> \"    x;\"\n"));
  EXPECT_THAT(LineFor("a\n\nb", "a\nb"), HasSubstr("first in line 2: \"\" -> \"b\"\n"));
  EXPECT_THAT(LineFor("a", "a\n"), HasSubstr("only white space"));
}

}  // namespace
}  // namespace sqlmig
