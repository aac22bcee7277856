#include "sqltext/row_insert.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

int LineOfInsert(std::string_view script) {
  const auto at = FirstRowInsert(script);
  return at ? at->line : 0;
}

TEST(RowInsertTest, FindsTheStatementsThatInsert) {
  EXPECT_EQ(LineOfInsert("CREATE TABLE t ();\n-- plans\ninsert INTO t DEFAULT VALUES"), 3);
  EXPECT_EQ(LineOfInsert("\nCOPY t FROM stdin;\n1\n\\.\n"), 2);
  EXPECT_EQ(LineOfInsert("SELECT 1;\n\nWITH a AS (\n  INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a;"), 3);
}

TEST(RowInsertTest, LeavesTheRestAlone) {
  EXPECT_EQ(LineOfInsert(""), 0);
  EXPECT_EQ(LineOfInsert("GRANT INSERT ON t TO r; COPY t TO stdout; SELECT 'INSERT INTO t'; -- INSERT INTO t"), 0);
  EXPECT_EQ(LineOfInsert("CREATE TRIGGER x BEFORE INSERT ON t EXECUTE FUNCTION f(); WITH a AS (SELECT 1) TABLE a"), 0);
  EXPECT_EQ(LineOfInsert("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ INSERT INTO t VALUES (1) $$; 'open"), 0);
}

}  // namespace
}  // namespace sqlmig
