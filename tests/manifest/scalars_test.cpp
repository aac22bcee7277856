#include "manifest/scalars.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using std::chrono::milliseconds;

TEST(DurationTest, HasANumberAndAUnit) {
  struct Case {
    const char* text;
    std::int64_t ms;
  };
  for (const auto& [text, ms] : {Case{"0", 0}, Case{"000", 0}, Case{"500ms", 500}, Case{"3s", 3000}, Case{"3 s", 3000},
                                 Case{" 10min ", 600'000}, Case{"1h", 3'600'000}, Case{"1d", 86'400'000},
                                 Case{"24d", 2'073'600'000}, Case{"2147483647ms", 2'147'483'647}}) {
    const auto duration = ParseDuration(text);
    ASSERT_TRUE(duration.value.has_value()) << text;
    EXPECT_EQ(*duration.value, milliseconds(ms)) << text;
  }
}

TEST(DurationTest, SaysWhyNot) {
  EXPECT_EQ(ParseDuration("-1s").complaint.message, "cannot be negative: '-1s'");
  EXPECT_EQ(ParseDuration("2147483648ms").complaint.message, "is too long: '2147483648ms'");
  EXPECT_EQ(ParseDuration("25d").complaint.message, "is too long: '25d'");
  EXPECT_EQ(ParseDuration("99999999999999999999999h").complaint.message, "is too long: '99999999999999999999999h'");
  EXPECT_EQ(ParseDuration(" 60 ").complaint.message, "needs a unit: ' 60 '");
  EXPECT_EQ(ParseDuration(" 60 ").complaint.hint, "write 60ms, 60s, 60min, 60h or 60d");
  for (const std::string text : {"", "s", "1.5s", "3m", "3 minutes", "3s3s", "0x10", "+3s", "1e3", "3S"}) {
    EXPECT_EQ(ParseDuration(text).complaint.message, "is not a duration: '" + text + "'");
  }
}

TEST(DurationTest, IsWrittenAsItCanBeRead) {
  for (const char* text : {"0", "1ms", "1500ms", "3s", "90s", "10min", "1h", "36h", "2d"}) {
    EXPECT_EQ(DurationText(ParseDuration(text).value.value()), text);
  }
}

TEST(ServerRequirementTest, HasAnOperatorAndANumber) {
  using Compare = ServerRequirement::Compare;
  struct Case {
    const char* text;
    Compare compare;
  };
  for (const auto& [text, compare] :
       {Case{">=16", Compare::kGreaterEqual}, Case{"> 16", Compare::kGreater}, Case{"=16", Compare::kEqual},
        Case{"==16", Compare::kEqual}, Case{"<16", Compare::kLess}, Case{"<=16", Compare::kLessEqual}}) {
    const auto required = ParseServerRequirement(text);
    ASSERT_TRUE(required.value.has_value()) << text;
    EXPECT_EQ(required.value->compare, compare) << text;
    EXPECT_EQ(required.value->major, 16);
  }
  for (const char* text : {"", "16", ">=", ">=16.1", "=>16", ">=123456", "~16"})
    EXPECT_FALSE(ParseServerRequirement(text).value.has_value()) << text;
}

TEST(InnerPathTest, StaysBelowTheFolder) {
  struct Case {
    const char* text;
    const char* path;
  };
  for (const auto& [text, path] : {Case{"sql", "sql"}, Case{"./sql//x/", "sql/x"}, Case{"a/../b", "b"}, Case{".", "."},
                                   Case{"a/..", "."}, Case{"..a", "..a"}}) {
    ASSERT_TRUE(ParseInnerPath(text).value.has_value()) << text;
    EXPECT_EQ(*ParseInnerPath(text).value, path);
  }
  for (const char* text : {"", "/etc", "..", "a/../..", "../x", "a/../../a", "${DIR}/x", "a\nb"})
    EXPECT_FALSE(ParseInnerPath(text).value.has_value()) << text;
}

TEST(VariablesTest, AreReplacedOnce) {
  const Environment environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "A") return "${B}$$";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  EXPECT_EQ(ExpandVariables("${A}", environment).text, "${B}$$");
  EXPECT_EQ(ExpandVariables("$$${A}$", environment).text, "$${B}$$$");
  EXPECT_EQ(ExpandVariables("x${EMPTY}y", environment).text, "xy");
  EXPECT_EQ(ExpandVariables("${NONE:-}", environment).text, "");
  EXPECT_EQ(ExpandVariables("$A $ {A}", environment).text, "$A $ {A}");
  EXPECT_TRUE(ExpandVariables("x${NONE}", environment).unset);
  EXPECT_FALSE(ExpandVariables("${NONE:-d}", environment).unset);
  for (const char* text : {"ab${", "ab${}", "ab${A", "ab${1}", "ab${A-x}", "ab${A:?x}", "ab${A:-${B}}", "ab${ A}"}) {
    const Expansion expansion = ExpandVariables(text, environment);
    ASSERT_TRUE(expansion.wrong.has_value()) << text;
    EXPECT_EQ(expansion.offset, 2U);
  }
}

}  // namespace
}  // namespace sqlmig
