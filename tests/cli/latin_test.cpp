#include "cli/latin.h"

#include <gtest/gtest.h>

namespace sqlmig::testing {
namespace {

TEST(LatinTest, MarksAreLeftOut) {
  EXPECT_EQ(WithoutMarks("Z\u00fcrich \u00c4rger Stra\u00dfe"), "Zuerich aerger Strasse");
  EXPECT_EQ(WithoutMarks("caf\u00e9 \u00e6r\u00f8 \u00ff"), "cafe aero y");
  EXPECT_EQ(
      WithoutMarks("\u0105\u010d\u0111\u0119\u011f\u0127\u0131\u0135\u0137\u0142\u0148\u0151\u0159\u015f\u0163\u0171"
                   "\u0175\u0177\u017e"),
      "acdeghijklnorstuwyz");
  EXPECT_EQ(WithoutMarks("u\u0308ber"), "uber");
}

TEST(LatinTest, EverythingElseStays) {
  EXPECT_EQ(WithoutMarks("plain 7 \u00d7 \u00f7 \u0436 \u65e5"), "plain 7 \u00d7 \u00f7 \u0436 \u65e5");
  EXPECT_EQ(WithoutMarks("cut \xc3"), "cut \xc3");
}

}  // namespace
}  // namespace sqlmig::testing
