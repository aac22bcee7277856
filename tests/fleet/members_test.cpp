#include "fleet/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/member_filter.h"

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Member> Make(const std::string& csv, const std::string& base = "") {
  MemberPlaces places;
  places.environment = [](std::string_view) { return std::nullopt; };
  if (!base.empty()) places.base = Conninfo::Parse(base);
  return MakeMembers(ParseMemberCsv(csv, "m.csv"), places);
}

std::string Value(const Member& member, const std::string& key) {
  const std::string* const value = member.conninfo ? member.conninfo->Find(key) : nullptr;
  return value == nullptr ? "" : *value;
}

std::vector<std::string> Names(const std::vector<Member>& members) {
  std::vector<std::string> names;
  for (const Member& member : members) names.push_back(member.name);
  return names;
}

std::string ProblemOf(const Member& member) {
  EXPECT_FALSE(member.problem && member.conninfo);
  return member.problem ? member.problem->message() : "";
}

TEST(MembersTest, AWholeUrlStandsAloneAndANameIsCompleted) {
  const auto members =
      Make("name,url\na,postgresql://h1/x\nb,bot_b\nc,host=h3 dbname=y\n", "host=h2 user=deploy dbname=meta");
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(Value(members[0], "host"), "h1");
  EXPECT_EQ(Value(members[0], "user"), "");
  EXPECT_EQ(Value(members[1], "host"), "h2");
  EXPECT_EQ(Value(members[1], "user"), "deploy");
  EXPECT_EQ(Value(members[1], "dbname"), "bot_b");
  EXPECT_EQ(Value(members[2], "host"), "h3");
}

TEST(MembersTest, WaveAndLabels) {
  const auto members = Make("name,url,wave,labels,region\na,dbname=a,2,\"big, tier=1 big\",eu\nb,dbname=b,,,\n");
  EXPECT_EQ(members[0].wave, 2);
  EXPECT_THAT(members[0].labels, ElementsAre("big", "region=eu", "tier=1"));
  EXPECT_EQ(members[1].wave, std::nullopt);
  EXPECT_THAT(members[1].labels, IsEmpty());
}

TEST(MembersTest, AMalformedMemberIsItsOwnFailure) {
  const auto members = Make(
      "name,url,wave\n"
      "good,dbname=g,\n"
      ",dbname=h,\n"
      "empty,,\n"
      "bare,bot_x,\n"
      "nodb,host=h,\n"
      "wave,dbname=w,soon\n"
      "short,dbname=s\n"
      "broken,postgresql://u:se%zzcret@h/d,\n");
  ASSERT_EQ(members.size(), 8U);
  EXPECT_EQ(ProblemOf(members[0]), "");
  EXPECT_EQ(members[1].name, "(row 2)");
  EXPECT_EQ(ProblemOf(members[1]), "it has no name");
  EXPECT_EQ(ProblemOf(members[2]), "it has no url");
  EXPECT_THAT(ProblemOf(members[3]), HasSubstr("only the name of a database"));
  EXPECT_EQ(ProblemOf(members[4]), "its url names no database");
  EXPECT_EQ(ProblemOf(members[5]), "its wave is no number");
  EXPECT_EQ(ProblemOf(members[6]), "it has 2 values, and the list has 3 columns");
  EXPECT_NE(ProblemOf(members[7]), "");
  EXPECT_EQ(ProblemOf(members[7]).find("cret"), std::string::npos);
  EXPECT_THAT(members[7].problem->context(), ElementsAre("m.csv:9"));
}

TEST(MembersTest, TwoThatAreOneDatabaseFailBoth) {
  const auto members = Make("name,url\na,host=h dbname=x\nb,postgresql://h:5432/x\nc,host=h port=5433 dbname=x\n");
  EXPECT_THAT(ProblemOf(members[0]), HasSubstr("the same database as 'b'"));
  EXPECT_THAT(ProblemOf(members[1]), HasSubstr("the same database as 'a'"));
  EXPECT_EQ(ProblemOf(members[2]), "");
}

TEST(MembersTest, TwoOfOneNameFailBoth) {
  const auto members = Make("name,url\na,dbname=x\na,dbname=y\n");
  EXPECT_THAT(ProblemOf(members[0]), HasSubstr("two members are named 'a'"));
  EXPECT_THAT(ProblemOf(members[1]), HasSubstr("two members are named 'a'"));
}

TEST(MembersTest, AListWithoutItsColumnsIsRefused) {
  try {
    Make("id,url\n1,dbname=x\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kMember);
    EXPECT_THAT(error.message(), HasSubstr("no column 'name'"));
    EXPECT_THAT(error.hint(), HasSubstr("id, url"));
  }
  EXPECT_THAT(Make(""), IsEmpty());
}

TEST(MemberFilterTest, NamesGlobsAndLabels) {
  const auto members = Make("name,url,labels\nada,dbname=a,canary region=eu\nbob,dbname=b,region=us\nadam,dbname=c,\n");
  EXPECT_THAT(Names(Filtered(members, {})), ElementsAre("ada", "bob", "adam"));
  EXPECT_THAT(Names(Filtered(members, {{"ada"}, {}})), ElementsAre("ada"));
  EXPECT_THAT(Names(Filtered(members, {{"ada*"}, {}})), ElementsAre("ada", "adam"));
  EXPECT_THAT(Names(Filtered(members, {{"region=*"}, {"canary"}})), ElementsAre("bob"));
  EXPECT_THAT(Names(Filtered(members, {{"adam", "region=eu"}, {}})), ElementsAre("ada", "adam"));
  EXPECT_THAT(Names(Filtered(members, {{}, {"*"}})), IsEmpty());
}

TEST(MemberFilterTest, OnlyWhoIsNotThereIsRefused) {
  try {
    Filtered(Make("name,url\nalice,dbname=a\n"), {{"alise"}, {}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTarget);
    EXPECT_EQ(error.hint(), "did you mean 'alice'?");
  }
}

}  // namespace
}  // namespace sqlmig
