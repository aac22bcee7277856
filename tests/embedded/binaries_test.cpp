// Which server programs are used, and what is said when there are none.
#include "embedded/binaries.h"

#include <sys/stat.h>

#include "embedded/fixture.h"

namespace sqlmig::testing {
namespace {

using ::testing::Each;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::filesystem::path> Folders(std::string_view path_variable) {
  std::vector<std::filesystem::path> folders;
  for (const ServerBinaries& binaries : InstalledBinaries(path_variable)) folders.push_back(binaries.folder);
  return folders;
}

class BinariesTest : public EmbeddedTest {
 protected:
  // A folder with programs that only tell a version.
  std::filesystem::path Fake(const std::string& name, const std::string& version) {
    const std::filesystem::path bin = folder / name / "bin";
    std::filesystem::create_directories(bin);
    Program(bin / "initdb", "exit 1");
    Program(bin / "postgres", "echo 'postgres (PostgreSQL) " + version + "'");
    return bin;
  }
  static void Program(const std::filesystem::path& path, const std::string& script) {
    Write(path, "#!/bin/sh\n" + script + "\n");
    chmod(path.c_str(), 0755);
  }
};

TEST_F(BinariesTest, FindsAnInstalledServer) {
  const std::vector<std::filesystem::path> found = Folders(settings.path_variable);
  ASSERT_THAT(found, Not(IsEmpty())) << "install a PostgreSQL server: these tests need one";
  EXPECT_TRUE(std::filesystem::exists(found.front() / "initdb"));
  EXPECT_TRUE(std::filesystem::exists(found.front() / "postgres"));
}

TEST_F(BinariesTest, FindsEachOnceTheNewestFirstAndNoneTooOld) {
  const std::filesystem::path old = Fake("old", "12.9");
  const std::filesystem::path modern = Fake("modern", "98.2 (Debian 98.2-1)");
  const std::filesystem::path beta = Fake("beta", "99beta1");
  std::filesystem::create_directory_symlink(beta, folder / "link");
  const std::string path = old.string() + ":relative::" + modern.string() + ":" + beta.string() + ":" +
                           (folder / "link").string() + ":/missing";
  const std::vector<std::filesystem::path> found = Folders(path);
  ASSERT_GE(found.size(), 2U);
  EXPECT_EQ(found[0], beta);
  EXPECT_EQ(found[1], modern);
  EXPECT_EQ(std::count(found.begin(), found.end(), old), 0);
  EXPECT_EQ(std::count(found.begin(), found.end(), beta), 1);
}

TEST_F(BinariesTest, BelievesPgConfig) {
  const std::filesystem::path bin = Fake("configured", "97.1");
  std::filesystem::create_directories(folder / "tools");
  Program(folder / "tools" / "pg_config", "test \"$1\" = --bindir && echo " + bin.string());
  EXPECT_EQ(Folders((folder / "tools").string()).at(0), bin);
}

TEST_F(BinariesTest, BrokenProgramsHideNobody) {
  const std::filesystem::path broken = Fake("broken", "99.1");
  Program(broken / "postgres", "exit 3");
  Program(broken / "pg_config", "kill -9 $$");
  EXPECT_THAT(Folders(broken.string()), Each(Not(Eq(broken))));
}

TEST_F(BinariesTest, SaysWhatIsWrongWithTheFolderThatWasNamed) {
  settings.bin_dir = folder / "empty";
  const Error missing = Caught([&] { EmbeddedServer(settings).Start(); });
  EXPECT_EQ(missing.code(), ErrorCode::kConnection);
  EXPECT_EQ(missing.message(), "there is no program 'initdb' in the folder '" + (folder / "empty").string() + "'");
  EXPECT_THAT(missing.hint(), HasSubstr("initdb and postgres"));

  settings.bin_dir = Fake("old", "12.9");
  EXPECT_THAT(Caught([&] { EmbeddedServer(settings).Start(); }).what(), HasSubstr("is version 12; 13 is the oldest"));

  settings.bin_dir = Fake("strange", "99.1");
  Program(*settings.bin_dir / "postgres", "echo no library >&2; exit 127");
  const Error broken = Caught([&] { EmbeddedServer(settings).Start(); });
  EXPECT_THAT(broken.what(), HasSubstr("failed with exit status 127"));
  EXPECT_THAT(broken.excerpt(), HasSubstr("no library"));
}

TEST_F(BinariesTest, ShowsWhatInitdbSaid) {
  settings.bin_dir = Fake("failing", "99.1");
  Program(*settings.bin_dir / "initdb", "echo 'the disk is \033[31mfull'; exit 1");
  EmbeddedServer failing(settings);
  const Error error = Caught([&] { failing.Start(); });
  EXPECT_THAT(error.what(), HasSubstr("cannot make the embedded database"));
  EXPECT_THAT(error.excerpt(), HasSubstr("the disk is ?[31mfull"));
  EXPECT_EQ(failing.Status().state, State::kAbsent);
}

TEST_F(BinariesTest, ToldWhenTheServersUserCannotRunThem) {
  if (geteuid() != 0) return;
  settings.bin_dir = Fake("closed", "99.1");
  chmod((folder / "closed").c_str(), 0700);
  const Error error = Caught([&] { EmbeddedServer(settings).Start(); });
  EXPECT_THAT(error.what(), HasSubstr("Permission denied"));
  EXPECT_THAT(error.hint(), HasSubstr("let the user 'postgres' reach"));
}

// As the npm packages unpack: programs in bin, libraries in lib, and nothing that tells the loader.
TEST_F(BinariesTest, GivesBundledLibrariesToTheLoader) {
  settings.bin_dir = Fake("bundle", "99.1");
  std::filesystem::create_directories(folder / "bundle" / "lib");
  Write(folder / "bundle" / "lib" / "libpq.so.5.17", "");
  Program(*settings.bin_dir / "initdb", "echo \"library path $LD_LIBRARY_PATH\"; exit 1");
  const Error error = Caught([&] { EmbeddedServer(settings).Start(); });
  EXPECT_THAT(error.excerpt(), HasSubstr("library path " + (folder / "bundle" / "lib").string()));
}

}  // namespace
}  // namespace sqlmig::testing
