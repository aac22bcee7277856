// A squash takes the lines of what it replaces out of a manifest, and changes nothing else but who names them.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "manifest/edit.h"
#include "manifest/loading.h"

namespace sqlmig {
namespace {

using testing::Explain;
using testing::Load;

NewEntry Squash(const std::vector<std::string>& depends_on, const std::vector<std::string>& replaces) {
  NewEntry entry{MigrationId::Parse("s"), {}, "", false};
  for (const std::string& id : depends_on) entry.depends_on.push_back(MigrationId::Parse(id));
  for (const std::string& id : replaces) entry.replaces.push_back(MigrationId::Parse(id));
  entry.irreversible = "a squash";
  return entry;
}

std::string After(const std::string& text, const NewEntry& entry, const std::string& database = "default") {
  const LoadedManifest loaded = Load(text);
  EXPECT_EQ(Explain(loaded.problems), "");
  try {
    return WithSquash(loaded.manifest, database, entry);
  } catch (const Error& error) {
    return Explain({error});
  }
}

TEST(EditSquashTest, TakesTheLinesOutAndPutsOneIn) {
  EXPECT_EQ(After("# Ours.\n"
                  "migrations:\n"
                  "  # the beginning\n"
                  "  - {id: a, depends_on: []}\n"
                  "  - {id: x, depends_on: []}  # stays\n"
                  "  - {id: b, depends_on: [a]}  # leaves\n"
                  "  - {id: c, depends_on: [x, \"b\"], description: \"b\"}\n"
                  "tags: {v1: [b, x]}\n",
                  Squash({}, {"a", "b"})),
            "# Ours.\n"
            "migrations:\n"
            "  # the beginning\n"
            "  - {id: s, depends_on: [], irreversible: \"a squash\", replaces: [a, b]}\n"
            "  - {id: x, depends_on: []}  # stays\n"
            "  - {id: c, depends_on: [x, \"s\"], description: \"b\"}\n"
            "tags: {v1: [s, x]}\n");
}

TEST(EditSquashTest, EntriesMayBeBlocks) {
  EXPECT_EQ(After("migrations:\n"
                  "- id: a\n"
                  "  depends_on: []\n"
                  "  description: |\n"
                  "    more\n"
                  "\n"
                  "    than one line\n"
                  "- id: b\n"
                  "  depends_on:\n"
                  "  - a\n"
                  "- id: c\n"
                  "  depends_on:\n"
                  "  - b\n",
                  Squash({}, {"a", "b"})),
            "migrations:\n"
            "- {id: s, depends_on: [], irreversible: \"a squash\", replaces: [a, b]}\n"
            "- id: c\n"
            "  depends_on:\n"
            "  - s\n");
}

TEST(EditSquashTest, TheLastLineOfAFileMayLeave) {
  EXPECT_EQ(
      After("migrations:\n  - {id: x, depends_on: []}\n  - {id: a, depends_on: [x]}\n  - {id: b, depends_on: [a]}",
            Squash({"x"}, {"a", "b"})),
      "migrations:\n  - {id: x, depends_on: []}\n"
      "  - {id: s, depends_on: [x], irreversible: \"a squash\", replaces: [a, b]}\n");
}

TEST(EditSquashTest, OtherDatabasesRequireTheSquash) {
  EXPECT_EQ(After("databases:\n"
                  "  meta:\n"
                  "    migrations:\n"
                  "      - {id: a, depends_on: []}\n"
                  "      - {id: b, depends_on: [a]}\n"
                  "  bot:\n"
                  "    migrations:\n"
                  "      - {id: a, depends_on: [], requires: [meta/a]}\n",
                  Squash({}, {"a", "b"}), "meta"),
            "databases:\n"
            "  meta:\n"
            "    migrations:\n"
            "      - {id: s, depends_on: [], irreversible: \"a squash\", replaces: [a, b]}\n"
            "  bot:\n"
            "    migrations:\n"
            "      - {id: a, depends_on: [], requires: [meta/s]}\n");
}

TEST(EditSquashTest, RefusesWhatItCannotChange) {
  const std::string list = "migrations:\n  - {id: a, depends_on: []}\n  - {id: b, depends_on: [a]}\n";
  EXPECT_EQ(After(list + "tags: {v1: [a]}\n", Squash({}, {"a", "b"})),
            "4:13: tag 'v1' names 'a', a state that is gone with the squash | squash up to there only, or remove the "
            "tag\n");
  EXPECT_EQ(After(list + "  - {id: c, depends_on: [a]}\n", Squash({}, {"a", "b"})),
            "4:26: 'a' is inside what is to be squashed | only what depends on the last of them can depend on the "
            "squash\n");
  EXPECT_EQ(After("migrations: [\n  {id: a, depends_on: []},\n  {id: b, depends_on: [a]}\n]\n", Squash({}, {"a", "b"})),
            "2:3: this entry is not on lines of its own, so it cannot be taken out | write each migration below "
            "'migrations:' on one line as '- {...}'\n");
}

}  // namespace
}  // namespace sqlmig
