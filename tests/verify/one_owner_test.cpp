#include "verify/one_owner.h"

#include <gtest/gtest.h>

#include "catalog/difference.h"
#include "verify/drift.h"

namespace sqlmig {
namespace {

using Properties = std::map<std::string, std::string>;

Properties MappedTable(const Properties& properties) {
  const Snapshot mapped = WithOneOwner(Snapshot({{"table", "public.t", "", properties}}), {"app", "postgres"});
  return mapped.objects().at(0).properties;
}

TEST(OneOwnerTest, OwnersAreOne) {
  EXPECT_EQ(MappedTable({{"owner", "app"}}), (Properties{{"owner", "(owner)"}}));
  EXPECT_EQ(MappedTable({{"owner", "postgres"}}), (Properties{{"owner", "(owner)"}}));
  EXPECT_EQ(MappedTable({{"owner", "other"}}), (Properties{{"owner", "other"}}));
}

TEST(OneOwnerTest, WhatAnOwnerMayDoAnywayIsNotListed) {
  EXPECT_EQ(MappedTable({{"owner", "postgres"}, {"privileges of app", "SELECT"}}), (Properties{{"owner", "(owner)"}}));
  EXPECT_EQ(MappedTable({{"owner", "other"}, {"privileges of app", "SELECT"}}),
            (Properties{{"owner", "other"}, {"privileges of (owner)", "SELECT"}}));
  EXPECT_EQ(MappedTable({{"owner", "app"}, {"privileges of other granted by postgres", "SELECT"}}),
            (Properties{{"owner", "(owner)"}, {"privileges of other", "SELECT"}}));
}

TEST(OneOwnerTest, ColumnsGoWithTheirTable) {
  const Snapshot mapped =
      WithOneOwner(Snapshot({{"table", "public.t", "", {{"owner", "app"}}},
                             {"column", "public.t.c", "table public.t", {{"privileges of postgres", "SELECT"}}}}),
                   {"app", "postgres"});
  EXPECT_EQ(mapped.objects().at(0).properties, Properties());
}

TEST(OneOwnerTest, NamesThatHoldARole) {
  const auto mapped_name = [](const char* kind, const char* name) {
    return WithOneOwner(Snapshot({{kind, name, "", {{"privileges of other", "SELECT"}}}}), {"app"})
        .objects()
        .at(0)
        .name;
  };
  EXPECT_EQ(mapped_name("default privileges", "for role app in schema public on tables"),
            "for role (owner) in schema public on tables");
  EXPECT_EQ(mapped_name("default privileges", "for role app on tables"), "for role (owner) on tables");
  EXPECT_EQ(mapped_name("default privileges", "for role apple on tables"), "for role apple on tables");
  EXPECT_EQ(mapped_name("user mapping", "for app server far"), "for (owner) server far");
  EXPECT_EQ(mapped_name("database setting", "work_mem for role app"), "work_mem for role (owner)");
  EXPECT_EQ(mapped_name("table", "for app"), "for app");
}

TEST(OneOwnerTest, RolesOfAPolicy) {
  const Snapshot mapped = WithOneOwner(Snapshot({{"policy", "p on public.t", "", {{"roles", "app, other, postgres"}}}}),
                                       {"app", "postgres"});
  EXPECT_EQ(mapped.objects().at(0).properties, (Properties{{"roles", "(owner), other"}}));
}

TEST(FindDriftTest, OwnersOfBothSidesAreOne) {
  const DescribedSchema expected{
      Snapshot({{"table", "public.t", "", {{"owner", "postgres"}}}}), {"postgres"}, 0, "", {}};
  const DescribedSchema found{
      Snapshot({{"table", "public.t", "", {{"owner", "app"}}}}), {"app", "rdsadmin"}, 0, "", {}};
  EXPECT_TRUE(FindDrift(expected, found, {}).items.empty());
}

TEST(FindDriftTest, APatternTakesWhatBelongsToAnObject) {
  const DescribedSchema expected{
      Snapshot({{"table", "public.t", "", {}}, {"column", "public.t.c", "table public.t", {{"type", "text"}}}}),
      {},
      0,
      "",
      {}};
  const DescribedSchema found{
      Snapshot({{"table", "public.t", "", {}}, {"column", "public.t.c", "table public.t", {{"type", "bigint"}}}}),
      {},
      0,
      "",
      {}};
  EXPECT_EQ(FindDrift(expected, found, {}).items.size(), 1U);
  EXPECT_EQ(FindDrift(expected, found, {ParseIgnorePattern("table public.t")}).ignored, 1U);
  EXPECT_EQ(FindDrift(expected, found, {ParseIgnorePattern("table public.t:type")}).ignored, 0U);
  EXPECT_EQ(FindDrift(expected, found, {ParseIgnorePattern("column public.t.*:type")}).ignored, 1U);
}

}  // namespace
}  // namespace sqlmig
