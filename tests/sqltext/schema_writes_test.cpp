#include "sqltext/schema_writes.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

void Check(const std::string& sql) {
  RefuseWritesTo({"sqlmig", {"migration", "event"}}, ParseScript(sql, "up.sql", ScriptMode::kTransactional), "up.sql");
}

TEST(RefuseWritesToTest, FindsWhatChangesRowsKeysTypesAndTheSchema) {
  for (const char* sql :
       {"DELETE FROM sqlmig.migration", "TRUNCATE public.a, sqlmig.event", "drop schema sqlmig cascade",
        "UPDATE \"sqlmig\".migration SET id = 'zz'", "INSERT INTO sqlmig.event SELECT * FROM a",
        "COPY sqlmig.migration FROM '/x'", "WITH w AS (DELETE FROM sqlmig.migration RETURNING 1) SELECT * FROM w",
        "MERGE INTO sqlmig.migration m USING a ON m.id = a.id WHEN MATCHED THEN DELETE",
        "ALTER TABLE sqlmig.migration DROP CONSTRAINT migration_pkey", "ALTER TABLE sqlmig.migration RENAME id TO key",
        "ALTER TABLE sqlmig.migration SET SCHEMA a", "ALTER SCHEMA sqlmig RENAME TO other",
        "DROP TABLE IF EXISTS a, sqlmig.event", "CREATE RULE r AS ON INSERT TO sqlmig.event DO INSTEAD NOTHING",
        "CREATE TRIGGER t BEFORE INSERT ON sqlmig.event FOR EACH ROW EXECUTE FUNCTION f()"}) {
    EXPECT_THROW(Check(sql), Error) << sql;
  }
}

TEST(RefuseWritesToTest, ReadingAndOtherTablesAreFine) {
  for (const char* sql : {"SELECT * FROM sqlmig.migration", "CREATE VIEW v AS SELECT id FROM sqlmig.migration",
                          "GRANT SELECT ON sqlmig.migration TO a", "INSERT INTO a SELECT id FROM sqlmig.migration",
                          "DELETE FROM migration", "DELETE FROM app.migration", "DROP SCHEMA app",
                          "COMMENT ON TABLE a IS 'DELETE FROM sqlmig.migration'", "COPY sqlmig.migration TO '/x'"}) {
    EXPECT_NO_THROW(Check(sql)) << sql;
  }
}

TEST(RefuseWritesToTest, TellsThePlace) {
  try {
    Check("SELECT 1;\n  DELETE FROM sqlmig.migration;\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kScript);
    EXPECT_EQ(error.location().at.line, 2U);
    EXPECT_EQ(error.location().at.column, 3U);
  }
}

}  // namespace
}  // namespace sqlmig
