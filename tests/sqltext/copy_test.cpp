// COPY ... FROM stdin with its data in the script.
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sqltext/rendered_error.h"
#include "sqltext/script.h"

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ParsedScript Parse(std::string_view text, ScriptMode mode = ScriptMode::kTransactional) {
  return ParseScript(std::string(text), "up.sql", mode);
}

std::vector<bool> Copies(const ParsedScript& script) {
  std::vector<bool> copies;
  for (const Statement& statement : script.statements) copies.push_back(statement.copy_from_stdin);
  return copies;
}

TEST(CopyTest, CutsTheDataOut) {
  const ParsedScript script = Parse("SELECT 1;\nCOPY t (a, b) FROM stdin; -- rows\n1\ta;\n2\t'\n\\.\nSELECT 2;\n");
  EXPECT_TRUE(script.parsed);
  EXPECT_EQ(script.sql, "SELECT 1;\nCOPY t (a, b) FROM stdin; -- rows\nSELECT 2;\n");
  EXPECT_THAT(Copies(script), ElementsAre(false, true, false));
  EXPECT_THAT(script.copy_data, ElementsAre("1\ta;\n2\t'\n"));
  EXPECT_EQ(script.PositionInFile(script.sql.find("COPY")), (TextPosition{2, 1}));
  EXPECT_EQ(script.PositionInFile(script.sql.find("rows")), (TextPosition{2, 30}));
  EXPECT_EQ(script.PositionInFile(script.sql.find("SELECT 2")), (TextPosition{6, 1}));
}

TEST(CopyTest, TakesSeveral) {
  const ParsedScript script = Parse("COPY a FROM stdin;\n1\n\\.\nCOPY b FROM stdin;\n\\.\n\nCOPY c FROM stdin;\n2\n3");
  EXPECT_EQ(script.sql, "COPY a FROM stdin;\nCOPY b FROM stdin;\n\nCOPY c FROM stdin;\n");
  EXPECT_THAT(script.copy_data, ElementsAre("1\n", "", "2\n3"));
  EXPECT_THAT(Copies(script), ElementsAre(true, true, true));
  EXPECT_EQ(script.PositionInFile(script.sql.find("b FROM")), (TextPosition{4, 6}));
  EXPECT_EQ(script.PositionInFile(script.sql.find("c FROM")), (TextPosition{7, 6}));
}

TEST(CopyTest, KeepsTheBytesOfTheData) {
  EXPECT_THAT(Parse("COPY t FROM stdin;\r\n1\r\n\r\n\\.\r\nSELECT 1;\r\n").copy_data, ElementsAre("1\r\n\r\n"));
  EXPECT_THAT(Parse("COPY t FROM stdin;\n\\.x\n \\.\n\\\\.\na\\.\n\\. \n\\.").copy_data,
              ElementsAre("\\.x\n \\.\n\\\\.\na\\.\n\\. \n"));
  EXPECT_THAT(Parse("COPY t FROM stdin;\n\\i x\n$$ /* \" '\n").copy_data, ElementsAre("\\i x\n$$ /* \" '\n"));
  EXPECT_THAT(Parse("COPY t FROM stdin;\n1\n\\.\r").copy_data, ElementsAre("1\n"));
}

TEST(CopyTest, TakesAStatementWithoutData) {
  for (const std::string_view text :
       {"COPY t FROM stdin;\n", "COPY t FROM stdin;", "COPY t FROM stdin", "COPY t FROM stdin\n"}) {
    const ParsedScript script = Parse(text);
    EXPECT_THAT(script.copy_data, ElementsAre("")) << text;
    EXPECT_THAT(Copies(script), ElementsAre(true)) << text;
  }
}

