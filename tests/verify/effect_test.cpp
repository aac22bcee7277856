#include "verify/effect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

CatalogObject Table(const std::string& name) {
  return {"table", name, "", {{"owner", "app"}}};
}

CatalogObject Column(const std::string& table, const std::string& name, const std::string& type) {
  return {"column", table + "." + name, "table " + table, {{"type", type}}};
}

CatalogObject Function(const std::string& name, const std::string& body) {
  return {"function", name + "()", "", {{"definition", body}}};
}

Effect Make(const std::string& script, std::vector<CatalogObject> before, std::vector<CatalogObject> after,
            const std::vector<LockedRelation>& locked = {}) {
  return EffectOf(script, Snapshot(std::move(before)), Snapshot(std::move(after)), locked);
}

TEST(EffectTest, SaysWhatIsNewGoneAndOther) {
  const Snapshot before({Table("public.a"), Table("public.b"), Column("public.b", "x", "integer")});
  const Snapshot after({Table("public.b"), Column("public.b", "x", "text"), Table("public.c")});
  std::vector<std::string> seen;
  for (const ObjectChange& change : ChangesBetween(before, after)) {
    seen.push_back(change.name + (!change.before ? " new" : !change.after ? " gone" : " other"));
  }
  EXPECT_THAT(seen, ElementsAre("public.b.x other", "public.a gone", "public.c new"));
}

TEST(EffectTest, PartsOfARelationAreWritesToIt) {
  const Effect effect = Make("ALTER TABLE b ADD COLUMN y int", {Table("public.b")},
                             {Table("public.b"), Column("public.b", "y", "integer")});
  EXPECT_THAT(effect.written, ElementsAre("public.b"));
  EXPECT_TRUE(effect.names.empty());
}

TEST(EffectTest, PartsOfATypeAreUsedByTheNameOfTheType) {
  const CatalogObject part{"domain constraint", "positive on public.price", "domain public.price", {}};
  EXPECT_THAT(Make("ALTER DOMAIN price ADD ...", {}, {part}).names, ElementsAre("price"));
}

TEST(EffectTest, AnOwnedSequenceBelongsToItsTable) {
  const CatalogObject sequence{"sequence", "public.b_id_seq", "table public.b", {}};
  EXPECT_THAT(Make("", {}, {sequence}).written, ElementsAre("public.b", "public.b_id_seq"));
}

TEST(EffectTest, LocksTellWhatWasReadAndWhatWasWritten) {
  const Effect effect = Make("", {}, {},
                             {{"public.read", "AccessShareLock"},
                              {"public.referenced", "ShareRowExclusiveLock"},
                              {"public.filled", "RowExclusiveLock"},
                              {"public.rebuilt", "AccessExclusiveLock"}});
  EXPECT_THAT(effect.read, ElementsAre("public.read", "public.referenced"));
  EXPECT_THAT(effect.written, ElementsAre("public.filled", "public.rebuilt"));
}

TEST(EffectTest, TwoThatShareNothingDoNotInterfere) {
  const Effect a = Make("CREATE TABLE a (id int)", {}, {Table("public.a")});
  const Effect b = Make("CREATE TABLE b (id int)", {}, {Table("public.b")});
  EXPECT_FALSE(MayInterfere(a, b));
}

TEST(EffectTest, TwoThatOnlyReadTheSameDoNotInterfere) {
  const std::vector<LockedRelation> reads = {{"public.users", "ShareRowExclusiveLock"}};
  const Effect a = Make("CREATE TABLE a (u int REFERENCES users)", {}, {Table("public.a")}, reads);
  const Effect b = Make("CREATE TABLE b (u int REFERENCES users)", {}, {Table("public.b")}, reads);
  EXPECT_FALSE(MayInterfere(a, b));
}

