#include "report/schema_file.h"

#include <string>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

DescribedSchema Example() {
  DescribedSchema schema;
  schema.database = "meta";
  schema.server_version = 150014;
  schema.owners = {"app", "postgres"};
  schema.migrations = {MigrationId::Trusted("a"), MigrationId::Trusted("b")};
  schema.snapshot = Snapshot({{"table", "public.t", "", {{"owner", "app"}}},
                              {"column", "public.t.c", "table public.t", {{"position", "1"}, {"type", "text"}}},
                              {"function", "public.f()", "", {{"definition", "CREATE f\n AS 'x'\n"}, {"owner", ""}}}});
  return schema;
}

std::string Problem(const std::string& text) {
  try {
    ParseSchemaFile(text);
  } catch (const Error& error) {
    return error.message();
  }
  return "none";
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(SchemaFileTest, ComesBackAsItWas) {
  const DescribedSchema schema = Example();
  const DescribedSchema again = ParseSchemaFile(SchemaFileText(schema));
  EXPECT_EQ(again.snapshot.objects(), schema.snapshot.objects());
  EXPECT_EQ(again.snapshot.fingerprint(), schema.snapshot.fingerprint());
  EXPECT_EQ(again.owners, schema.owners);
  EXPECT_EQ(again.migrations, schema.migrations);
  EXPECT_EQ(again.database, "meta");
  EXPECT_EQ(again.server_version, 150000);  // the minor one says nothing about a schema
}

TEST(SchemaFileTest, HasALineForEachPropertyAndForEachLineOfAText) {
  const std::string text = SchemaFileText(Example());
  EXPECT_NE(text.find("        \"type\": \"text\"\n"), std::string::npos) << text;
  EXPECT_NE(text.find("          \" AS 'x'\",\n          \"\"\n"), std::string::npos) << text;
}

TEST(SchemaFileTest, AnotherVersionIsRefused) {
  EXPECT_EQ(Problem(Replaced(SchemaFileText(Example()), "\"version\": 1", "\"version\": 2")),
            "this schema is stored in version 2 of the format, and only version 1 is known");
}

TEST(SchemaFileTest, WhatIsNoSuchFileIsRefused) {
  const std::string text = SchemaFileText(Example());
  EXPECT_EQ(Problem("{"), "this is not a stored schema: it is no JSON at byte 2");
  EXPECT_EQ(Problem("[]"), "this is not a stored schema");
  EXPECT_EQ(Problem("{}"), "this is not a stored schema");
  EXPECT_EQ(Problem(Replaced(text, "\"owners\"", "\"owner\"")),
            "this is not a stored schema: it lacks what every one has");
  EXPECT_EQ(Problem(Replaced(text, "\"meta\"", "7")), "this is not a stored schema: it lacks what every one has");
  EXPECT_EQ(Problem(Replaced(text, "public.t.c", "public.t")), "none");  // another kind
  EXPECT_EQ(Problem(Replaced(text, "\"kind\": \"column\",\n      \"name\": \"public.t.c\"",
                             "\"kind\": \"table\",\n      \"name\": \"public.t\"")),
            "this file has table public.t twice");
}

}  // namespace
}  // namespace sqlmig
