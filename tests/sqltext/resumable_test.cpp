#include "sqltext/resumable.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sqltext/rendered_error.h"
#include "sqltext/session_settings.h"

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ParsedScript UnitsOf(std::string_view sql) {
  return ParseScript(std::string(sql), "up.sql", ScriptMode::kNonTransactional);
}
std::string RefusedToResume(std::string_view sql) {
  return Refusal(sql, ScriptMode::kNonTransactional);
}

TEST(SettingsOfTest, SettingsOfABlockAreRunAgainInTheirOrder) {
  const auto settings = [](std::string_view sql) {
    const ParsedScript script = UnitsOf(sql);
    return SettingsOf(script, script.units.at(0));
  };
  EXPECT_EQ(settings("BEGIN; SET search_path = a; INSERT INTO t VALUES (1); SET LOCAL work_mem = 1; RESET a.b; "
                     "SELECT set_config('a.c', 'x', false); SELECT set_config('a.c', 'x', true); SET CONSTRAINTS ALL "
                     "DEFERRED; COMMIT;"),
            "BEGIN;\nSET search_path = a\n;\nRESET a.b\n;\nSELECT set_config('a.c', 'x', false)\n;\nCOMMIT;\n");
  EXPECT_EQ(settings("BEGIN; SAVEPOINT s; SET a.b = 1; ROLLBACK TO s; COMMIT;"),
            "BEGIN;\nSAVEPOINT s\n;\nSET a.b = 1\n;\nROLLBACK TO s\n;\nCOMMIT;\n");
  EXPECT_EQ(settings("BEGIN; SAVEPOINT s; SET LOCAL a.b = 1; ROLLBACK TO s; COMMIT;"), "");
  EXPECT_EQ(settings("BEGIN READ ONLY; SET a.b = 1; COMMIT;"), "BEGIN;\nSET a.b = 1\n;\nCOMMIT;\n");
  EXPECT_EQ(settings("SET ROLE r;"), "SET ROLE r\n;\n");
  EXPECT_EQ(settings("SET LOCAL ROLE r;"), "");
  EXPECT_EQ(settings("INSERT INTO t VALUES (1);"), "");
}

TEST(SettingChangesTest, AreReadFromTokens) {
  const auto names = [](std::string_view sql) {
    std::vector<std::string> found;
    for (const SettingChange& change : ReadSettingChanges(sql)) {
      found.push_back((change.local ? "local " : "") + change.name + (change.again ? "" : "!"));
    }
    return found;
  };
  EXPECT_THAT(names("SET \"Lock_Timeout\" = 1"), ElementsAre("lock_timeout"));
  EXPECT_THAT(names("SET SESSION SESSION AUTHORIZATION x"), ElementsAre("session_authorization"));
  EXPECT_THAT(names("SET LOCAL TIME ZONE 'UTC'"), ElementsAre("local timezone"));
  EXPECT_THAT(names("RESET ALL"), ElementsAre(""));
  EXPECT_THAT(names("SET CONSTRAINTS ALL IMMEDIATE"), IsEmpty());
  EXPECT_THAT(names("SELECT pg_catalog.set_config('App.X', current_user::text || '.', is_local => true)"),
              ElementsAre("local app.x!"));
  EXPECT_THAT(names("SELECT set_config('a', current_setting('b'), false) AS c, set_config('d', 'e', 't')"),
              ElementsAre("a", "local d"));
  EXPECT_THAT(names("SELECT set_config('a', f(), false)"), ElementsAre("a!"));
  EXPECT_THAT(names("WITH x AS (SELECT set_config('a', 'b', false)) SELECT 1 FROM x"), ElementsAre("a!"));
  EXPECT_THAT(names("DO $$ BEGIN SET a = 1; IF x THEN RESET b; END IF; UPDATE t SET c = 1; PERFORM set_config('d', "
                    "'x', true); EXECUTE format('SET e = %L', 1); RAISE NOTICE 'set f = 1'; -- SET g = 1\n END $$"),
              ElementsAre("a!", "b!", "e!", "local d!"));
  EXPECT_THAT(names("CREATE FUNCTION f() RETURNS text SET search_path = x AS 'SELECT set_config(1, 2, false)' LANGUAGE "
                    "sql"),
              IsEmpty());
  EXPECT_THAT(names("ALTER ROLE r SET lock_timeout = 1 /* set_config('a', 'b', false) */"), IsEmpty());
  EXPECT_THAT(names("INSERT INTO t VALUES ('set_config(1, 2, false)')"), IsEmpty());
}

TEST(SettingChangesTest, CountForWhatFollows) {
  const ParsedScript script = UnitsOf(
      "-- lock_timeout\nSELECT 1; SET LOCAL lock_timeout = 1; BEGIN; SET lock_timeout = "
      "'1s'; COMMIT; SELECT 2; RESET ALL; SELECT 3;");
  const auto set = [&](std::size_t unit, std::string_view name) { return IsSetBefore(script, unit, name); };
  EXPECT_FALSE(set(2, "lock_timeout"));
  EXPECT_TRUE(set(3, "lock_timeout"));
  EXPECT_FALSE(set(4, "statement_timeout"));
  EXPECT_FALSE(IsSetAgain(script, 2, 5));
  const ParsedScript roles = UnitsOf("SET ROLE r; SELECT 1; RESET ROLE; DROP ROLE r; SELECT 2;");
  EXPECT_TRUE(IsSetAgain(roles, 0, 4));
  EXPECT_FALSE(IsSetAgain(roles, 0, 2));
  EXPECT_FALSE(IsSetAgain(roles, 2, 4));
  EXPECT_TRUE(set(5, "statement_timeout"));
}

