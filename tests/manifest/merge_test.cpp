// Two branches that both add a migration merge without a conflict, by git and the attribute that `init` writes.
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "manifest/edit.h"
#include "manifest/loading.h"
#include "support/file.h"
#include "testing/temp_dir.h"

namespace sqlmig {
namespace {

using testing::Explain;

class MergeTest : public ::testing::Test {
 protected:
  // Runs git in the folder, away from the configuration of whoever runs the test. A missing git is a failure.
  void Git(const std::string& arguments) {
    const std::string command = "cd '" + folder_.path().string() + "' && env -i PATH=\"$PATH\" HOME='" +
                                folder_.path().string() +
                                "' GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a "
                                "GIT_COMMITTER_EMAIL=a@b git " +
                                arguments + " >>git.log 2>&1";
    const int status = std::system(command.c_str());  // NOLINT: the command is made above
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "git " << arguments << "\n"
                                                               << ReadFile(folder_ / "git.log", 1U << 20U);
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  LoadedManifest Loaded() {
    LoadedManifest loaded = LoadManifest(folder_ / "migrations.yaml", [](std::string_view) { return std::nullopt; });
    EXPECT_EQ(Explain(loaded.problems), "") << loaded.manifest.text;
    return loaded;
  }

  void Add(const std::string& database, const std::string& id, const std::vector<std::string>& depends_on) {
    NewEntry entry{MigrationId::Parse(id), {}, "Adds " + id, false};
    for (const std::string& dependency : depends_on) entry.depends_on.push_back(MigrationId::Parse(dependency));
    ReplaceFile(folder_ / "migrations.yaml", WithMigration(Loaded().manifest, database, entry));
  }

  void Commit(const std::string& message) {
    Git("add .gitattributes migrations.yaml");
    Git("commit -m " + message);
  }

  // `base`, then `left` on one branch and `right` on the other, then their merge.
  template <class Left, class Right>
  void Merge(const std::string& base, Left left, Right right) {
    Git("init -b main .");
    Write(".gitattributes", "migrations.yaml merge=union\n*.sql text eol=lf\n");
    Write("migrations.yaml", base);
    Commit("base");
    Git("checkout -b left");
    left();
    Commit("left");
    Git("checkout main");
    Git("checkout -b right");
    right();
    Commit("right");
    Git("merge left -m merged");
  }

  static std::string Names(const DatabaseEntry& database) {
    std::string names;
    for (const Migration& migration : database.migrations) {
      names += migration.id.str() + "(";
      for (const Dependency& dependency : migration.depends_on) names += dependency.id.str() + " ";
      names += ") " + migration.description + "; ";
    }
    return names;
  }

  testing::TempDir folder_;
};

TEST_F(MergeTest, BothBranchesLinesAreThere) {
  Merge(
      "version: 1\nmigrations:\n  - {id: a, depends_on: []}\n\n# end\n", [&] { Add("default", "left", {"a"}); },
      [&] {
        Add("default", "right", {"a"});
        Add("default", "right2", {"right"});
      });
  if (HasFatalFailure()) return;
  EXPECT_EQ(Names(Loaded().manifest.databases[0]),
            "a() ; right(a ) Adds right; right2(right ) Adds right2; left(a ) Adds left; ");
}

TEST_F(MergeTest, TheFirstMigrationsOfAnEmptyListToo) {
  Merge(
      EmptyManifest("x"), [&] { Add("default", "left", {}); }, [&] { Add("default", "right", {}); });
  if (HasFatalFailure()) return;
  EXPECT_EQ(Names(Loaded().manifest.databases[0]), "right() Adds right; left() Adds left; ");
}

TEST_F(MergeTest, AfterBlockEntriesAndInSeveralDatabases) {
  Merge(
      "databases:\n  meta:\n    migrations:\n      - id: a\n        depends_on: []\n"
      "  bot:\n    url: x\n    directory: sql/bot\n    migrations:\n      - {id: b, depends_on: []}",
      [&] {
        Add("meta", "left", {"a"});
        Add("bot", "left", {"b"});
      },
      [&] {
        Add("meta", "right", {"a"});
        Add("bot", "right", {"b"});
      });
  if (HasFatalFailure()) return;
  EXPECT_EQ(Names(Loaded().manifest.databases[0]), "a() ; right(a ) Adds right; left(a ) Adds left; ");
  EXPECT_EQ(Names(Loaded().manifest.databases[1]), "b() ; right(b ) Adds right; left(b ) Adds left; ");
}

// git joins changes that are at most three lines apart, and then keeps the lines between them twice. Nothing is lost in
// silence: the key that is there twice is an error with both places.
TEST_F(MergeTest, ListsTooNearToEachOtherAreAnError) {
  Merge(
      "databases:\n  meta:\n    migrations:\n      - {id: a, depends_on: []}\n  bot:\n    migrations:\n      - {id: b, "
      "depends_on: []}\n",
      [&] {
        Add("meta", "left", {"a"});
        Add("bot", "left", {"b"});
      },
      [&] {
        Add("meta", "right", {"a"});
        Add("bot", "right", {"b"});
      });
  if (HasFatalFailure()) return;
  const LoadedManifest loaded =
      LoadManifest(folder_ / "migrations.yaml", [](std::string_view) { return std::nullopt; });
  EXPECT_EQ(Explain(loaded.problems), "11:3: duplicate key 'bot' | keep one of them; the first is at 6:3\n");
}

}  // namespace
}  // namespace sqlmig
