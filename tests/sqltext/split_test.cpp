// The lexer's own split against the parser's, and properties of random scripts.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sqltext/control_invariants.h"
#include "sqltext/outline.h"
#include "sqltext/script.h"
#include "sqltext/script_invariants.h"

namespace sqlmig {
namespace {

constexpr std::string_view kTricky[] = {
    "SELECT $$;$$; SELECT $a$ $b$;$b$ $$;$$ $a$; SELECT 1",
    "SELECT 1 /* ; /* ; */ ; */; SELECT 2 -- ;\n; /**/ SELECT 3/*;*/",
    "SELECT E'\\';'; SELECT '\\'; SELECT E'\\\\'; SELECT 'a'';'",
    "SELECT E'a'\n'\\';'; SELECT 'a'\n'\\'; SELECT 1",
    "SELECT U&'\\0061;' UESCAPE '!'; SELECT U&\"a;\"; SELECT 1",
    "SELECT \";\"\";\"; SELECT B'01', X'1F', N';'; SELECT 1",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $x$ BEGIN; RETURN 1; END; $x$; SELECT 1",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; SELECT 1",
    "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES (1); END; SELECT 1",
    "create function f() returns int begin atomic select (case when true then 1 end) as \"end\"; end; select 1",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT x.end, 1 AS case, 2 AS end FROM x; END; SELECT 1",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC END; SELECT 1",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end; SELECT 1 case; SELECT case 1 when 1 then 2 end end; "
    "END; "
    "SELECT 1",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ; SELECT begin atomic FROM x;; END; SELECT 1",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC CREATE PROCEDURE g() BEGIN ATOMIC SELECT 1; END; SELECT 2; END; "
    "SELECT 1",
    "CREATE FUNCTION begin(atomic int) RETURNS int LANGUAGE sql RETURN 1; SELECT 1",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); SELECT 1;;); SELECT 1",
    "CREATE RULE r AS ON DELETE TO t DO INSTEAD (SELECT 1; SELECT ')'; SELECT 2); SELECT 1",
    "SELECT 1 - 2; SELECT 1 --2;\n; SELECT 3 / 2; SELECT 4 /*;*/; SELECT 1+-+1; SELECT a @-/*;*/ b",
    "SELECT a->>';', a#>'{b}', a?|b, !!a, a<@b; SELECT 1",
    "SELECT 1::int, a[1:2], f(x => 1, y := 2), 1.5e-3, .5; SELECT 1",
    "SELECT '\xC3\xA4;\xC3\xB6', \"\xE6\x97\xA5;\xE6\x9C\xAC\"; SELECT '\xC3\xA9' /* \xC3\xBC; */; SELECT fr\xC3\xB6m, "
    "1 AS gr\xC3\xB6\xC3\x9F"
    "e",
    "SELECT 1;\r\n\r\n-- a;\r\nSELECT\r\n2;\r\n",
    "SELECT 1; -- a;\rSELECT 2; -- b",
    "COPY t (a) FROM stdin WITH (FORMAT csv, DELIMITER ';');\n1;2\n\\.\nSELECT 1; COPY t FROM stdin;\n;\n",
    "COPY t TO stdout; COPY (SELECT ';') TO '/x'; SELECT 1",
    "DO $$ BEGIN PERFORM 1; END $$; DO LANGUAGE plpgsql 'BEGIN PERFORM '';''; END'; SELECT 1",
    "PREPARE p (int) AS SELECT $1; EXECUTE q(1); SELECT $1+$2, a$1$; SELECT 1",
    "CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1; SELECT 1",
    "BEGIN; CREATE TABLE t (a int); END; BEGIN WORK; SELECT CASE a WHEN 1 THEN 2 END FROM t; COMMIT",
    "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); SELECT 1",
    ";;SELECT 1;;;SELECT 2;;",
};

std::string_view Text(const std::string& sql, const Statement& statement) {
  return std::string_view(sql).substr(statement.begin, statement.end - statement.begin);
}

TEST(SplitTest, LexerAndParserAgreeOnTrickyScripts) {
  for (const std::string_view text : kTricky) {
    const ParsedScript script = ParseScript(std::string(text), "up.sql", ScriptMode::kNonTransactional);
    EXPECT_TRUE(script.parsed) << text << "\n" << (script.doubt ? script.doubt->message : "");
    EXPECT_GE(script.statements.size(), 2U) << text;
    EXPECT_EQ(ScriptProblem(text), "") << text;
  }
}

