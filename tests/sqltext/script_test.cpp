#include "sqltext/script.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sqltext/rendered_error.h"

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ParsedScript ParseAs(std::string_view text, ScriptMode mode = ScriptMode::kTransactional) {
  return ParseScript(std::string(text), "up.sql", mode);
}

std::vector<std::string> Statements(const ParsedScript& script) {
  std::vector<std::string> texts;
  for (const Statement& statement : script.statements) {
    texts.push_back(script.sql.substr(statement.begin, statement.end - statement.begin));
  }
  return texts;
}

TEST(ParseScriptTest, CutsStatementsWithoutBlanksCommentsAndSemicolons) {
  const ParsedScript script = ParseAs("-- first\n SELECT 1 /* a */ ; -- b;\n;;\tSELECT ';' /* c */\n");
  EXPECT_TRUE(script.parsed);
  EXPECT_THAT(Statements(script), ElementsAre("SELECT 1", "SELECT ';'"));
  EXPECT_THAT(script.units, IsEmpty());
  EXPECT_THAT(script.copy_data, IsEmpty());
  EXPECT_EQ(script.isolation_level, "");
  EXPECT_FALSE(script.doubt);
}

TEST(ParseScriptTest, TakesScriptsWithoutStatements) {
  for (const std::string_view text : {"", "\n", ";", " ; ;\n", "-- nothing", "/* nothing */", "\xEF\xBB\xBF"}) {
    const ParsedScript script = ParseAs(text);
    EXPECT_TRUE(script.parsed) << text;
    EXPECT_THAT(script.statements, IsEmpty()) << text;
  }
}

TEST(ParseScriptTest, EndsTheTextWithANewline) {
  EXPECT_EQ(ParseAs("").sql, "\n");
  EXPECT_EQ(ParseAs("SELECT 1").sql, "SELECT 1\n");
  EXPECT_EQ(ParseAs("SELECT 1; -- end").sql, "SELECT 1; -- end\n");
  EXPECT_EQ(ParseAs("SELECT 1;\r\n").sql, "SELECT 1;\r\n");
}

TEST(ParseScriptTest, SkipsTheByteOrderMarkInColumnsToo) {
  const ParsedScript script = ParseAs("\xEF\xBB\xBFSELECT 1");
  EXPECT_EQ(script.sql, "SELECT 1\n");
  EXPECT_EQ(script.PositionInFile(7), (TextPosition{1, 8}));
}

TEST(ParseScriptTest, CountsColumnsInCharacters) {
  const ParsedScript script = ParseAs("SELECT '\xC3\xA4\xC3\xB6',\n  '\xE6\x97\xA5', x;");
  EXPECT_EQ(script.PositionInFile(script.sql.find(",\n")), (TextPosition{1, 12}));
  EXPECT_EQ(script.PositionInFile(script.sql.find('x')), (TextPosition{2, 8}));
  EXPECT_EQ(script.PositionInFile(script.sql.size()), script.PositionInFile(script.original.size()));
  EXPECT_EQ(script.PositionInFile(1'000'000), script.PositionInFile(script.original.size()));
}

TEST(ParseScriptTest, MakesAUnitOfEachStatementOrBlockOfANonTransactionalScript) {
  const ParsedScript script = ParseAs(
      "CREATE INDEX CONCURRENTLY a ON t (a); BEGIN; SELECT 1; SAVEPOINT s; ROLLBACK TO s; COMMIT; SELECT 2;\n"
      "START TRANSACTION READ ONLY; END; VACUUM",
      ScriptMode::kNonTransactional);
  std::vector<std::pair<std::size_t, std::size_t>> units;
  for (const Unit& unit : script.units) units.emplace_back(unit.first_statement, unit.statements);
  using Pair = std::pair<std::size_t, std::size_t>;
  EXPECT_THAT(units, ElementsAre(Pair{0, 1}, Pair{1, 5}, Pair{6, 1}, Pair{7, 2}, Pair{9, 1}));
  EXPECT_EQ(Statements(script).at(1), "BEGIN");
}