TEST(EffectTest, AReaderAndAWriterInterfere) {
  const Effect reader = Make("CREATE VIEW v AS SELECT 1", {}, {}, {{"public.users", "AccessShareLock"}});
  const Effect writer =
      Make("", {Table("public.users")}, {Table("public.users"), Column("public.users", "x", "integer")});
  EXPECT_TRUE(MayInterfere(reader, writer));
  EXPECT_TRUE(MayInterfere(writer, reader));
}

TEST(EffectTest, AFunctionThatIsCalledByNameInterferes) {
  const Effect maker = Make("CREATE FUNCTION ...", {Function("public.f", "1")}, {Function("public.f", "2")});
  const Effect caller = Make("SELECT public.\"F\"()", {}, {});
  EXPECT_TRUE(MayInterfere(caller, maker));
}

// A trigger on the table that is written to calls f, which calls g.
TEST(EffectTest, AFunctionThatIsCalledByTheDefinitionOfATableInterferes) {
  const CatalogObject trigger{"trigger", "t on public.users", "table public.users", {{"definition", "EXECUTE f()"}}};
  const std::vector<CatalogObject> schema = {Table("public.users"), trigger, Function("public.f", "SELECT g()"),
                                             Function("public.g", "1")};
  const Effect caller =
      Make("INSERT INTO users DEFAULT VALUES", schema, schema, {{"public.users", "RowExclusiveLock"}});
  const Effect maker = Make("CREATE OR REPLACE ...", {Function("public.g", "1")}, {Function("public.g", "2")});
  EXPECT_THAT(caller.words, IsSupersetOf({"f", "g"}));
  EXPECT_TRUE(MayInterfere(caller, maker));
  const Effect other = Make("CREATE OR REPLACE ...", {Function("public.h", "1")}, {Function("public.h", "2")});
  EXPECT_FALSE(MayInterfere(caller, other));
}

TEST(EffectTest, WhatMayActUnnamedInterferesWithAll) {
  const Effect extension = Make("", {}, {{"extension", "citext", "", {}}});
  const Effect other = Make("CREATE TABLE b (id int)", {}, {Table("public.b")});
  EXPECT_TRUE(MayInterfere(extension, other));
}

TEST(EffectTest, WhoAsksTheCatalogMayDependOnAnyChange) {
  Effect asker = Make("DO ...", {}, {});
  asker.reads_catalog = true;
  EXPECT_TRUE(MayInterfere(asker, Make("CREATE TABLE b (id int)", {}, {Table("public.b")})));
  EXPECT_FALSE(MayInterfere(asker, Make("UPDATE b SET x = 1", {}, {}, {{"public.b", "RowExclusiveLock"}})));
}

TEST(EffectTest, WhoActsOnAllOfAKindMayDependOnAnyChange) {
  const Effect maker = Make("CREATE TABLE b (id int)", {}, {Table("public.b")});
  for (const char* script :
       {"GRANT SELECT ON ALL TABLES IN SCHEMA public TO app", "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA x FROM PUBLIC",
        "drop owned by app", "REASSIGN OWNED BY app TO admin", "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
        "IMPORT FOREIGN SCHEMA public FROM SERVER s INTO x"}) {
    EXPECT_TRUE(MayInterfere(Make(script, {}, {}), maker)) << script;
  }
  EXPECT_FALSE(MayInterfere(Make("GRANT SELECT ON a TO app", {}, {}), maker));
}

TEST(EffectTest, BareNamesHaveNoSchemaQuotesOrArguments) {
  EXPECT_EQ(BareName("public.users"), "users");
  EXPECT_EQ(BareName("public.\"My.Table\""), "my.table");
  EXPECT_EQ(BareName("a.f(integer, b.c)"), "f");
  EXPECT_EQ(BareName("plain"), "plain");
}

TEST(EffectTest, WordsAreNamesInQuotesAndOutOfThem) {
  std::set<std::string> words;
  AddWords("SELECT a.\"B c\", 'text d' FROM t1;", &words);
  EXPECT_THAT(words, ElementsAre("a", "b", "b c", "c", "d", "from", "select", "t1", "text"));
}

}  // namespace
}  // namespace sqlmig
