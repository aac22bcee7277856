// What killed processes, reboots and cleaners leave behind.
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#include "embedded/fixture.h"

namespace sqlmig::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A process of the server's user that has nothing to do with PostgreSQL.
void SleepAsServerUser(const std::string& name) {
  if (geteuid() == 0) {
    const passwd* user = getpwnam(name.c_str());
    if (user == nullptr || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) _exit(1);
  }
  pause();
}

TEST_F(EmbeddedTest, RepairsAfterAKilledServer) {
  const EmbeddedStatus before = server.Start();
  server.EnsureDatabase("kept");
  kill(before.pid, SIGKILL);
  ASSERT_TRUE(Eventually([&] { return server.Status().state == State::kStopped; }));
  EXPECT_TRUE(std::filesystem::exists(before.data_directory / "postmaster.pid"));
  const EmbeddedStatus after = server.Start();
  EXPECT_NE(after.pid, before.pid);
  server.EnsureDatabase("kept");
}

TEST_F(EmbeddedTest, StartsAtOnceAfterAKill) {
  for (int i = 0; i < 4; ++i) {
    const int pid = server.Start().pid;
    server.EnsureDatabase("works");
    kill(pid, SIGKILL);
    ASSERT_TRUE(Eventually([&] { return !IsAlive(pid); }));
  }
}

TEST_F(EmbeddedTest, TrustsNoProcessNumberThatAStrangerHas) {
  const EmbeddedStatus before = server.Start();
  server.EnsureDatabase("kept");
  kill(before.pid, SIGKILL);
  ASSERT_TRUE(Eventually([&] { return server.Status().state == State::kStopped; }));
  Forked stranger([&] { SleepAsServerUser(settings.run_as); });
  usleep(50'000);
  ReplaceIn(before.data_directory / "postmaster.pid", std::to_string(before.pid), std::to_string(stranger.pid()));
  EXPECT_EQ(server.Status().state, State::kStopped);
  server.Stop();
  const EmbeddedStatus after = server.Start();
  EXPECT_NE(after.pid, stranger.pid());
  EXPECT_TRUE(IsAlive(stranger.pid()));
  server.EnsureDatabase("kept");
}

TEST_F(EmbeddedTest, NeverStopsTheServerOfAnotherProject) {
  TempDir other_folder;
  const EmbeddedSettings other_settings = TestServerSettings(other_folder.path());
  const ServerGuard other_guard(other_settings);
  EmbeddedServer other(other_settings);
  const EmbeddedStatus theirs = other.Start();
  const EmbeddedStatus mine = server.Start();
  EXPECT_NE(mine.socket_directory, theirs.socket_directory);
  kill(mine.pid, SIGKILL);
  ASSERT_TRUE(Eventually([&] { return server.Status().state == State::kStopped; }));
  ReplaceIn(mine.data_directory / "postmaster.pid", std::to_string(mine.pid), std::to_string(theirs.pid));
  EXPECT_EQ(server.Status().state, State::kStopped);
  server.Stop();
  server.Destroy();
  EXPECT_EQ(other.Status().pid, theirs.pid);
  other.EnsureDatabase("works");
}

TEST_F(EmbeddedTest, IgnoresAPidFileThatMakesNoSense) {
  const EmbeddedStatus status = server.Start();
  server.Stop();
  for (const char* text : {"", "-1\n", "0\n", "1\n", "99999999999999999999\n", "garbage", "\n\n\n\n\n\n\n\n\n"}) {
    Write(status.data_directory / "postmaster.pid", text);
    EXPECT_EQ(server.Status().state, State::kStopped) << text;
    server.Stop();
  }
}

TEST_F(EmbeddedTest, RemovesAHalfMadeCluster) {
  const EmbeddedStatus status = server.Start();
  server.EnsureDatabase("gone");
  server.Stop();
  std::filesystem::remove(status.data_directory.parent_path() / "cluster.info");
  EXPECT_EQ(server.Status().state, State::kAbsent);
  EXPECT_EQ(server.Start().state, State::kRunning);
}

TEST_F(EmbeddedTest, RemovesAClusterThatLostItsFiles) {
  const EmbeddedStatus status = server.Start();
  server.Stop();
  std::filesystem::remove_all(status.data_directory / "global");
  EXPECT_EQ(server.Start().state, State::kRunning);
  server.EnsureDatabase("works");
}

TEST_F(EmbeddedTest, RecoversFromAStarterKilledAtAnyMoment) {
  for (const int delay : {50, 400, 700, 900}) {
    Forked starter([&] { EmbeddedServer(settings).Start(); });
    usleep(static_cast<useconds_t>(delay) * 1000);
    starter.Kill();
    EXPECT_EQ(server.Start().state, State::kRunning) << "killed after " << delay << " ms";
    server.EnsureDatabase("works");
    server.Destroy();
    EXPECT_THAT(Processes(), IsEmpty());
  }
}

TEST_F(EmbeddedTest, StartsAgainWhenACleanerTookTheSocket) {
  const EmbeddedStatus before = server.Start();
  std::filesystem::remove_all(before.socket_directory);
  const EmbeddedStatus after = server.Start();
  EXPECT_NE(after.pid, before.pid);
  server.EnsureDatabase("works");
}

TEST_F(EmbeddedTest, UsesTheSocketOfARunningServerFromAnotherRuntimeFolder) {
  const EmbeddedStatus started = server.Start();
  EmbeddedSettings elsewhere = settings;
  elsewhere.runtime_home = folder.path();
  EmbeddedServer again(elsewhere);
  EXPECT_EQ(again.Start().socket_directory, started.socket_directory);
  again.EnsureDatabase("works");
}

TEST_F(EmbeddedTest, ShowsWhatTheServerSaidWhenItDoesNotStart) {
  const EmbeddedStatus status = server.Start();
  server.Stop();
  std::ofstream(status.data_directory / "postgresql.conf", std::ios::app) << "shared_buffers = 'much'\n";
  const Error error = Caught([&] { server.Start(); });
  EXPECT_EQ(error.code(), ErrorCode::kConnection);
  EXPECT_THAT(error.what(), HasSubstr("cannot start the embedded PostgreSQL: FATAL:"));
  EXPECT_THAT(error.excerpt(), HasSubstr("shared_buffers"));
  EXPECT_THAT(error.hint(), HasSubstr("server.log"));
  EXPECT_THAT(Processes(), IsEmpty());
}

TEST_F(EmbeddedTest, NamesBothVersionsWhenTheProgramsDoNotFit) {
  const EmbeddedStatus status = server.Start();
  server.Stop();
  ReplaceIn(StateFolder() / "cluster.info", "major=" + std::to_string(status.server_major), "major=99");
  const Error error = Caught([&] { server.Start(); });
  EXPECT_EQ(error.code(), ErrorCode::kConnection);
  EXPECT_THAT(error.what(), HasSubstr("was made by PostgreSQL 99, but the"));
  EXPECT_THAT(error.what(), HasSubstr("version " + std::to_string(status.server_major)));
  EXPECT_THAT(error.hint(), HasSubstr("sqlmig embedded destroy"));
}

TEST_F(EmbeddedTest, RefusesTheClusterOfAnotherProject) {
  server.Start();
  server.Stop();
  ReplaceIn(StateFolder() / "cluster.info", "project_folder=", "project_folder=/other");
  EXPECT_EQ(Caught([&] { server.Start(); }).code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace sqlmig::testing