TEST(ResumableTest, RefusesASettingThatCannotBeMadeAgain) {
  EXPECT_EQ(RefusedToResume("SELECT 1;\nDO $$ BEGIN SET search_path = app; END $$;\nINSERT INTO t VALUES (1);\n"),
            "up.sql:2:1: this sets 'search_path' for the session, and a run that goes on in another session cannot do "
            "that again\n"
            "  2 | DO $$ BEGIN SET search_path = app; END $$;\n"
            "    | ^\n"
            "hint: write 'SET name = value;' as a statement of its own, or let it hold for the transaction only ('SET "
            "LOCAL', or 'true' as set_config's last argument), or put it into a migration of its own\n");
  for (const char* sql :
       {"SELECT set_config('search_path', s, false) FROM x; SELECT 1;",
        "BEGIN; WITH x AS (SELECT set_config('search_path', 'app', false)) SELECT * FROM x; COMMIT; SELECT 1;",
        "DO $$ BEGIN PERFORM set_config('search_path', 'app', false); END $$; VACUUM;"}) {
    EXPECT_THAT(RefusedToResume(sql), HasSubstr("this sets 'search_path' for the session")) << sql;
  }
  for (const char* sql :
       {"SELECT 1; SELECT set_config('search_path', s, false) FROM x;", "DO $$ BEGIN SET search_path = app; END $$;",
        "DO $$ BEGIN SET LOCAL search_path = app; END $$; SELECT 1;",
        "DO $$ BEGIN PERFORM set_config('search_path', 'app', true); END $$; VACUUM;"}) {
    EXPECT_EQ(RefusedToResume(sql), "") << sql;
  }
}

TEST(ResumableTest, RefusesWhatIsGoneWithTheSession) {
  EXPECT_EQ(RefusedToResume("CREATE TEMP TABLE ids AS SELECT 1;\nINSERT INTO t\n  SELECT * FROM ids;\n"),
            "up.sql:2:1: the temporary object 'ids' of line 1 is gone when a run goes on here in another session\n"
            "  2 | INSERT INTO t\n"
            "    | ^\n"
            "hint: put 'BEGIN;' and 'COMMIT;' around all that needs it, or make it a plain one and drop it at the "
            "script's end\n");
  for (const char* sql :
       {"BEGIN; CREATE LOCAL TEMPORARY TABLE IF NOT EXISTS \"ids\" (i int); COMMIT; DELETE FROM t USING ids;",
        "CREATE TABLE pg_temp.ids (i int); SELECT * FROM a, pg_temp.ids;",
        "SELECT 1 AS i INTO TEMP ids; DROP TABLE ids;", "CREATE TEMP SEQUENCE ids; SELECT nextval('ids');",
        "CREATE OR REPLACE TEMP VIEW ids AS SELECT 1; TABLE ids;",
        "DO $$ BEGIN CREATE TEMP TABLE ids (i int); END $$; ANALYZE ids;",
        "CREATE TEMP TABLE ids (i int); DO $$ BEGIN EXECUTE 'INSERT INTO ids VALUES (1)'; END $$;"}) {
    EXPECT_THAT(RefusedToResume(sql), HasSubstr("the temporary object 'ids' of line 1 is gone")) << sql;
  }
  EXPECT_THAT(RefusedToResume("PREPARE p (int) AS SELECT $1; EXECUTE p (1);"), HasSubstr("prepared statement 'p'"));
  EXPECT_THAT(RefusedToResume("BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT; FETCH ALL FROM c;"),
              HasSubstr("the cursor 'c'"));
}

TEST(ResumableTest, LetsBeWhatNoLaterUnitNeeds) {
  for (const char* sql :
       {"BEGIN; CREATE TEMP TABLE ids (i int); INSERT INTO t SELECT * FROM ids; COMMIT; VACUUM t;",
        "BEGIN; CREATE TEMP TABLE ids (i int) ON COMMIT DROP; COMMIT; SELECT ids FROM t;",
        "CREATE TEMP TABLE ids (i int); SELECT ids, app.ids.x FROM app.ids;",
        "BEGIN; CREATE TEMP TABLE ids (i int); COMMIT; DROP TABLE IF EXISTS ids; VACUUM t;",
        "BEGIN; CREATE TEMP TABLE ids (i int); COMMIT; DROP TABLE IF EXISTS ids; BEGIN; CREATE TEMP TABLE ids (i int); "
        "TABLE ids; COMMIT;",
        "PREPARE transaction AS SELECT 1; SELECT p FROM t;",
        "BEGIN; DECLARE c CURSOR FOR SELECT 1; FETCH c; COMMIT; SELECT c FROM t;"}) {
    EXPECT_EQ(RefusedToResume(sql), "") << sql;
  }
}

}  // namespace
}  // namespace sqlmig
