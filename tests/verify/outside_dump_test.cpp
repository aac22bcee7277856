#include "verify/outside_dump.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

ParsedScript UpScript(const std::string& sql) {
  return ParseScript(sql, "up.sql", ScriptMode::kTransactional);
}

bool IsOutside(const std::string& sql) {
  return FindOutsideDump(UpScript(sql)).has_value();
}

TEST(OutsideDumpTest, FindsWhatIsOfTheServerOrTheDatabaseItself) {
  EXPECT_TRUE(IsOutside("ALTER ROLE app SET work_mem = '1MB'"));
  EXPECT_TRUE(IsOutside("alter user app NOLOGIN"));
  EXPECT_TRUE(IsOutside("GRANT CONNECT, TEMPORARY ON DATABASE shop TO app"));
  EXPECT_TRUE(IsOutside("COMMENT ON DATABASE shop IS 'x'"));
  EXPECT_TRUE(IsOutside("ALTER DATABASE shop OWNER TO app"));
  EXPECT_TRUE(IsOutside("DO $$ BEGIN EXECUTE format('ALTER ROLE %I SET x.y = 1', current_user); END $$"));
  EXPECT_EQ(FindOutsideDump(UpScript("SELECT 1;\nREVOKE ALL ON DATABASE shop FROM PUBLIC"))->statement, 10U);
}

TEST(OutsideDumpTest, LetsPassWhatASquashHolds) {
  EXPECT_FALSE(IsOutside("ALTER DATABASE shop SET work_mem = '1MB'; ALTER DATABASE shop RESET ALL"));
  EXPECT_FALSE(IsOutside("ALTER ROLE app IN DATABASE shop SET work_mem = '1MB'"));
  EXPECT_FALSE(IsOutside("ALTER USER MAPPING FOR app SERVER far OPTIONS (SET host 'x')"));
  EXPECT_FALSE(IsOutside("GRANT SELECT ON t TO app; COMMENT ON TABLE t IS 'on database shop'"));
  EXPECT_FALSE(IsOutside("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ ALTER ROLE app SET x.y = 1 $$"));
}

TEST(OutsideDumpTest, FindsLargeObjects) {
  EXPECT_EQ(FindLargeObjectUse(UpScript("SELECT 1;\nSELECT lo_create(0)")), 10U);
  EXPECT_EQ(FindLargeObjectUse(UpScript("GRANT SELECT ON LARGE OBJECT 1 TO app")), 0U);
  EXPECT_EQ(FindLargeObjectUse(UpScript("SELECT slow_lo, lower('x')")), std::nullopt);
}

}  // namespace
}  // namespace sqlmig