TEST(SplitTest, TheLexerKeepsTheBodyOfANewerFunctionTogether) {
  const ParsedScript script = ParseScript(
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE RETURNING 1; "
      "SELECT CASE 1 WHEN 1 THEN 2 END; END;\nCREATE RULE r AS ON INSERT TO t DO ALSO (SELEC 1; SELECT 2);\nSELECT 1;",
      "up.sql", ScriptMode::kTransactional);
  EXPECT_FALSE(script.parsed);
  ASSERT_EQ(script.statements.size(), 3U);
  EXPECT_EQ(Text(script.sql, script.statements[1]), "CREATE RULE r AS ON INSERT TO t DO ALSO (SELEC 1; SELECT 2)");
}

TEST(SplitTest, RandomScriptsKeepTheInvariants) {
  constexpr std::string_view kFragments[] = {";",
                                             ";",
                                             ";\n",
                                             "\n",
                                             " ",
                                             " ",
                                             "\r\n",
                                             "SELECT 1",
                                             "SELECT 'a'",
                                             "-- c;\n",
                                             "/* ; */",
                                             "/*",
                                             "*/",
                                             "$$",
                                             "$a$",
                                             "'",
                                             "\"",
                                             "E'\\''",
                                             "U&'x'",
                                             "(",
                                             ")",
                                             "BEGIN",
                                             "COMMIT",
                                             "END",
                                             "ROLLBACK",
                                             "SAVEPOINT a",
                                             "BEGIN ATOMIC",
                                             "CASE",
                                             "CREATE FUNCTION f() RETURNS int ",
                                             "CREATE RULE r AS ON INSERT TO t DO ALSO ",
                                             "COPY t FROM stdin;\n",
                                             "\\.\n",
                                             "\\",
                                             "\xC3\xA9",
                                             "\xE6\x97\xA5\xE6\x9C\xAC",
                                             "\xEF\xBB\xBF",
                                             "+",
                                             "-",
                                             "=",
                                             "1.5",
                                             "x",
                                             "password",
                                             "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                                             "\x80",
                                             "$1",
                                             "::"};
  for (unsigned seed = 1; seed <= 4000; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (auto pieces = random() % 20; pieces > 0; --pieces) {
      text += kFragments[random() % std::size(kFragments)];
      if (random() % 2 == 0) text += ' ';
    }
    ASSERT_EQ(ScriptProblem(text), "") << "seed " << seed << ": " << text;
    ASSERT_EQ(ControlProblem(text), "") << "seed " << seed << ": " << text;
  }
}

// Well-formed statements in random order with random blanks between: every one must come out again.
TEST(SplitTest, RandomOrdersOfWholeStatementsComeOutAgain) {
  constexpr std::string_view kStatements[] = {"SELECT 1",
                                              "INSERT INTO t VALUES ('a;''b', E'\\';')",
                                              "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END",
                                              "DO $$ BEGIN NULL; END $$",
                                              "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
                                              "SELECT '\xC3\xA4', \"\xC3\xBC;\"",
                                              "SELECT a->'b' #- c /* ; */ - 1"};
  constexpr std::string_view kBlanks[] = {"", " ", "\n", "\r\n", " -- ;'\n", "/* ; ' $$ */", "\t;;"};
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    std::vector<std::string> expected;
    for (auto count = random() % 8; count > 0; --count) {
      expected.emplace_back(kStatements[random() % std::size(kStatements)]);
      text.append(kBlanks[random() % std::size(kBlanks)]).append(expected.back());
      text.append(kBlanks[random() % (std::size(kBlanks) - 1)]).append(";");
    }
    const ParsedScript script = ParseScript(text, "up.sql", ScriptMode::kTransactional);
    ASSERT_TRUE(script.parsed) << "seed " << seed;
    ASSERT_EQ(script.statements.size(), expected.size()) << "seed " << seed << ": " << text;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(Text(script.sql, script.statements[i]), expected[i]) << "seed " << seed;
    }
  }
}

TEST(SplitTest, ReplaysTheFuzzCorpus) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SQLMIG_SOURCE_DIR "/tests/fuzz/corpus/sqltext")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(ScriptProblem(text), "") << entry.path();
    EXPECT_EQ(ControlProblem(text), "") << entry.path();
    ++files;
  }
  EXPECT_GE(files, 20U);
}

}  // namespace
}  // namespace sqlmig