TEST(ParseScriptTest, KeepsAScriptThatTheParserDoesNotKnowAndSaysWhy) {
  const ParsedScript script =
      ParseAs("SELECT '\xC3\xA4';\nMERGE INTO t USING s ON true WHEN MATCHED THEN DELETE\n  RETURNING *;");
  EXPECT_FALSE(script.parsed);
  EXPECT_THAT(Statements(script),
              ElementsAre("SELECT '\xC3\xA4'", "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE\n  RETURNING *"));
  ASSERT_TRUE(script.doubt);
  EXPECT_EQ(script.doubt->message, "syntax error at or near \"RETURNING\"");
  EXPECT_EQ(script.doubt->at, (TextPosition{3, 3}));
}

TEST(ParseScriptTest, CutsTheParsersMessageShort) {
  const ParsedScript script =
      ParseAs("SELECT FROM WHERE '" + std::string(1000, 'x') + "\n' LIMIT '" + std::string(1000, 'y') + "' 1");
  ASSERT_TRUE(script.doubt);
  EXPECT_LT(script.doubt->message.size(), 250U);
  EXPECT_EQ(script.doubt->message.find('\n'), std::string::npos);
}

TEST(ParseScriptTest, RefusesWhatIsSurelyAnError) {
  EXPECT_EQ(Refusal("SELECT 1;\nSELECT 'it''s;\n", ScriptMode::kTransactional),
            "up.sql:2:8: unterminated quoted string\n"
            "  2 | SELECT 'it''s;\n"
            "    |        ^\n"
            "hint: close it with a single quote; write a quote inside the string twice\n");
  EXPECT_EQ(Refusal("SELECT \"\xC3\xA4\", \"a;\n", ScriptMode::kTransactional),
            "up.sql:1:13: unterminated quoted identifier\n"
            "  1 | SELECT \"\xC3\xA4\", \"a;\n"
            "    |             ^\n"
            "hint: close it with '\"'\n");
  EXPECT_EQ(Refusal("/* a /* b */\nSELECT 1;", ScriptMode::kTransactional),
            "up.sql:1:1: unterminated comment\n"
            "  1 | /* a /* b */\n"
            "    | ^\n"
            "hint: close it with '*/'; comments nest\n");
  EXPECT_EQ(Refusal("DO $do$ BEGIN END $DO$;", ScriptMode::kNonTransactional),
            "up.sql:1:4: unterminated dollar-quoted string '$do$'\n"
            "  1 | DO $do$ BEGIN END $DO$;\n"
            "    |    ^\n"
            "hint: close it with '$do$'\n");
}

TEST(ParseScriptTest, RefusesBytesThatAreNoText) {
  EXPECT_EQ(Refusal(std::string_view("SELECT 1;\n-- a\0b\n", 16), ScriptMode::kTransactional),
            "up.sql:2:5: NUL byte in the script\n"
            "  2 | -- a?b\n"
            "    |     ^\n"
            "hint: save the file as UTF-8 text\n");
  EXPECT_EQ(Refusal("SELECT 'caf\xE9';", ScriptMode::kTransactional),
            "up.sql:1:12: byte 0xE9 is not valid UTF-8\n"
            "  1 | SELECT 'caf?';\n"
            "    |            ^\n"
            "hint: save the file as UTF-8 text\n");
  EXPECT_THAT(Refusal(std::string_view("\xFF\xFES\0", 4), ScriptMode::kTransactional),
              ::testing::StartsWith("up.sql:1:1: byte 0xFF is not valid UTF-8\n"));
}

