// Where things are put, and who may not be trusted there.
#include <pwd.h>
#include <sys/stat.h>

#include "embedded/fixture.h"

namespace sqlmig::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kLongestSocketPath = 107;

TEST_F(EmbeddedTest, KeepsTheSocketPathShort) {
  settings.project_folder = folder / std::string(200, 'p') / std::string(200, 'q');
  settings.runtime_home = folder / std::string(90, 'r');
  std::filesystem::create_directories(settings.runtime_home);
  const ServerGuard guard(settings);
  EmbeddedServer deep(settings);
  const EmbeddedStatus status = deep.Start();
  EXPECT_LE((status.socket_directory / ".s.PGSQL.5432").string().size(), kLongestSocketPath);
  EXPECT_EQ(status.socket_directory.parent_path(), "/tmp");
  deep.EnsureDatabase("works");
}

TEST_F(EmbeddedTest, UsesTheRuntimeFolderWhenItsPathIsShortEnough) {
  settings.runtime_home = folder.path();
  const ServerGuard guard(settings);
  EmbeddedServer near(settings);
  EXPECT_EQ(near.Start().socket_directory.parent_path(), folder.path());
  near.EnsureDatabase("works");
}

TEST_F(EmbeddedTest, AvoidsRuntimeFoldersThatOthersCanChange) {
  settings.runtime_home = folder / "open";
  std::filesystem::create_directories(settings.runtime_home);
  chmod(settings.runtime_home.c_str(), 0777);
  EXPECT_EQ(EmbeddedServer(settings).Status().socket_directory.parent_path(), "/tmp");
  for (const char* unusable : {"missing", "with,comma", "file"}) {
    if (unusable == std::string("with,comma")) std::filesystem::create_directories(folder / unusable);
    if (unusable == std::string("file")) Write(folder / unusable, "");
    settings.runtime_home = folder / unusable;
    EXPECT_EQ(EmbeddedServer(settings).Status().socket_directory.parent_path(), "/tmp") << unusable;
  }
}

TEST_F(EmbeddedTest, RefusesASocketFolderThatIsALink) {
  const std::filesystem::path squatted = server.Status().socket_directory;
  std::filesystem::create_directories(folder / "theirs");
  std::filesystem::create_symlink(folder / "theirs", squatted);
  const Error error = Caught([&] { server.Start(); });
  std::filesystem::remove(squatted);
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_EQ(error.message(), "refused to use the folder '" + squatted.string() + "': it is a symbolic link");
  EXPECT_TRUE(std::filesystem::is_empty(folder / "theirs"));
}

TEST_F(EmbeddedTest, RefusesASocketFolderThatIsAFile) {
  const std::filesystem::path squatted = server.Status().socket_directory;
  Write(squatted, "");
  const Error error = Caught([&] { server.Start(); });
  std::filesystem::remove(squatted);
  EXPECT_EQ(error.message(), "refused to use the folder '" + squatted.string() + "': it is not a folder");
}

TEST_F(EmbeddedTest, RefusesASocketFolderOfAnotherUser) {
  if (geteuid() != 0) return;  // only root can make one
  const std::filesystem::path squatted = server.Status().socket_directory;
  std::filesystem::create_directories(squatted);
  ASSERT_EQ(chown(squatted.c_str(), getpwnam("nobody")->pw_uid, 0), 0);
  const Error error = Caught([&] { server.Start(); });
  std::filesystem::remove(squatted);
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_EQ(error.message(), "refused to use the folder '" + squatted.string() + "': it belongs to another user");
}

TEST_F(EmbeddedTest, ClosesAFolderThatWasLeftOpen) {
  const std::filesystem::path state = StateFolder();
  server.Start();
  server.Stop();
  chmod(state.c_str(), 0777);
  server.Start();
  struct stat info {};
  ASSERT_EQ(stat(state.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
}

TEST_F(EmbeddedTest, RefusesAStateFolderThatOthersCanChange) {
  if (geteuid() == 0) return;  // root goes elsewhere: see below
  std::filesystem::create_directories(settings.state_home / "sqlmig");
  chmod((settings.state_home / "sqlmig").c_str(), 0777);
  EXPECT_EQ(Caught([&] { server.Start(); }).code(), ErrorCode::kIo);
}

TEST_F(EmbeddedTest, RootGoesElsewhereWhenTheServersUserCannotFollow) {
  if (geteuid() != 0) return;  // others are their own server's user
  std::filesystem::create_directories(settings.state_home);
  EXPECT_THAT(server.Status().data_directory.string(), StartsWith(settings.state_home.string()));
  chmod(settings.state_home.c_str(), 0700);
  EXPECT_THAT(server.Status().data_directory.string(), StartsWith("/var/lib/sqlmig/"));
  chmod(settings.state_home.c_str(), 0755);
  ASSERT_EQ(chown(settings.state_home.c_str(), getpwnam("nobody")->pw_uid, 0), 0);
  EXPECT_THAT(server.Status().data_directory.string(), StartsWith("/var/lib/sqlmig/"));
}

TEST_F(EmbeddedTest, RootNeedsAUserToBecome) {
  if (geteuid() != 0) return;
  settings.run_as = "nobody-of-that-name";
  const Error missing = Caught([&] { EmbeddedServer(settings).Start(); });
  EXPECT_EQ(missing.code(), ErrorCode::kConnection);
  EXPECT_THAT(missing.hint(), HasSubstr("useradd --system nobody-of-that-name"));
  settings.run_as = "root";
  EXPECT_EQ(Caught([&] { EmbeddedServer(settings).Start(); }).code(), ErrorCode::kConnection);
}

TEST_F(EmbeddedTest, DestroyFollowsNoLinkAndKeepsStrangersFiles) {
  const EmbeddedStatus status = server.Start();
  std::filesystem::create_directories(folder / "precious");
  Write(folder / "precious/file", "kept");
  std::filesystem::create_symlink(folder / "precious", status.data_directory / "pg_tblspc" / "12345");
  std::filesystem::create_symlink(folder / "precious", StateFolder() / "link");
  server.Destroy();
  EXPECT_EQ(Contents(folder / "precious/file"), "kept");
  EXPECT_FALSE(std::filesystem::exists(status.data_directory.parent_path()));
}

TEST_F(EmbeddedTest, TheSameProjectByAnotherNameIsTheSameServer) {
  std::filesystem::create_directories(settings.project_folder);
  std::filesystem::create_directory_symlink(settings.project_folder, folder / "alias");
  EmbeddedSettings alias = settings;
  alias.project_folder = folder / "alias";
  EXPECT_EQ(EmbeddedServer(alias).Status().data_directory, server.Status().data_directory);
}

}  // namespace
}  // namespace sqlmig::testing
