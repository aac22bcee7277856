// Start, share, stop, destroy: what a person does with it.
#include <array>
#include <atomic>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/un.h>

#include "embedded/fixture.h"
#include "pg/connection.h"
#include "support/interrupt.h"

namespace sqlmig::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Rows Ask(const EmbeddedServer& server, const std::string& database, const std::string& sql) {
  const std::vector<Rows> all =
      Connection::Open(Conninfo::Parse(server.Conninfo(database)), SessionSettings{}, nullptr).Query(sql);
  return all.empty() ? Rows{} : all.back();
}

TEST_F(EmbeddedTest, IsAbsentBeforeTheFirstStartAndLookingMakesNothing) {
  const EmbeddedStatus status = server.Status();
  EXPECT_EQ(status.state, State::kAbsent);
  EXPECT_EQ(status.pid, 0);
  EXPECT_FALSE(std::filesystem::exists(settings.state_home));
  server.Stop();
  server.Destroy();
  EXPECT_FALSE(std::filesystem::exists(settings.state_home));
}

TEST_F(EmbeddedTest, StartsStopsAndDestroys) {
  const EmbeddedStatus started = server.Start();
  EXPECT_EQ(started.state, State::kRunning);
  EXPECT_TRUE(IsAlive(started.pid));
  EXPECT_GE(started.server_major, 13);
  EXPECT_TRUE(std::filesystem::exists(started.bin_dir / "initdb"));
  EXPECT_TRUE(std::filesystem::exists(started.log_file));
  EXPECT_EQ(server.Start().pid, started.pid);
  EXPECT_EQ(server.Status().pid, started.pid);

  server.Stop();
  EXPECT_FALSE(IsAlive(started.pid));
  EXPECT_EQ(server.Status().state, State::kStopped);
  EXPECT_FALSE(std::filesystem::exists(started.socket_directory));
  server.Stop();

  EXPECT_NE(server.Start().pid, started.pid);
  server.Destroy();
  EXPECT_EQ(server.Status().state, State::kAbsent);
  EXPECT_FALSE(std::filesystem::exists(started.data_directory.parent_path()));
  EXPECT_FALSE(std::filesystem::exists(started.socket_directory));
  EXPECT_THAT(Processes(), IsEmpty());
}

TEST_F(EmbeddedTest, MakesDatabasesOnceAndKeepsThemOverARestart) {
  server.Start();
  const std::string name = "it's a \"name\" \\ with %41 =";
  server.EnsureDatabase(name);
  server.EnsureDatabase(name);
  EXPECT_EQ(Ask(server, name, "SELECT current_database()").At(0, 0), name);
  Ask(server, name, "CREATE TABLE kept (a int)");
  server.Stop();
  server.Start();
  EXPECT_EQ(Ask(server, name, "SELECT to_regclass('kept') IS NOT NULL").At(0, 0), "t");
  const Connection by_url = Connection::Open(Conninfo::Parse(server.Url(name)), SessionSettings{}, nullptr);
  EXPECT_EQ(by_url.database(), name);
}

TEST_F(EmbeddedTest, RefusesNamesThatTheServerWouldCut) {
  for (const std::string& name : {std::string(), std::string(64, 'x'), std::string("a\0b", 3)}) {
    EXPECT_EQ(Caught([&] { server.EnsureDatabase(name); }).code(), ErrorCode::kUsage);
  }
}

TEST_F(EmbeddedTest, IsTheSameServerWhateverTheMachineIsSetTo) {
  server.Start();
  const Rows rows = Ask(server, "postgres",
                        "SELECT current_setting('server_encoding'), current_setting('TimeZone'), "
                        "current_setting('listen_addresses'), current_setting('jit'), current_user, "
                        "(SELECT datcollate LIKE 'C%' FROM pg_database WHERE datname = 'postgres')");
  const std::vector<std::optional<std::string>> expected = {"UTF8", "UTC", "", "off", "postgres", "t"};
  EXPECT_EQ(rows.rows.at(0), expected);
}

TEST_F(EmbeddedTest, ListensOnASocketInAPrivateFolderOnly) {
  const EmbeddedStatus status = server.Start();
  struct stat info {};
  ASSERT_EQ(lstat(status.socket_directory.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode, static_cast<mode_t>(S_IFDIR | 0700));
  ASSERT_EQ(lstat(status.data_directory.parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode, static_cast<mode_t>(S_IFDIR | 0700));
  // Also when a configuration file asks for more.
  Ask(server, "postgres", "ALTER SYSTEM SET listen_addresses = '*'");
  server.Stop();
  server.Start();
  EXPECT_EQ(Ask(server, "postgres", "SHOW listen_addresses").At(0, 0), "");
}

TEST_F(EmbeddedTest, NeverRunsAsRootAndTakesNothingOfOursAlong) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);  // inherited by whoever does not take care
  setenv("PGOPTIONS", "-c bogus=1", 1);
  const int pid = server.Start().pid;
  unsetenv("PGOPTIONS");
  struct stat info {};
  ASSERT_EQ(stat(("/proc/" + std::to_string(pid)).c_str(), &info), 0);
  EXPECT_NE(info.st_uid, 0U);
  EXPECT_NE(getsid(pid), getsid(0));
  EXPECT_THAT(Contents("/proc/" + std::to_string(pid) + "/environ"), Not(HasSubstr("PGOPTIONS")));
  close(ends[1]);
  char byte = 0;
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  EXPECT_EQ(read(ends[0], &byte, 1), 0) << "somebody still holds the other end";
  close(ends[0]);
}

