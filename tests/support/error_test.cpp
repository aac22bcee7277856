#include "support/error.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

TEST(ErrorTest, CarriesWhatItWasBuiltWith) {
  Error error = Error(ErrorCode::kScript, "broken")
                    .At({"a.sql", {3, 7}})
                    .Excerpt("  3 | x\n")
                    .Hint("mend it")
                    .Sql({"42601", "detail", "server's hint", "where"})
                    .Also({Error(ErrorCode::kGraph, "second")});
  error.AddContext("while loading");
  EXPECT_EQ(error.code(), ErrorCode::kScript);
  EXPECT_STREQ(error.what(), "broken");
  EXPECT_EQ(error.message(), "broken");
  EXPECT_TRUE(error.has_location());
  EXPECT_EQ(error.location(), (TextLocation{"a.sql", {3, 7}}));
  EXPECT_EQ(error.excerpt(), "  3 | x\n");
  EXPECT_EQ(error.hint(), "mend it");
  EXPECT_EQ(error.sql().sqlstate, "42601");
  EXPECT_EQ(error.sql().context, "where");
  EXPECT_EQ(error.context(), std::vector<std::string>{"while loading"});
  ASSERT_EQ(error.also().size(), 1U);
  EXPECT_EQ(error.also()[0].message(), "second");
}

TEST(ErrorTest, HasNoPlaceUnlessGivenOne) {
  const Error error(ErrorCode::kUsage, "wrong");
  EXPECT_FALSE(error.has_location());
  EXPECT_TRUE(error.hint().empty());
  EXPECT_TRUE(error.also().empty());
}

TEST(ErrorTest, ChangingACopyLeavesTheOriginal) {
  Error original(ErrorCode::kUsage, "wrong");
  original.SetHint("first");
  Error copy = original;
  copy.SetHint("second");
  copy.AddContext("in the copy");
  EXPECT_EQ(original.hint(), "first");
  EXPECT_TRUE(original.context().empty());
  EXPECT_EQ(copy.hint(), "second");

  Error assigned(ErrorCode::kIo, "other");
  assigned = original;
  original.SetHint("third");
  EXPECT_EQ(assigned.hint(), "first");
  EXPECT_EQ(assigned.message(), "wrong");
}

TEST(ErrorTest, RethrownWithContextKeepsWhatItWas) {
  try {
    try {
      throw Error(ErrorCode::kSql, "inner").At({"f", {1, 2}}).Hint("hint");
    } catch (Error& error) {
      error.AddContext("outer");
      throw;
    }
  } catch (const std::exception& caught) {
    const auto* error = dynamic_cast<const Error*>(&caught);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->context(), std::vector<std::string>{"outer"});
    EXPECT_EQ(error->hint(), "hint");
    EXPECT_STREQ(caught.what(), "inner");
  }
}

TEST(ErrorTest, ThrowAllThrowsTheFirstWithTheOthers) {
  ThrowAll({});
  std::vector<Error> problems;
  for (const char* text : {"one", "two", "three"}) problems.emplace_back(ErrorCode::kManifest, text);
  try {
    ThrowAll(problems);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "one");
    ASSERT_EQ(error.also().size(), 2U);
    EXPECT_EQ(error.also()[0].message(), "two");
    EXPECT_EQ(error.also()[1].message(), "three");
  }
  EXPECT_TRUE(problems[0].also().empty());  // the caller's are as they were
}

TEST(ErrorTest, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  const int count = static_cast<int>(ErrorCode::kInternal) + 1;
  for (int i = 0; i < count; ++i) {
    const std::string_view name = ErrorCodeName(static_cast<ErrorCode>(i));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << name;
  }
}

}  // namespace
}  // namespace sqlmig
