#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sqltext/rendered_error.h"
#include "sqltext/script.h"

namespace sqlmig {
namespace {

using ::testing::StartsWith;

ParsedScript ParseWithin(std::string_view text) {
  return ParseScript(std::string(text), "up.sql", ScriptMode::kTransactional);
}
std::string Refused(std::string_view text) {
  return Refusal(text, ScriptMode::kTransactional);
}
std::string RefusedInUnits(std::string_view text) {
  return Refusal(text, ScriptMode::kNonTransactional);
}

TEST(OuterPairTest, IsReplacedByBlanks) {
  const ParsedScript script = ParseWithin("-- all\nBEGIN; -- at once\nSELECT '\xC3\xA4';\nCOMMIT /* done */ ;\n-- end");
  EXPECT_EQ(script.sql, "-- all\n       -- at once\nSELECT '\xC3\xA4';\n       /* done */  \n-- end\n");
  ASSERT_EQ(script.statements.size(), 1U);
  EXPECT_EQ(script.PositionInFile(script.statements[0].begin), (TextPosition{3, 1}));
  EXPECT_EQ(script.isolation_level, "");
}

TEST(OuterPairTest, IsKnownInAllItsForms) {
  for (const std::string_view text :
       {"BEGIN; SELECT 1; COMMIT;", "begin work; select 1; end", "BEGIN TRANSACTION; SELECT 1; COMMIT WORK;",
        "START TRANSACTION; SELECT 1; END TRANSACTION;", "BEGIN;SELECT 1;COMMIT AND NO CHAIN;",
        ";BEGIN;;SELECT 1;;COMMIT;;", "START\n TRANSACTION\r\nREAD WRITE; SELECT 1; COMMIT",
        "BEGIN NOT DEFERRABLE; SELECT 1; COMMIT"}) {
    const ParsedScript script = ParseWithin(text);
    ASSERT_EQ(script.statements.size(), 1U) << text;
    EXPECT_EQ(script.sql.find_first_not_of(" ;\r\n"), script.statements[0].begin) << text;
    EXPECT_EQ(script.sql.size(), text.size() + 1) << text;
  }
}

TEST(OuterPairTest, MayBeEmpty) {
  const ParsedScript script = ParseWithin("BEGIN;\nCOMMIT;\n");
  EXPECT_TRUE(script.statements.empty());
  EXPECT_EQ(script.sql, "      \n       \n");
}

TEST(OuterPairTest, IsTakenWhereTheParserFails) {
  const ParsedScript script = ParseWithin("BEGIN;\nSELEC 1;\nCOMMIT;\n");
  EXPECT_FALSE(script.parsed);
  EXPECT_EQ(script.sql, "      \nSELEC 1;\n       \n");
  EXPECT_EQ(script.statements.size(), 1U);
}

TEST(OuterPairTest, GivesTheIsolationLevel) {
  const auto level = [](std::string_view text) { return ParseWithin(text).isolation_level; };
  EXPECT_EQ(level("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;"), "SERIALIZABLE");
  EXPECT_EQ(level("start transaction read write, isolation level repeatable read; SELECT 1; COMMIT;"),
            "REPEATABLE READ");
  EXPECT_EQ(level("BEGIN WORK ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT 1; COMMIT;"), "READ COMMITTED");
  EXPECT_EQ(level("BEGIN ISOLATION LEVEL READ UNCOMMITTED; SELECT 1; COMMIT;"), "READ UNCOMMITTED");
  EXPECT_EQ(level("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1;"), "SERIALIZABLE");
  EXPECT_EQ(level("BEGIN; SET LOCAL TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;"), "SERIALIZABLE");
  EXPECT_EQ(level("BEGIN ISOLATION LEVEL SERIALIZABLE; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; COMMIT;"),
            "REPEATABLE READ");
}

TEST(OuterPairTest, ALeadingSetTransactionGoesToo) {
  const std::string set = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE;";
  const ParsedScript script = ParseWithin("SET search_path = a;\n" + set + "\nSELECT 1;\n");
  EXPECT_EQ(script.sql, "SET search_path = a;\n" + std::string(set.size(), ' ') + "\nSELECT 1;\n");
  EXPECT_EQ(script.statements.size(), 2U);
  EXPECT_EQ(script.isolation_level, "SERIALIZABLE");
}

TEST(TransactionalTest, AllowsWhatIsNoTransactionControl) {
  for (const std::string_view text :
       {"SAVEPOINT a; ROLLBACK TO SAVEPOINT a; ROLLBACK WORK TO a; RELEASE SAVEPOINT a; RELEASE a;",
        "DO $$ BEGIN COMMIT; END $$;", "SELECT 'COMMIT;'; -- COMMIT;\n/* ROLLBACK; */",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;",
        "PREPARE transaction AS SELECT 1; PREPARE transaction (int) AS SELECT $1;", "CLOSE a;",
        "DISCARD TEMP; DISCARD PLANS; DISCARD SEQUENCES;", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;",
        "LOCK TABLE t; DEALLOCATE ALL; RESET ALL;", "SET standard_conforming_strings = on;",
        "SET LOCAL standard_conforming_strings TO 'true'; SET standard_conforming_strings TO DEFAULT;"}) {
    EXPECT_EQ(Refused(text), "") << text;
  }
}

TEST(TransactionalTest, RefusesASecondTransaction) {
  EXPECT_EQ(Refused("BEGIN;\nSELECT 1;\nCOMMIT;\n\nBEGIN;\nSELECT 2;\nCOMMIT;\n"),
            "up.sql:5:1: 'BEGIN' opens a second transaction, but a migration's script is one\n"
            "  5 | BEGIN;\n"
            "    | ^\n"
            "hint: split the script into one migration for each transaction, or set 'transaction: false' for it\n");
}

TEST(TransactionalTest, RefusesEveryOtherTransactionControl) {
  EXPECT_EQ(Refused("SELECT '\xC3\xA4'; COMMIT;"),
            "up.sql:1:13: 'COMMIT' ends the transaction that the script runs in\n"
            "  1 | SELECT '\xC3\xA4'; COMMIT;\n"
            "    |             ^\n"
            "hint: remove it: the script already runs in one transaction, or set 'transaction: false'\n");
  EXPECT_EQ(
      Refused("BEGIN;\nSELECT 1;"),
      "up.sql:1:1: 'BEGIN' is not the first statement of a script that ends with 'COMMIT'\n"
      "  1 | BEGIN;\n"
      "    | ^\n"
      "hint: remove it and its 'COMMIT': the script already runs in one transaction; or set 'transaction: false'\n");
  EXPECT_EQ(Refused("ROLLBACK WORK;"),
            "up.sql:1:1: 'ROLLBACK' undoes the transaction that the script runs in\n"
            "  1 | ROLLBACK WORK;\n"
            "    | ^\n"
            "hint: remove it: the script already runs in one transaction; 'ROLLBACK TO SAVEPOINT' is allowed\n");
}

TEST(TransactionalTest, NamesWhatItRefuses) {
  const std::pair<std::string_view, std::string_view> kRefused[] = {
      {"SELECT 1; BEGIN; SELECT 2; COMMIT;", "up.sql:1:11: 'BEGIN' is not the first statement of a script"},
      {"START TRANSACTION; SELECT 1; COMMIT; SELECT 2;", "up.sql:1:1: 'START TRANSACTION' is not the first"},
      {"BEGIN; COMMIT; COMMIT;", "up.sql:1:8: 'COMMIT' comes before the last 'COMMIT'"},
      {"BEGIN; ROLLBACK; COMMIT;", "up.sql:1:8: 'ROLLBACK' undoes the transaction"},
      {"BEGIN; SELECT 1; ROLLBACK;", "up.sql:1:1: 'BEGIN' is not the first"},
      {"BEGIN; SELECT 1; COMMIT AND CHAIN;", "up.sql:1:1: 'BEGIN' is not the first"},
      {"COMMIT AND CHAIN;", "up.sql:1:1: 'COMMIT AND CHAIN' ends the transaction"},
      {"ROLLBACK AND CHAIN;", "up.sql:1:1: 'ROLLBACK AND CHAIN' undoes the transaction"},
      {"ABORT;", "up.sql:1:1: 'ABORT' undoes the transaction"},
      {"end", "up.sql:1:1: 'END' ends the transaction"},
      {"PREPARE TRANSACTION 'x';", "up.sql:1:1: 'PREPARE TRANSACTION' takes the transaction away from the session"},
      {"PREPARE TRANSACTION 'as';", "up.sql:1:1: 'PREPARE TRANSACTION' takes the transaction away"},
      {"COMMIT PREPARED 'x';", "up.sql:1:1: 'COMMIT PREPARED' cannot run inside a transaction block"},
      {"ROLLBACK PREPARED 'x';", "up.sql:1:1: 'ROLLBACK PREPARED' cannot run inside a transaction block"},
      {"CLOSE ALL;", "up.sql:1:1: 'CLOSE ALL' closes the cursor that guards the step's transaction"},
      {"DISCARD ALL;", "up.sql:1:1: 'DISCARD ALL' frees the lock that keeps other runs out"},
      {"BEGIN READ ONLY; SELECT 1; COMMIT;", "up.sql:1:1: 'BEGIN' asks for a read-only transaction"},
      {"SET TRANSACTION READ ONLY;", "up.sql:1:1: 'SET TRANSACTION' asks for a read-only transaction"},
      {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;", "up.sql:1:1: 'SET SESSION CHARACTERISTICS' asks for"},
      {"SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;", "up.sql:1:11: 'SET TRANSACTION' comes after other"},
      {"SET TRANSACTION SNAPSHOT 'x';",
       "up.sql:1:1: 'SET TRANSACTION SNAPSHOT' comes after statements of sqlmig's own"},
      {"SET standard_conforming_strings = off;",
       "up.sql:1:1: 'standard_conforming_strings = off' changes where strings"},
      {"SET LOCAL standard_conforming_strings TO 'OFF';", "up.sql:1:1: 'standard_conforming_strings = off' changes"},
  };
  for (const auto& [text, start] : kRefused) EXPECT_THAT(Refused(text), StartsWith(start)) << text;
}

TEST(TransactionalTest, AlsoShowsWhatTheParserSays) {
  EXPECT_EQ(Refused("CREATE FUNCTION f() RETURNS int AS\nBEGIN\n  RETURN 1;\nEND;\n"),
            "up.sql:4:1: 'END' ends the transaction that the script runs in\n"
            "  4 | END;\n"
            "    | ^\n"
            "hint: remove it: the script already runs in one transaction, or set 'transaction: false'\n"
            "also up.sql:2:1: syntax error at or near \"BEGIN\"\n"
            "  2 | BEGIN\n"
            "    | ^\n");
}

TEST(NonTransactionalTest, RefusesWhatIsNoWholeBlock) {
  EXPECT_EQ(RefusedInUnits("SELECT 1;\nBEGIN;\nSELECT 2;\n"),
            "up.sql:2:1: 'BEGIN' has no 'COMMIT'\n"
            "  2 | BEGIN;\n"
            "    | ^\n"
            "hint: close the block with 'COMMIT;'\n");
  const std::pair<std::string_view, std::string_view> kRefused[] = {
      {"COMMIT;", "up.sql:1:1: 'COMMIT' has no 'BEGIN'"},
      {"BEGIN; COMMIT; END;", "up.sql:1:16: 'END' has no 'BEGIN'"},
      {"ROLLBACK;", "up.sql:1:1: 'ROLLBACK' has no 'BEGIN'"},
      {"BEGIN; SELECT 1; ABORT;", "up.sql:1:18: 'ABORT' undoes its block, which would be recorded as done"},
      {"BEGIN; BEGIN; COMMIT;", "up.sql:1:8: 'BEGIN' stands inside a transaction block"},
      {"BEGIN; COMMIT AND CHAIN;", "up.sql:1:8: 'COMMIT AND CHAIN' opens a transaction that has no 'BEGIN'"},
      {"BEGIN; PREPARE TRANSACTION 'x';", "up.sql:1:8: 'PREPARE TRANSACTION' leaves a transaction open"},
      {"BEGIN; COMMIT PREPARED 'x'; COMMIT;", "up.sql:1:8: 'COMMIT PREPARED' cannot run inside a transaction block"},
      {"SAVEPOINT a;", "up.sql:1:1: 'SAVEPOINT' stands outside a transaction block"},
      {"ROLLBACK TO a;", "up.sql:1:1: 'ROLLBACK TO' stands outside a transaction block"},
      {"DISCARD ALL;", "up.sql:1:1: 'DISCARD ALL' frees the lock that keeps other runs out"},
      {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;", "up.sql:1:1: 'SET SESSION CHARACTERISTICS' asks for"},
      {"SET \"Standard_Conforming_Strings\" = off;", "up.sql:1:1: 'standard_conforming_strings = off' changes"},
      {"SET SESSION standard_conforming_strings TO false;", "up.sql:1:1: 'standard_conforming_strings = off' changes"},
  };
  for (const auto& [text, start] : kRefused) EXPECT_THAT(RefusedInUnits(text), StartsWith(start)) << text;
}

TEST(NonTransactionalTest, KeepsTheTextAsItIs) {
  const std::string text =
      "BEGIN ISOLATION LEVEL SERIALIZABLE;\nSELECT 1;\nCOMMIT;\nCOMMIT PREPARED 'x';\nCLOSE ALL;\n";
  const ParsedScript script = ParseScript(text, "up.sql", ScriptMode::kNonTransactional);
  EXPECT_EQ(script.sql, text);
  EXPECT_EQ(script.isolation_level, "");
  EXPECT_EQ(script.units.size(), 3U);
}

// What PostgreSQL 13 to 18 refuse in a transaction block: found before anything is sent.
TEST(OutsideTransaction, IsRefusedInATransactionalScript) {
  const std::pair<const char*, const char*> statements[] = {
      {"CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX CONCURRENTLY"},
      {"create /* x */ unique index concurrently if not exists i on t (a)", "CREATE INDEX CONCURRENTLY"},
      {"DROP INDEX CONCURRENTLY IF EXISTS i", "DROP INDEX CONCURRENTLY"},
      {"REINDEX TABLE CONCURRENTLY t", "REINDEX CONCURRENTLY"},
      {"REINDEX (VERBOSE, CONCURRENTLY) INDEX i", "REINDEX CONCURRENTLY"},
      {"REINDEX (VERBOSE) SCHEMA s", "REINDEX of more than one table"},
      {"VACUUM", "VACUUM"},
      {"vacuum (analyze) t", "VACUUM"},
      {"CLUSTER", "CLUSTER of all tables"},
      {"CLUSTER (VERBOSE)", "CLUSTER of all tables"},
      {"CREATE DATABASE d", "CREATE DATABASE"},
      {"DROP DATABASE d", "DROP DATABASE"},
      {"ALTER DATABASE d SET TABLESPACE s", "ALTER DATABASE SET TABLESPACE"},
      {"ALTER DATABASE d WITH TABLESPACE = s", "ALTER DATABASE SET TABLESPACE"},
      {"ALTER DATABASE d TABLESPACE s", "ALTER DATABASE SET TABLESPACE"},
      {"ALTER DATABASE \"set\" WITH TABLESPACE s", "ALTER DATABASE SET TABLESPACE"},
      {"CREATE TABLESPACE s LOCATION '/x'", "CREATE TABLESPACE"},
      {"DROP TABLESPACE s", "DROP TABLESPACE"},
      {"ALTER SYSTEM SET work_mem = '1MB'", "ALTER SYSTEM"},
      {"ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "DETACH PARTITION CONCURRENTLY"},
      {"REINDEX DATABASE d", "REINDEX of more than one table"},
      {"REINDEX SYSTEM", "REINDEX of more than one table"},
      {"REINDEX (TABLESPACE s, CONCURRENTLY TRUE) TABLE t", "REINDEX CONCURRENTLY"},
      {"VACUUM (FULL) t", "VACUUM"},
      {"CLUSTER VERBOSE", "CLUSTER of all tables"},
      {"CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", "CREATE SUBSCRIPTION with a slot"},
      {"CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = true)",
       "CREATE SUBSCRIPTION with a slot"},
      {"ALTER SUBSCRIPTION s REFRESH PUBLICATION", "ALTER SUBSCRIPTION REFRESH PUBLICATION"},
      {"ALTER SUBSCRIPTION s SET PUBLICATION p", "ALTER SUBSCRIPTION with refresh"},
      {"ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (copy_data = false)", "ALTER SUBSCRIPTION with refresh"},
      {"ALTER SUBSCRIPTION s DROP PUBLICATION p", "ALTER SUBSCRIPTION with refresh"},
      {"ALTER SUBSCRIPTION s SET (failover)", "ALTER SUBSCRIPTION SET (failover)"},
      {"ALTER SUBSCRIPTION s SET (failover = true)", "ALTER SUBSCRIPTION SET (failover)"},
      {"ALTER SUBSCRIPTION s SET (binary = on, failover = false)", "ALTER SUBSCRIPTION SET (failover)"},
      {"ALTER SUBSCRIPTION s SET (two_phase = false)", "ALTER SUBSCRIPTION SET (two_phase)"},
  };
  for (const auto& [statement, shown] : statements) {
    const std::string text = std::string("SELECT 1;\n  ") + statement + ";\n";
    try {
      ParseScript(text, "up.sql", ScriptMode::kTransactional);
      ADD_FAILURE() << "not refused: " << statement;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), fmt::format("'{}' cannot run in a transaction block", shown)) << statement;
      EXPECT_EQ(error.location().at, (TextPosition{2, 3})) << statement;
      EXPECT_NE(error.hint().find("transaction: false"), std::string::npos);
    }
    const ParsedScript outside = ParseScript(std::string(statement) + ";\n", "up.sql", ScriptMode::kNonTransactional);
    EXPECT_TRUE(outside.may_need_no_transaction) << statement;
    EXPECT_THROW(ParseScript("BEGIN;\n" + text + "COMMIT;\n", "up.sql", ScriptMode::kNonTransactional), Error);
  }
}

TEST(OutsideTransaction, WhatMayRunInATransactionIsLeftToTheServer) {
  for (const char* statement : {"CREATE INDEX i ON t (a)",
                                "CREATE INDEX \"concurrently\" ON t (a)",
                                "DROP INDEX i",
                                "REINDEX TABLE t",
                                "REINDEX (CONCURRENTLY false) TABLE t",
                                "CLUSTER t",
                                "CLUSTER (VERBOSE) t USING i",
                                "ANALYZE t",
                                "ALTER TABLE t DETACH PARTITION p",
                                "ALTER DATABASE d SET work_mem = '1MB'",
                                "ALTER DATABASE d SET default_tablespace = 's'",
                                "ALTER DATABASE tablespace RENAME TO tablespace",
                                "ALTER DATABASE d WITH CONNECTION LIMIT = 5",
                                "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p1, p2, p3, p4, p5, p6, p7, p8, p9, "
                                "p10, p11, p12, p13, p14, p15, p16, p17, p18, p19, p20 WITH (connect = false)",
                                "CREATE TABLE vacuum_log ()",
                                "ALTER TYPE t ADD VALUE 'x'",
                                "DROP SUBSCRIPTION s",
                                "CALL p()",
                                "DO 'BEGIN END'",
                                "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)",
                                "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (enabled = false, create_slot "
                                "= FALSE, slot_name = NONE)",
                                "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)",
                                "ALTER SUBSCRIPTION s DISABLE",
                                "ALTER SUBSCRIPTION s SET (two_phase = true)",
                                "ALTER SUBSCRIPTION failover SET (slot_name = 'failover')",
                                "ALTER SUBSCRIPTION s SET PUBLICATION p, failover WITH (refresh = false)",
                                "ALTER TABLE t DETACH PARTITION p FINALIZE",
                                "ALTER TYPE t ADD ATTRIBUTE a int",
                                "COMMENT ON TABLE t IS 'VACUUM'"}) {
    EXPECT_NO_THROW(ParseScript(statement, "up.sql", ScriptMode::kTransactional)) << statement;
  }
}

TEST(OutsideTransaction, AReasonToDoWithoutATransactionIsFoundOrNot) {
  const auto may_need_none = [](const char* sql) {
    return ParseScript(sql, "up.sql", ScriptMode::kNonTransactional).may_need_no_transaction;
  };
  for (const char* sql :
       {"CALL p()", "DO $$BEGIN COMMIT; END$$", "DO $$BEGIN CALL p(); END$$", "DO $$BEGIN EXECUTE 'x'; END$$",
        "REINDEX TABLE t", "CLUSTER t USING i", "DROP SUBSCRIPTION s",
        "ALTER TYPE t ADD VALUE 'x'; UPDATE t SET a = 'x'", "VACUUM", "COMMIT PREPARED 'x'"}) {
    EXPECT_TRUE(may_need_none(sql)) << sql;
  }
  for (const char* sql : {"UPDATE t SET a = 1", "ALTER TYPE t ADD VALUE 'x'", "ALTER TYPE t RENAME VALUE 'x' TO 'y'",
                          "DO $$BEGIN PERFORM 1; END$$", "ALTER TYPE t OWNER TO o; ALTER TYPE t SET SCHEMA s",
                          "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)"}) {
    EXPECT_FALSE(may_need_none(sql)) << sql;
  }
}

}  // namespace
}  // namespace sqlmig