TEST_F(EmbeddedTest, TwoProcessesAtOnceShareOneServer) {
  for (int round = 0; round < 2; ++round) {
    const auto start = [&](const std::string& name) {
      EmbeddedServer own(settings);
      const int pid = own.Start().pid;
      own.EnsureDatabase("same");
      Write(folder / name, std::to_string(pid));
    };
    Forked first([&] { start("first"); });
    Forked second([&] { start("second"); });
    Forked third([&] { start("third"); });
    EXPECT_EQ(first.Wait(), 0);
    EXPECT_EQ(second.Wait(), 0);
    EXPECT_EQ(third.Wait(), 0);
    const std::string pid = std::to_string(server.Status().pid);
    EXPECT_EQ(Contents(folder / "first"), pid);
    EXPECT_EQ(Contents(folder / "second"), pid);
    EXPECT_EQ(Contents(folder / "third"), pid);
    if (round == 0) {
      server.Stop();
    } else {
      server.Destroy();
    }
  }
}

TEST_F(EmbeddedTest, StartingAndDestroyingAtOnceEndsInEitherState) {
  for (int round = 0; round < 2; ++round) {
    Forked starter([&] { EmbeddedServer(settings).Start(); });
    Forked destroyer([&] {
      usleep(static_cast<useconds_t>(round) * 400'000);
      EmbeddedServer(settings).Destroy();
    });
    EXPECT_EQ(starter.Wait(), 0);
    EXPECT_EQ(destroyer.Wait(), 0);
    server.Start();
    server.EnsureDatabase("works");
    server.Destroy();
    EXPECT_THAT(Processes(), IsEmpty());
  }
}

TEST_F(EmbeddedTest, SurvivesAKilledParent) {
  Forked parent([&] {
    EmbeddedServer(settings).Start();
    Write(folder / "started", "yes");
    pause();
  });
  ASSERT_TRUE(Eventually([&] { return Contents(folder / "started") == "yes"; }));
  const int pid = server.Status().pid;
  parent.Kill();
  usleep(200'000);
  EXPECT_EQ(server.Status().pid, pid);
  server.EnsureDatabase("works");
}

// With the signals of a real Ctrl-C at every stage: initdb, start, recovery.
TEST_F(EmbeddedTest, AnInterruptWhileStartingLeavesNothingRunning) {
  int interrupted = 0;
  for (const int delay : {0, 50, 300, 650, 850}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    Interrupt interrupt;
    interrupt.wake_fd = ends[0];
    std::thread presser([&] {
      usleep(static_cast<useconds_t>(delay) * 1000);
      interrupt.signal = SIGINT;
      EXPECT_EQ(write(ends[1], "x", 1), 1);
    });
    try {
      server.Start(&interrupt);
      server.Destroy();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kSignal) << error.what();
      EXPECT_STREQ(error.what(), "stopped by SIGINT while the embedded PostgreSQL was being started");
      ++interrupted;
    }
    presser.join();
    close(ends[0]);
    close(ends[1]);
    EXPECT_THAT(Processes(), IsEmpty()) << "after " << delay << " ms";
  }
  EXPECT_GE(interrupted, 3);
  EXPECT_EQ(server.Start().state, State::kRunning);
}

TEST_F(EmbeddedTest, GivesUpInTime) {
  settings.start_timeout = std::chrono::milliseconds(30);
  const Error error = Caught([&] { EmbeddedServer(settings).Start(); });
  EXPECT_EQ(error.code(), ErrorCode::kConnection);
  EXPECT_THAT(error.what(), HasSubstr("30 ms"));
  EXPECT_THAT(Processes(), IsEmpty());
}

TEST_F(EmbeddedTest, FindsThePsqlOfTheServer) {
  server.Start();
  EXPECT_TRUE(std::filesystem::exists(server.Psql()));
  EXPECT_EQ(server.Psql().filename(), "psql");
}

// Root starts everything above as another user; this is the way of everybody else.
TEST_F(EmbeddedTest, WorksForAnOrdinaryUserToo) {
  const passwd* nobody = geteuid() == 0 ? getpwnam("nobody") : nullptr;
  TempDir own;
  EmbeddedSettings plain = TestServerSettings(own.path());
  if (nobody != nullptr) {
    ASSERT_EQ(chown(own.path().c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  }
  Forked user([&] {
    if (nobody != nullptr &&
        (setgroups(0, nullptr) != 0 || setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0)) {
      throw Error(ErrorCode::kInternal, "cannot become an ordinary user");
    }
    EmbeddedServer mine(plain);
    try {
      if (mine.Start().state != State::kRunning) throw Error(ErrorCode::kInternal, "it does not run");
      mine.EnsureDatabase("works");
    } catch (const Error&) {
      mine.Destroy();
      throw;
    }
    mine.Destroy();
  });
  EXPECT_EQ(user.Wait(), 0);
}

}  // namespace
}  // namespace sqlmig::testing