TEST(ParseScriptTest, RefusesCommandsOfPsql) {
  EXPECT_EQ(Refusal("SELECT 1;\n  \\i users.sql\n", ScriptMode::kTransactional),
            "up.sql:2:3: '\\i' is not SQL\n"
            "  2 |   \\i users.sql\n"
            "    |   ^\n"
            "hint: put the included statements here; sqlmig sends SQL to the server itself, and '\\i' is a command of "
            "psql\n");
  EXPECT_EQ(Refusal("SELECT 1 \\gexec", ScriptMode::kNonTransactional),
            "up.sql:1:10: '\\gexec' is not SQL\n"
            "  1 | SELECT 1 \\gexec\n"
            "    |          ^\n"
            "hint: remove it; sqlmig sends SQL to the server itself, and '\\gexec' is a command of psql\n");
  EXPECT_EQ(Refusal("\\copy t from 'a.csv'", ScriptMode::kTransactional),
            "up.sql:1:1: '\\copy' is not SQL\n"
            "  1 | \\copy t from 'a.csv'\n"
            "    | ^\n"
            "hint: write 'COPY ... FROM stdin;' with the data below it and a last line '\\.'; '\\copy' is a command of "
            "psql\n");
  EXPECT_EQ(Refusal("SELECT 1;\n\\.\n", ScriptMode::kTransactional),
            "up.sql:2:1: '\\.' is not SQL\n"
            "  2 | \\.\n"
            "    | ^\n"
            "hint: put it on a line of its own, below the data of a 'COPY ... FROM stdin;'\n");
  EXPECT_THAT(Refusal("\\" + std::string(100, 'x'), ScriptMode::kTransactional),
              ::testing::StartsWith("up.sql:1:1: '\\xxxxxxxxxxxxxxxxxxx...' is not SQL\n"));
}

TEST(ParseScriptTest, LetsBackslashesBeInStringsCommentsAndBodies) {
  EXPECT_EQ(Refusal("SELECT '\\i', E'\\\\i', $$\\i$$, \"\\i\"; -- \\i\n/* \\i */", ScriptMode::kTransactional), "");
}

struct Hostile {
  std::string_view before;
  std::string_view after;
  int deepest = 100'000;  // what is too slow for the server is refused
};

// Neither the parser's stack nor its time may be at the mercy of a script.
TEST(ParseScriptTest, SurvivesDeepNesting) {
  for (const Hostile& hostile :
       {Hostile{"(", ")"}, Hostile{"SELECT * FROM (", ") x"}, Hostile{"NOT ", ""},
        Hostile{"CASE WHEN true THEN ", " END"}, Hostile{"1+", ""}, Hostile{"+", "", 3'000}, Hostile{"- ", ""},
        Hostile{"/*", "*/", 3'000}, Hostile{"+/**/", "", 3'000}, Hostile{"ARRAY[", "]"}, Hostile{"true OR ", ""},
        Hostile{"SELECT 1 UNION ", ""}, Hostile{"x.", ""}}) {
    for (const int depth : {100, 3'000, hostile.deepest}) {
      std::string text = "SELECT ";
      for (int i = 0; i < depth; ++i) text += hostile.before;
      text += "1";
      for (int i = 0; i < depth; ++i) text += hostile.after;
      EXPECT_EQ(ParseAs(text).statements.size(), 1U) << hostile.before << " " << depth;
    }
  }
}

TEST(ParseScriptTest, SplitsVeryLargeScriptsWithoutTheParser) {
  std::string text;
  while (text.size() < 9'000'000) text += "INSERT INTO t VALUES (1, 'a;b', $$;$$); -- ;\n";
  const ParsedScript script = ParseAs(text);
  EXPECT_FALSE(script.parsed);
  EXPECT_FALSE(script.doubt);
  EXPECT_EQ(script.statements.size(), text.size() / 45);
}

// 40,000 of them cost the server 55 seconds.
TEST(HostileTextTest, CommentsThatNestTooDeepAreRefused) {
  const auto nested = [](std::size_t depth) {
    std::string text = "SELECT 1;\n  ";
    for (std::size_t i = 0; i < depth; ++i) text += "/*";
    for (std::size_t i = 0; i < depth; ++i) text += "*/";
    return text + "\nSELECT 2;\n";
  };
  const std::string refused = Refusal(nested(40'000), ScriptMode::kTransactional);
  EXPECT_EQ(refused.substr(0, refused.find('\n')),
            "up.sql:2:3: comments that nest so deep, or an operator so long, that the server cannot read them in "
            "sensible time");
  const ParsedScript deep = ParseScript(nested(4'000), "up.sql", ScriptMode::kTransactional);
  EXPECT_FALSE(deep.parsed);
  EXPECT_EQ(deep.unread, "its comments nest too deep, or its operators are too long");
  EXPECT_EQ(deep.statements.size(), 2U);
  EXPECT_EQ(ParseScript(nested(400), "up.sql", ScriptMode::kTransactional).unread, "");
}

}  // namespace
}  // namespace sqlmig
