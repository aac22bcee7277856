#include "support/edit_distance.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

std::string Near(std::string_view word, const std::vector<std::string>& candidates) {
  return DidYouMean(word, candidates).value_or("-");
}

TEST(DidYouMeanTest, FindsOneSlipOfTheFinger) {
  const std::vector<std::string> words = {"create_users", "create_bots", "drop_users"};
  EXPECT_EQ(Near("create_users", words), "create_users");
  EXPECT_EQ(Near("create_usrs", words), "create_users");    // left out
  EXPECT_EQ(Near("create_uusers", words), "create_users");  // doubled
  EXPECT_EQ(Near("create_bits", words), "create_bots");     // wrong
  EXPECT_EQ(Near("craete_users", words), "create_users");   // swapped
}

TEST(DidYouMeanTest, SaysNothingRatherThanNonsense) {
  EXPECT_EQ(Near("zzzzzz", {"create_users", "heads"}), "-");
  EXPECT_EQ(Near("anything", {}), "-");
  EXPECT_EQ(Near("ab", {"xyz"}), "-");
  EXPECT_EQ(Near("abcdef", {"abcxyz"}), "-");  // three of six differ
  EXPECT_EQ(Near("", {"abc"}), "-");
}

TEST(DidYouMeanTest, AllowsAThirdOfTheWord) {
  EXPECT_EQ(Near("abcdef", {"abcdxy"}), "abcdxy");
  EXPECT_EQ(Near("abcdefghi", {"abcdefxyz"}), "abcdefxyz");
  EXPECT_EQ(Near("abcdefghi", {"abcdewxyz"}), "-");
  EXPECT_EQ(Near("a", {"b"}), "b");
  EXPECT_EQ(Near("ab", {"bc"}), "-");
}

TEST(DidYouMeanTest, TheNearestWinsThenTheFirst) {
  EXPECT_EQ(Near("abcdef", {"abcdxx", "abcdex", "abcxef"}), "abcdex");
  EXPECT_EQ(Near("abcdef", {"abcdxx", "abcdyy"}), "abcdxx");
  EXPECT_EQ(Near("abcdef", {"abcdxx", "abcdef"}), "abcdef");
}

TEST(DidYouMeanTest, LongTextsCostNothingWhenTheyDifferInLength) {
  EXPECT_EQ(Near("abc", {std::string(10'000'000, 'a')}), "-");
}

}  // namespace
}  // namespace sqlmig
