#include "sqltext/outside_statement.h"

#include <gtest/gtest.h>

#include "sqltext/script.h"

namespace sqlmig {
namespace {

using Kind = OutsideStatement::Kind;
using Names = std::vector<std::string>;

TEST(OutsideStatementTest, IndexesAreTakenApart) {
  const OutsideStatement read = ReadOutsideStatement(
      "create UNIQUE index /* c */ Concurrently IF NOT EXISTS \"My i\" ON ONLY public . \"T\" USING btree (lower(a)) "
      "WHERE b");
  EXPECT_EQ(read.kind, Kind::kCreateIndex);
  EXPECT_EQ(read.names, Names{"\"My i\""});
  EXPECT_EQ(read.table, "public.\"T\"");
  EXPECT_TRUE(read.unique);
  EXPECT_EQ(read.index_tail, "USING btree (lower(a)) WHERE b");

  const OutsideStatement unnamed = ReadOutsideStatement("CREATE INDEX CONCURRENTLY ON t(a)");
  EXPECT_EQ(unnamed.kind, Kind::kCreateIndex);
  EXPECT_TRUE(unnamed.names.empty());
  EXPECT_EQ(unnamed.table, "t");
  EXPECT_EQ(unnamed.index_tail, "(a)");
  EXPECT_FALSE(unnamed.unique);
}

TEST(OutsideStatementTest, KindsAndNames) {
  const auto kind = [](const char* sql) { return ReadOutsideStatement(sql).kind; };
  EXPECT_EQ(kind("DROP INDEX CONCURRENTLY IF EXISTS a, s.b CASCADE"), Kind::kDropIndex);
  EXPECT_EQ(ReadOutsideStatement("DROP INDEX CONCURRENTLY IF EXISTS a, s.b").names, (Names{"a", "s.b"}));
  EXPECT_EQ(ReadOutsideStatement("REINDEX (VERBOSE, TABLESPACE x) INDEX CONCURRENTLY s.i").names, Names{"s.i"});
  EXPECT_EQ(ReadOutsideStatement("REINDEX TABLE CONCURRENTLY t").table, "t");
  EXPECT_EQ(kind("REINDEX SCHEMA s"), Kind::kOther);
  const auto extent = [](const char* sql) { return ReadOutsideStatement(sql).extent; };
  using Extent = OutsideStatement::Extent;
  EXPECT_EQ(kind("REINDEX (CONCURRENTLY, VERBOSE) SCHEMA s"), Kind::kReindex);
  EXPECT_EQ(kind("REINDEX (CONCURRENTLY false) SCHEMA s"), Kind::kOther);
  EXPECT_EQ(extent("REINDEX SCHEMA CONCURRENTLY s"), Extent::kSchema);
  EXPECT_EQ(extent("REINDEX DATABASE CONCURRENTLY"), Extent::kDatabase);
  EXPECT_EQ(extent("REINDEX TABLE CONCURRENTLY s.t"), Extent::kTable);
  EXPECT_EQ(extent("REINDEX INDEX CONCURRENTLY s.i"), Extent::kIndex);
  const OutsideStatement detach = ReadOutsideStatement("ALTER TABLE IF EXISTS p DETACH PARTITION s.p1 CONCURRENTLY");
  EXPECT_EQ(detach.kind, Kind::kDetachPartition);
  EXPECT_EQ(detach.table, "p");
  EXPECT_EQ(detach.names, Names{"s.p1"});
  EXPECT_EQ(kind("CREATE DATABASE d"), Kind::kCreateDatabase);
  EXPECT_EQ(kind("DROP DATABASE IF EXISTS d WITH (FORCE)"), Kind::kDropDatabase);
  EXPECT_EQ(kind("CREATE TABLESPACE d LOCATION '/x'"), Kind::kCreateTablespace);
  EXPECT_EQ(kind("DROP TABLESPACE d"), Kind::kDropTablespace);
  EXPECT_EQ(kind("CREATE SUBSCRIPTION d CONNECTION '' PUBLICATION p"), Kind::kCreateSubscription);
  EXPECT_EQ(kind("DROP SUBSCRIPTION d"), Kind::kDropSubscription);
  for (const char* other :
       {"VACUUM t", "CALL p()", "ALTER SYSTEM SET a = 1", "CREATE INDEX i ON t (a)", "CLUSTER", ""}) {
    EXPECT_EQ(kind(other), Kind::kOther) << other;
  }
}

TEST(OutsideStatementTest, WhatNeitherReadersNorWritersWaitFor) {
  for (const char* weak : {"CREATE INDEX CONCURRENTLY ON t (a)", "DROP INDEX CONCURRENTLY i",
                           "REINDEX TABLE CONCURRENTLY t", "VACUUM t", "VACUUM (FULL false, ANALYZE) t"}) {
    EXPECT_TRUE(ReadOutsideStatement(weak).holds_weak_locks) << weak;
  }
  for (const char* strong : {"REINDEX TABLE t", "VACUUM FULL t", "VACUUM (ANALYZE, FULL) t",
                             "ALTER TABLE p DETACH PARTITION q CONCURRENTLY", "CALL p()", "DROP DATABASE d"}) {
    EXPECT_FALSE(ReadOutsideStatement(strong).holds_weak_locks) << strong;
  }
}

TEST(OutsideStatementTest, NamesAreCutAsTheServerCutsThem) {
  const std::string long_name(70, 'x');
  EXPECT_EQ(StoredName("idx_" + long_name), "idx_" + std::string(59, 'x'));
  EXPECT_EQ(StoredName("s.\"" + long_name + "\""), std::string(63, 'x'));
  // Of two bytes each, after one of one byte: the 32nd would end at byte 65, the 31st ends at 63.
  std::string wide = "x";
  for (int i = 0; i < 40; ++i) wide += "\xD0\xB6";
  EXPECT_EQ(StoredName(wide), wide.substr(0, 63));
  EXPECT_EQ(StoredName("y" + wide), "y" + wide.substr(0, 61));
}

TEST(OutsideStatementTest, StoredNames) {
  EXPECT_EQ(StoredName("Public.My_Table"), "my_table");
  EXPECT_EQ(StoredName("\"My \"\"i\"\"\""), "My \"i\"");
  EXPECT_EQ(StoredName("s.\"T\""), "T");
  EXPECT_EQ(StoredName(""), "");
}

TEST(UnitKindTest, WhatCanBeRecordedInItsOwnTransaction) {
  const auto kinds = [](const char* sql) {
    std::vector<UnitKind> found;
    for (const Unit& unit : ParseScript(sql, "up.sql", ScriptMode::kNonTransactional).units) found.push_back(unit.kind);
    return found;
  };
  using K = UnitKind;
  EXPECT_EQ(kinds("INSERT INTO t VALUES (1); ALTER TYPE e ADD VALUE 'x'; ANALYZE t; SELECT set_config('a.b', 'c', "
                  "false) FROM t;"),
            (std::vector<K>{K::kAtomic, K::kAtomic, K::kAtomic, K::kAtomic}));
  EXPECT_EQ(kinds("SET a.b = 1; RESET a.b; SELECT pg_catalog.set_config('search_path', '', false); SET ROLE x;"),
            (std::vector<K>{K::kSetting, K::kSetting, K::kSetting, K::kSetting}));
  EXPECT_EQ(kinds("BEGIN; SELECT 1; COMMIT; BEGIN READ ONLY; SELECT 1; COMMIT;"),
            (std::vector<K>{K::kBlock, K::kOutside}));
  EXPECT_EQ(kinds("VACUUM t; CALL p(); CREATE INDEX CONCURRENTLY i ON t (a); COMMIT PREPARED 'x';"),
            (std::vector<K>{K::kOutside, K::kOutside, K::kOutside, K::kOutside}));
  EXPECT_EQ(kinds("DO $$ BEGIN COMMIT; END $$; DO $$ BEGIN PERFORM 1; END $$;"),
            (std::vector<K>{K::kOutside, K::kAtomic}));
  EXPECT_EQ(kinds("SELECT set_config('a.b', 'c', true); SELECT set_config('a.b', nextval('s')::text, false);"),
            (std::vector<K>{K::kAtomic, K::kAtomic}));
}

TEST(UnitKindTest, OnlyACommitThatIsAStatementEndsATransaction) {
  const auto kind = [](const char* sql) {
    return ParseScript(sql, "up.sql", ScriptMode::kNonTransactional).units.at(0).kind;
  };
  for (const char* sql : {"DO $$ BEGIN -- each commit\n INSERT INTO t VALUES (1); END $$",
                          "DO $$ BEGIN /* commit; */ RAISE NOTICE 'x; commit; y'; END $$",
                          "DO $$ BEGIN EXECUTE $q$ SELECT 1; commit; $q$; END $$",
                          "DO 'BEGIN RAISE NOTICE ''commit;''; END' LANGUAGE plpgsql",
                          "DO $$ BEGIN UPDATE t SET commit = 1; ALTER TABLE t ADD rollback int; END $$",
                          "DO E'BEGIN -- commit;\\n PERFORM 1; END'"}) {
    EXPECT_EQ(kind(sql), UnitKind::kAtomic) << sql;
  }
  for (const char* sql :
       {"DO $$ BEGIN COMMIT; END $$", "DO $x$ BEGIN IF a THEN commit; END IF; END $x$", "DO 'BEGIN ROLLBACK; END'",
        "DO LANGUAGE 'plpgsql' $$ BEGIN LOOP COMMIT AND CHAIN; END LOOP; END $$",
        "DO LANGUAGE plpython3u $$ plpy.commit() # it's $$"}) {
    EXPECT_EQ(kind(sql), UnitKind::kOutside) << sql;
  }
}

TEST(ProgressHashesTest, ChangeWithTokensDataAndOrderOnly) {
  const auto hashes = [](const std::string& sql) {
    return ProgressHashes(ParseScript(sql, "up.sql", ScriptMode::kNonTransactional));
  };
  const auto base = hashes("SELECT 1; SELECT 2; SELECT 3;");
  ASSERT_EQ(base.size(), 3U);
  EXPECT_EQ(hashes("-- x\nSELECT  1;\n/* y */ SELECT 2 ; SELECT 3"), base);
  const auto later = hashes("SELECT 1; SELECT 2; SELECT 4;");
  EXPECT_EQ(later[1], base[1]);
  EXPECT_NE(later[2], base[2]);
  EXPECT_NE(hashes("SELECT 2; SELECT 1; SELECT 3;")[1], base[1]);
  EXPECT_NE(hashes("SELECT 0; SELECT 2; SELECT 3;")[2], base[2]);
  EXPECT_NE(hashes("COPY t FROM stdin;\n1\n\\.\n")[0], hashes("COPY t FROM stdin;\n2\n\\.\n")[0]);
}

}  // namespace
}  // namespace sqlmig
