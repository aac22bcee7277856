#include "verify/known_effect.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using Properties = std::map<std::string, std::string>;

CatalogObject TableOf(const Properties& properties = {}) {
  return {"table", "public.t", "", properties};
}

CatalogObject ColumnOf(const std::string& name, const Properties& properties) {
  return {"column", "public.t." + name, "table public.t", properties};
}

CatalogObject ViewOf(const std::string& definition) {
  return {"view", "public.v", "", {{"definition", definition}, {"owner", "(owner)"}}};
}

std::vector<Difference> Left(const Snapshot& before, const Snapshot& after, const Snapshot& found) {
  return NotRestored(TouchedObjects(before, after), found);
}

TEST(KnownEffectTest, WhatWasMadeMustBeGone) {
  const Snapshot before({TableOf()});
  const Snapshot after({TableOf(), ColumnOf("c", {{"position", "1"}, {"type", "text"}})});
  EXPECT_EQ(Left(before, after, before), std::vector<Difference>());
  EXPECT_EQ(Left(before, after, after), (std::vector<Difference>{{"column", "public.t.c", "object", "", "text"}}));
}

TEST(KnownEffectTest, WhatWasDroppedMustBeBackAsItWas) {
  const Snapshot before({TableOf(), ColumnOf("c", {{"position", "1"}, {"type", "text"}})});
  const Snapshot after({TableOf()});
  EXPECT_EQ(Left(before, after, before), std::vector<Difference>());
  EXPECT_EQ(Left(before, after, Snapshot({TableOf(), ColumnOf("c", {{"position", "7"}, {"type", "text"}})})),
            std::vector<Difference>());
  EXPECT_EQ(Left(before, after, after), (std::vector<Difference>{{"column", "public.t.c", "object", "text", ""}}));
  EXPECT_EQ(Left(before, after, Snapshot({TableOf(), ColumnOf("c", {{"not null", "yes"}, {"type", "int"}})})),
            (std::vector<Difference>{{"column", "public.t.c", "not null", "", "yes"},
                                     {"column", "public.t.c", "type", "text", "int"}}));
}

TEST(KnownEffectTest, OfWhatWasChangedOnlyThatCounts) {
  const Snapshot before({ColumnOf("c", {{"type", "text"}, {"comment", "old"}})});
  const Snapshot after({ColumnOf("c", {{"type", "text"}, {"comment", "new"}, {"not null", "yes"}})});
  const auto touched = TouchedObjects(before, after);
  ASSERT_EQ(touched.size(), 1U);
  EXPECT_EQ(touched[0].before->properties, (Properties{{"comment", "old"}}));
  EXPECT_EQ(touched[0].after->properties, (Properties{{"comment", "new"}, {"not null", "yes"}}));
  EXPECT_EQ(
      NotRestored(touched, Snapshot({ColumnOf("c", {{"type", "varchar"}, {"comment", "old"}, {"default", "1"}})})),
      std::vector<Difference>());
  EXPECT_EQ(NotRestored(touched, Snapshot({ColumnOf("c", {{"comment", "old"}, {"not null", "yes"}})})),
            (std::vector<Difference>{{"column", "public.t.c", "not null", "", "yes"}}));
}

TEST(KnownEffectTest, WhatOthersMadeIsNotLookedAt) {
  const Snapshot before({ViewOf("SELECT 1")});
  const Snapshot after({ViewOf("SELECT 2")});
  CatalogObject granted = ViewOf("SELECT 1");
  granted.properties["privileges of reader"] = "SELECT";
  EXPECT_EQ(Left(before, after, Snapshot({granted, TableOf(), {"index", "public.i", "table public.t", {}}})),
            std::vector<Difference>());
  // Also on what a down has made anew, where default privileges may say so.
  EXPECT_EQ(Left(before, Snapshot(), Snapshot({granted})), std::vector<Difference>());
}

TEST(KnownEffectTest, WhatTheUpGrantedMustBeRevoked) {
  const Snapshot before({TableOf({{"privileges of a", "SELECT"}})});
  const Snapshot after({TableOf({{"privileges of b", "SELECT"}})});
  EXPECT_EQ(Left(before, after, Snapshot({TableOf({{"privileges of a", "SELECT"}, {"privileges of c", "ALL"}})})),
            std::vector<Difference>());
  EXPECT_EQ(Left(before, after, after),
            (std::vector<Difference>{{"table", "public.t", "privileges of a", "SELECT", ""},
                                     {"table", "public.t", "privileges of b", "", "SELECT"}}));
}

TEST(KnownEffectTest, TheOrderOfColumnsIsNoEffect) {
  const Snapshot before({TableOf(), ColumnOf("a", {{"position", "1"}}), ColumnOf("b", {{"position", "2"}})});
  const Snapshot after({TableOf(), ColumnOf("b", {{"position", "1"}})});
  const auto touched = TouchedObjects(before, after);
  ASSERT_EQ(touched.size(), 1U);
  EXPECT_EQ(touched[0].name, "public.t.a");
  EXPECT_EQ(touched[0].before->properties, Properties());
}

TEST(KnownEffectTest, IsFoundByBothHashes) {
  const DatabaseEffects effects{"meta", {{MigrationId::Trusted("a"), "1", "2", {}}}};
  EXPECT_NE(effects.Find("1", "2"), nullptr);
  EXPECT_EQ(effects.Find("1", "3"), nullptr);
  EXPECT_EQ(effects.Find("2", "1"), nullptr);
}

}  // namespace
}  // namespace sqlmig
