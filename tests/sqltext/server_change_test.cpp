#include "sqltext/server_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Shown(std::string_view statement) {
  std::vector<std::string> shown;
  for (const ServerChange& change : ReadServerChanges(statement)) shown.push_back(ShownChange(change));
  return shown;
}

TEST(ServerChangeTest, WhatBelongsToTheServerIsFoundByItsName) {
  EXPECT_THAT(Shown("create Database /* c */ Shop OWNER bob"), ElementsAre("CREATE DATABASE shop"));
  EXPECT_THAT(Shown("DROP DATABASE IF EXISTS \"My shop\" WITH (FORCE)"), ElementsAre("DROP DATABASE My shop"));
  EXPECT_THAT(Shown("DROP ROLE a, \"B\" , c"), ElementsAre("DROP ROLE a", "DROP ROLE B", "DROP ROLE c"));
  EXPECT_THAT(Shown("DROP USER IF EXISTS a"), ElementsAre("DROP ROLE a"));
  EXPECT_THAT(Shown("CREATE TABLESPACE fast LOCATION '/x'"), ElementsAre("CREATE TABLESPACE fast"));
  EXPECT_THAT(Shown("ALTER SYSTEM SET work_mem = '1GB'"), ElementsAre("ALTER SYSTEM"));
}

TEST(ServerChangeTest, AlsoInADo) {
  EXPECT_THAT(Shown("DO $$ BEGIN IF true THEN CREATE ROLE a; DROP GROUP b; END IF; END $$"),
              ElementsAre("CREATE ROLE a", "DROP ROLE b"));
}

TEST(ServerChangeTest, WhatBelongsToADatabaseIsNone) {
  for (const char* const statement :
       {"CREATE USER MAPPING FOR a SERVER s", "DROP USER MAPPING FOR a SERVER s", "DROP TABLE database", "DROP ROLE",
        "ALTER ROLE a SET work_mem = 1", "SELECT 'DROP ROLE a'", "", "DO $$ BEGIN PERFORM 'DROP ROLE a'; END $$"}) {
    EXPECT_THAT(Shown(statement), IsEmpty()) << statement;
  }
}

}  // namespace
}  // namespace sqlmig
