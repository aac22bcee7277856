#include "report/effects_file.h"

#include <string>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

std::vector<DatabaseEffects> ExampleEffects() {
  KnownEffect effect{MigrationId::Trusted("add_email"), "aa", "bb", {}, 15};
  effect.objects.push_back({"column", "public.t.c", std::nullopt,
                            CatalogObject{"column", "public.t.c", "table public.t", {{"type", "text"}}}});
  effect.objects.push_back({"function", "public.f()",
                            CatalogObject{"function", "public.f()", "", {{"definition", "f\n 1\n"}}},
                            CatalogObject{"function", "public.f()", "", {{"definition", "f\n 2\n"}}}});
  effect.objects.push_back({"index", "i on public.t", CatalogObject{"index", "i on public.t", "table public.t", {}},
                            CatalogObject{"index", "i on public.t", "constraint i on public.t", {}}});
  return {{"meta", {effect, {MigrationId::Trusted("nothing"), "cc", "", {}}}}, {"other", {}}};
}

std::string EffectsProblem(const std::string& text) {
  try {
    ParseEffectsFile(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_FALSE(error.hint().empty());
    return error.message();
  }
  return "none";
}

std::string EffectsReplaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(EffectsFileTest, ComesBackAsItWas) {
  const std::vector<DatabaseEffects> effects = ExampleEffects();
  const std::vector<DatabaseEffects> again = ParseEffectsFile(EffectsFileText(effects));
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].database, "meta");
  ASSERT_EQ(again[0].migrations.size(), 2U);
  const KnownEffect& read = again[0].migrations[0];
  EXPECT_EQ(read.id.str(), "add_email");
  EXPECT_EQ(read.up, "aa");
  EXPECT_EQ(read.down, "bb");
  ASSERT_EQ(read.objects.size(), 3U);
  for (std::size_t i = 0; i < read.objects.size(); ++i) {
    EXPECT_EQ(read.objects[i].before, effects[0].migrations[0].objects[i].before);
    EXPECT_EQ(read.objects[i].after, effects[0].migrations[0].objects[i].after);
  }
  EXPECT_TRUE(again[0].migrations[1].objects.empty());
  EXPECT_EQ(EffectsFileText(again), EffectsFileText(effects));
}

TEST(EffectsFileTest, HasALineForEachPropertyAndForEachLineOfAText) {
  const std::string text = EffectsFileText(ExampleEffects());
  EXPECT_NE(text.find("\"type\": \"text\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\" 1\",\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\"before\": null,\n"), std::string::npos) << text;
}

TEST(EffectsFileTest, AnotherVersionIsRefused) {
  EXPECT_EQ(EffectsProblem(EffectsReplaced(EffectsFileText(ExampleEffects()), "\"schema\": 1", "\"schema\": 2")),
            "this file is of version 2 of the format, and only version 1 is known");
}

TEST(EffectsFileTest, WhatIsNoSuchFileIsRefused) {
  const std::string text = EffectsFileText(ExampleEffects());
  EXPECT_EQ(EffectsProblem("{"), "this is no file of effects: it is no JSON at byte 2");
  EXPECT_EQ(EffectsProblem("[]"), "this is no file of effects");
  EXPECT_EQ(EffectsProblem("{\"format\": 1}"), "this is no file of effects: it lacks what every one has");
  EXPECT_EQ(EffectsProblem(EffectsReplaced(text, "\"objects\"", "\"things\"")),
            "this is no file of effects: it lacks what every one has");
  EXPECT_EQ(EffectsProblem(EffectsReplaced(text, "\"text\"", "7")),
            "this is no file of effects: it lacks what every one has");
  EXPECT_EQ(
      EffectsProblem(EffectsReplaced(EffectsReplaced(text, "public.f()", "public.t.c"), "\"function\"", "\"column\"")),
      "this file has column public.t.c twice at add_email");
}

TEST(EffectsFileTest, AnObjectHasASide) {
  EXPECT_EQ(
      EffectsProblem(R"({"format": "sqlmig effects", "schema": 1, "databases": [{"name": "a", "migrations": [{"id": "m",
      "up": "", "down": "", "server_major": 15, "objects": [{"kind": "table", "name": "t", "before": null, "after": null}]}]}]})"),
      "this file has table t with neither 'before' nor 'after'");
}

}  // namespace
}  // namespace sqlmig
