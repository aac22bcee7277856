#include "report/difference_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using ::testing::HasSubstr;

std::string LineFor(const std::string& before, const std::string& after) {
  return DifferenceLines({{"f()", "function", "definition", before, after}}, 10);
}

TEST(DifferenceTextTest, ShortValuesAreShownWhole) {
  EXPECT_THAT(LineFor("SELECT 1", "SELECT 2"), HasSubstr("definition: SELECT 1 -> SELECT 2\n"));
  EXPECT_THAT(LineFor("", "SELECT\n  2"), HasSubstr("definition: (default) -> SELECT 2\n"));
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
