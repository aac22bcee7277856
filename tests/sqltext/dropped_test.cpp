#include "sqltext/dropped.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using ThingKind = DroppedThing::Kind;

std::vector<DroppedThing> Dropped(const std::string& sql) {
  return FindDropped(ParseScript(sql, "down.sql", ScriptMode::kTransactional));
}

TEST(DroppedTest, Tables) {
  EXPECT_EQ(Dropped("DROP TABLE users;"), (std::vector<DroppedThing>{{ThingKind::kTable, {"users"}}}));
  EXPECT_EQ(Dropped("drop table if exists Meta.Users, \"Odd.Name\" cascade"),
            (std::vector<DroppedThing>{{ThingKind::kTable, {"meta", "users"}}, {ThingKind::kTable, {"Odd.Name"}}}));
  EXPECT_EQ(Dropped("DROP TABLE a; DROP TABLE a;").size(), 1U);
}

TEST(DroppedTest, Columns) {
  EXPECT_EQ(Dropped("ALTER TABLE IF EXISTS ONLY s.t DROP COLUMN a, DROP IF EXISTS \"B\" CASCADE, ADD c int"),
            (std::vector<DroppedThing>{{ThingKind::kColumn, {"s", "t"}, "a"}, {ThingKind::kColumn, {"s", "t"}, "B"}}));
  EXPECT_EQ(Dropped("ALTER TABLE t DROP CONSTRAINT c"), std::vector<DroppedThing>());
}

TEST(DroppedTest, Schemas) {
  EXPECT_EQ(Dropped("DROP SCHEMA s, \"T\" CASCADE"),
            (std::vector<DroppedThing>{{ThingKind::kSchema, {"s"}}, {ThingKind::kSchema, {"T"}}}));
  EXPECT_EQ(Dropped("DROP SCHEMA s"), std::vector<DroppedThing>());  // it is empty, or the step fails
}

TEST(DroppedTest, OthersAreNone) {
  EXPECT_EQ(Dropped("DROP VIEW table_view; DROP INDEX i; SELECT 'DROP TABLE t'; -- DROP TABLE t\n"),
            std::vector<DroppedThing>());
  EXPECT_EQ(Dropped("DO $$ BEGIN DROP TABLE t; END $$"), std::vector<DroppedThing>());
  EXPECT_EQ(Dropped(""), std::vector<DroppedThing>());
}

TEST(DroppedTest, WhoseNameIsMeantMustBeKnown) {
  EXPECT_EQ(Dropped("SET LOCAL search_path = s; DROP TABLE t; DROP TABLE s.u; DROP SCHEMA s CASCADE"),
            (std::vector<DroppedThing>{{ThingKind::kTable, {"s", "u"}}, {ThingKind::kSchema, {"s"}}}));
}

}  // namespace
}  // namespace sqlmig
