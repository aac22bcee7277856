#include "fleet/member_table.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

std::string Refusal(const std::function<MemberTable()>& parse) {
  try {
    parse();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kMember);
    return error.message();
  }
  return "";
}

TEST(MemberCsvTest, RowsKnowTheirLines) {
  const MemberTable table =
      ParseMemberCsv("name,url,note\r\nada,\"host=h dbname=a\",\n\n\"b\"\"ob\",u,\"two\nlines\"\neve,v,x", "m.csv");
  EXPECT_THAT(table.columns, ElementsAre("name", "url", "note"));
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_THAT(table.rows[0].values, ElementsAre(Optional(std::string("ada")), Optional(std::string("host=h dbname=a")),
                                                Optional(std::string())));
  EXPECT_THAT(table.rows[1].values, ElementsAre(Optional(std::string("b\"ob")), Optional(std::string("u")),
                                                Optional(std::string("two\nlines"))));
  EXPECT_EQ(table.rows[0].line, 2);
  EXPECT_EQ(table.rows[1].line, 4);
  EXPECT_EQ(table.rows[2].line, 6);
}

TEST(MemberCsvTest, ByteOrderMarkIsNoPartOfAName) {
  EXPECT_THAT(ParseMemberCsv("\xEF\xBB\xBFname,url\na,b\n", "m.csv").columns, ElementsAre("name", "url"));
}

TEST(MemberCsvTest, NothingAndOnlyAHeader) {
  EXPECT_TRUE(ParseMemberCsv("", "m.csv").columns.empty());
  EXPECT_TRUE(ParseMemberCsv("name,url\n", "m.csv").rows.empty());
}

TEST(MemberCsvTest, AnOpenQuoteIsRefusedWithItsLineAndWithoutItsText) {
  const std::string refusal =
      Refusal([] { return ParseMemberCsv("name,url\na,b\nc,\"postgresql://u:secret@h/d\n", "m.csv"); });
  EXPECT_THAT(refusal, HasSubstr("m.csv:3"));
  EXPECT_EQ(refusal.find("secret"), std::string::npos);
}

TEST(MemberYamlTest, KeysAreColumns) {
  const MemberTable table =
      ParseMemberYaml("- {name: ada, url: bot_ada}\n- name: bob\n  region: eu\n  url:\n", "m.yaml");
  EXPECT_THAT(table.columns, ElementsAre("name", "url", "region"));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_THAT(table.rows[0].values,
              ElementsAre(Optional(std::string("ada")), Optional(std::string("bot_ada")), std::nullopt));
  EXPECT_THAT(table.rows[1].values,
              ElementsAre(Optional(std::string("bob")), std::nullopt, Optional(std::string("eu"))));
  EXPECT_EQ(table.rows[1].line, 2);
}

TEST(MemberYamlTest, WhatIsNoListOfMapsIsRefusedWithItsPlace) {
  EXPECT_THAT(Refusal([] { return ParseMemberYaml("name: ada\n", "m.yaml"); }), HasSubstr("m.yaml:1:1"));
  EXPECT_THAT(Refusal([] { return ParseMemberYaml("- {name: a, url: u}\n- b\n", "m.yaml"); }), HasSubstr("m.yaml:2:3"));
  EXPECT_THAT(Refusal([] { return ParseMemberYaml("- {name: a, name: b}\n", "m.yaml"); }), HasSubstr("m.yaml:1:13"));
  EXPECT_THAT(Refusal([] { return ParseMemberYaml("- {name: [a]}\n", "m.yaml"); }), HasSubstr("m.yaml:1:10"));
  EXPECT_THAT(Refusal([] { return ParseMemberYaml("- {name: 'a\n", "m.yaml"); }), HasSubstr("m.yaml:"));
}

}  // namespace
}  // namespace sqlmig
