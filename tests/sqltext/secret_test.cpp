#include "sqltext/secret.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "sqltext/script.h"
#include "sqltext/secret_invariants.h"
#include "support/masking_invariants.h"

namespace sqlmig {
namespace {

TEST(HoldsSecretTest, FindsPasswordsAndConnectionStrings) {
  for (const std::string_view text :
       {"CREATE ROLE app LOGIN PASSWORD 'x'",
        "create user app with encrypted\npassword /* c */ E'x'",
        "ALTER ROLE app PASSWORD $$x$$",
        "ALTER USER app WITH PASSWORD :'pw'",
        "SELECT 1; ALTER GROUP g PASSWORD 'x'",
        "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'a', password 'b')",
        "ALTER USER MAPPING FOR app SERVER s OPTIONS (SET sslkey 'x')",
        "CREATE USER MAPPING IF NOT EXISTS FOR app SERVER s OPTIONS (\"password\" 'x')",
        "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (password 'x')",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h' PUBLICATION p",
        "ALTER SUBSCRIPTION s CONNECTION 'host=h'",
        "ALTER SYSTEM SET primary_conninfo = 'host=h'",
        "SELECT dblink_connect('c', 'dbname=d')",
        "SELECT * FROM public.dblink ('dbname=d', 'SELECT 1') AS t (a int)",
        "SELECT 'host=h password=x'",
        "COMMENT ON SERVER s IS 'postgresql://u:p@h/d'",
        "-- was postgres://u:p@h/d\nSELECT 1;",
        "DO $$ BEGIN CREATE ROLE app PASSWORD 'x'; END $$",
        "DO 'BEGIN CREATE ROLE app PASSWORD ''x''; END'",
        "DO $a$ BEGIN EXECUTE $b$ ALTER ROLE app PASSWORD 'x' $b$; END $a$",
        "DO $$ BEGIN EXECUTE 'CREATE ROLE app PASSWORD ' || quote_literal('x'); END $$",
        "DO $$ BEGIN EXECUTE format('ALTER USER app WITH PASSWORD %L', 'x'); END $$",
        "ALTER SYSTEM SET \"PRIMARY_CONNINFO\" = 'host=h'",
        "SELECT f('host=h password = x')",
        "SELECT f($$host=h password=x$$)",
        "SELECT 'postgresql://u:a?b#c@h/d'",
        "SELECT 'postgresql:///d?host=h&password=x'",
        "-- ALTER ROLE app PASSWORD 'x'\nSELECT 1",
        "SELECT 1 /* ALTER ROLE app PASSWORD 'x'; */ + 1",
        "SELECT 1 /* it's: CREATE ROLE app PASSWORD 'x' */",
        "SELECT 1 /* CREATE ROLE /* it's; */ app PASSWORD /* it's; */ 'x' */",
        "-- ALTER ROLE app\n-- PASSWORD\n-- 'x'\nSELECT 1",
        "DO E'BEGIN\\nALTER ROLE app\\nPASSWORD\\n\\'x\\';\\nEND'",
        "DO E'BEGIN ALTER ROLE -- don\\'t\\napp PASSWORD \\'x\\'; END'",
        "DO $$ BEGIN EXECUTE 'ALTER ROLE ' || r || ' PASSWORD ' || quote_literal(p); END $$",
        "SELECT 'postgresql://u:' || 'x' || '@h/d'",
        "SELECT \"ALTER ROLE app PASSWORD 'x'\"",
        "DO $1a$ $$ DO $a$ $b$ $c$ $d$ $e$ $f$ password $f$ $e$ $d$ $c$ $b$ $a$ $$"}) {
    EXPECT_TRUE(HoldsSecret(text)) << text;
  }
}

TEST(HoldsSecretTest, LeavesOrdinaryScriptsAlone) {
  for (const std::string_view text :
       {"",
        "CREATE TABLE users (id int, password text NOT NULL)",
        "ALTER TABLE users ADD COLUMN password text DEFAULT 'x'",
        "UPDATE users SET password = 'x'",
        "INSERT INTO users (password) VALUES ('x')",
        "ALTER ROLE app PASSWORD NULL",
        "CREATE ROLE app LOGIN",
        "DROP ROLE app",
        "DROP USER MAPPING FOR app SERVER s",
        "DROP SUBSCRIPTION s",
        "ALTER SUBSCRIPTION s DISABLE",
        "CREATE EXTENSION dblink",
        "SELECT dblink_disconnect('c')",
        "CREATE TABLE subscription (connection text)",
        "CREATE TABLE mapping (options text)",
        "COMMENT ON COLUMN users.password IS 'The user''s password'",
        "COMMENT ON TABLE t IS 'see https://h:80/a@b'",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ UPDATE users SET password = crypt('x', 'y') $$",
        "-- CREATE USER MAPPING OPTIONS password\nSELECT 1",
        "-- don't tell users their password\nSELECT 1",
        "/* the role's password isn't set here */ SELECT 1",
        "SELECT 'https://example.org/?mail=a@b'",
        "DO $$ BEGIN UPDATE users SET password = 'x' WHERE host = 'h'; END $$",
        "COPY users (password) FROM stdin;\npassword 'x'\n\\.\n"}) {
    EXPECT_FALSE(HoldsSecret(text)) << text;
  }
}

TEST(LineHoldsSecretTest, IsAboutTheStatementsThatTheLineShows) {
  constexpr std::string_view kScript =
      "SELECT 1;\n"
      "SELECT 2; ALTER ROLE a\n"
      "  PASSWORD\n"
      "  'x'; SELECT 3;\n"
      "COPY t FROM stdin;\n"
      "password 'x'\n"
      "\\.\n"
      "SELECT 4\n";
  std::string lines;
  for (int line = 1; line <= 8; ++line) lines += LineHoldsSecret(kScript, {line, 1}) ? '*' : '-';
  EXPECT_EQ(lines, "-***----");
  EXPECT_FALSE(LineHoldsSecret("SELECT 1; SELECT 2", {1, 1}));
  EXPECT_FALSE(LineHoldsSecret(kScript, {}));
}

TEST(LineHoldsSecretTest, WhatTheScriptBreaksOffInIsNotShown) {
  for (const std::string_view script :
       {"ALTER ROLE a PASSWORD 'x;\n", "/* ALTER ROLE a PASSWORD 'x';\n", "SELECT 'abc; ALTER ROLE a PASSWORD 'x';\n",
        "SELECT 'xALTER ROLE a PASSWORD 'x'\n", "$$ ALTER ROLE a PASSWORD 'x'"}) {
    EXPECT_EQ(ExcerptWithoutSecret(script, {1, 1}), "") << script;
  }
  EXPECT_EQ(ExcerptWithoutSecret("SELECT 'abc", {1, 8}), "  1 | SELECT 'abc\n    |        ^\n");
}

TEST(ParseScriptTest, NoErrorShowsASecret) {
  for (const std::string_view text :
       {"ALTER ROLE a PASSWORD 'hunter2; COMMIT;\n", "ALTER ROLE a PASSWORD 'hunter2'; COMMIT;\n",
        "ALTER ROLE a PASSWORD \\hunter2\n", "ALTER ROLE a PASSWORD $hunter2$;\n",
        "SELECT '; ALTER ROLE a PASSWORD 'hunter2';\n"}) {
    try {
      ParseScript(std::string(text), "up.sql", ScriptMode::kTransactional);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      const std::string shown = error.message() + error.hint() + error.excerpt();
      EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
      EXPECT_EQ(error.location().at.line, 1);
    }
  }
  for (const char* text :
       {"ALTER ROLE a PASSWORD hunter2;", "COPY t FROM stdin;\nit's\n\\.\nALTER ROLE a PASSWORD hunter2;"}) {
    const ParsedScript script = ParseScript(text, "up.sql", ScriptMode::kTransactional);
    ASSERT_TRUE(script.doubt);
    EXPECT_EQ(script.doubt->message, "syntax error in a script that sets a password or the like");
  }
}

TEST(LineHoldsSecretTest, NoSecretSurvivesTheFuzzCorpus) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SQLMIG_SOURCE_DIR "/tests/fuzz/corpus/secret")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(SecretProblem(input), "") << entry.path();
    EXPECT_EQ(MaskingProblem(input), "") << entry.path();
    ++files;
  }
  EXPECT_GE(files, 20U);
}

TEST(WithoutQuotesTest, MasksFromTheFirstToTheLast) {
  EXPECT_EQ(WithoutQuotes("syntax error at or near \"x\""), "syntax error at or near \"****\"");
  EXPECT_EQ(WithoutQuotes("missing \"=\" after \"a\"b\" in it"), "missing \"****\" in it");
  EXPECT_EQ(WithoutQuotes("pr\xC3\xA8s de \xC2\xAB x \xC2\xBB"), "pr\xC3\xA8s de \xC2\xAB****\xC2\xBB");
  EXPECT_EQ(WithoutQuotes("at \"x"), "at \"****");
  EXPECT_EQ(WithoutQuotes("division by zero"), "division by zero");
}

TEST(WithoutTextsTest, MasksTheStringsOfTheStatement) {
  constexpr std::string_view kStatement =
      "DO $$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ''hunter2'''; PERFORM 'ab'; END $$";
  EXPECT_EQ(WithoutTextsOf(kStatement, "cannot set hunter2 now"), "cannot set **** now");
  EXPECT_EQ(WithoutTextsOf(kStatement, "about ab"), "about ****");
}

}  // namespace
}  // namespace sqlmig