TEST(CopyTest, KnowsTheStatementInAllItsForms) {
  for (const std::string_view statement :
       {"COPY t FROM STDIN", "copy /* c */ s.t\n(a, \"from\")\nfrom\nstdin",
        "COPY t FROM stdin WITH (FORMAT csv, HEADER)", "COPY t FROM stdin (FORMAT text) WHERE a IS NOT NULL",
        "COPY BINARY t FROM stdin", "COPY t FROM STDOUT", "COPY \"copy\" FROM stdin DELIMITERS ';'"}) {
    const ParsedScript script = Parse(std::string(statement) + ";\n1;\n\\.\nSELECT 1;");
    EXPECT_THAT(script.copy_data, ElementsAre("1;\n")) << statement;
    EXPECT_THAT(Copies(script), ElementsAre(true, false)) << statement;
    EXPECT_TRUE(script.parsed) << statement;
  }
}

TEST(CopyTest, LeavesOtherStatementsAlone) {
  for (const std::string_view statement :
       {"COPY t TO stdout", "COPY t FROM '/tmp/stdin'", "COPY (SELECT a FROM stdin) TO stdout", "SELECT a FROM stdin",
        "COPY t FROM PROGRAM 'stdin'", "DELETE FROM stdin", "COPY t FROM 'x' WHERE a IS DISTINCT FROM stdin"}) {
    const ParsedScript script = Parse(std::string(statement) + ";\nSELECT 1;");
    EXPECT_THAT(script.copy_data, IsEmpty()) << statement;
    EXPECT_THAT(Copies(script), ElementsAre(false, false)) << statement;
    EXPECT_TRUE(script.parsed) << statement;
  }
}

TEST(CopyTest, RefusesStatementsBetweenItAndItsData) {
  EXPECT_EQ(Refusal("COPY t FROM stdin; SELECT 1;\n1\n\\.\n", ScriptMode::kTransactional),
            "up.sql:1:20: text between 'COPY ... FROM stdin;' and its data\n"
            "  1 | COPY t FROM stdin; SELECT 1;\n"
            "    |                    ^\n"
            "hint: put it on a line of its own, after the line '\\.' that ends the data\n");
  EXPECT_THAT(Refusal("COPY t FROM stdin; /* a\n*/\n1\n\\.\n", ScriptMode::kTransactional),
              ::testing::StartsWith("up.sql:1:20: text between"));
  EXPECT_EQ(Refusal("COPY t FROM stdin; /* a */ -- b\n1\n\\.\n", ScriptMode::kTransactional), "");
}

TEST(CopyTest, StandsInBlocksAndOuterPairs) {
  const std::string_view text = "BEGIN;\nCOPY t FROM stdin;\n1\n\\.\nCOMMIT;\n";
  const ParsedScript script = Parse(text);
  EXPECT_EQ(script.sql, "      \nCOPY t FROM stdin;\n       \n");
  EXPECT_THAT(Copies(script), ElementsAre(true));
  const ParsedScript units = Parse(text, ScriptMode::kNonTransactional);
  ASSERT_EQ(units.units.size(), 1U);
  EXPECT_EQ(units.units[0].statements, 3U);
  EXPECT_THAT(units.copy_data, ElementsAre("1\n"));
}

TEST(CopyTest, IsFoundWhereTheParserFails) {
  const ParsedScript script = Parse("SELEC 1;\nCOPY t FROM stdin (NEW_OPTION (a;b));\n1\n\\.\nSELECT 1;");
  EXPECT_FALSE(script.parsed);
  EXPECT_THAT(Copies(script), ElementsAre(false, true, false));
  EXPECT_THAT(script.copy_data, ElementsAre("1\n"));
  EXPECT_EQ(script.doubt->at, (TextPosition{1, 1}));
}

TEST(CopyTest, ErrorsBehindTheDataHaveTheirPlaceInTheFile) {
  EXPECT_THAT(Refusal("COPY t FROM stdin;\n1\n2\n\\.\n ROLLBACK;\n", ScriptMode::kTransactional),
              ::testing::StartsWith("up.sql:5:2: 'ROLLBACK' undoes"));
}

}  // namespace
}  // namespace sqlmig
