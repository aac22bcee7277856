// Ways in which a connection does not come about.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pg/connection.h"
#include "pg/opening.h"
#include "testing/pg_cluster.h"

namespace sqlmig::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using Clock = std::chrono::steady_clock;

// A TCP port of this machine on which something listens and never answers.
class SilentPort {
 public:
  SilentPort() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(fd_, any, size) != 0 || listen(fd_, 8) != 0 || getsockname(fd_, any, &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { Close(); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }
  std::string Conninfo() const {
    return "host=127.0.0.1 dbname=d user=u password=tops3cret sslmode=disable port=" + std::to_string(port_);
  }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

Error ConnectFailure(const Conninfo& conninfo, const SessionSettings& settings = {},
                     const Interrupt* interrupt = nullptr) {
  try {
    Connection::Open(conninfo, settings, interrupt);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kInternal, "connected"};
}

TEST(ConnectTest, ToAClosedPort) {
  SilentPort port;
  const Conninfo conninfo = Conninfo::Parse(port.Conninfo());
  port.Close();
  const Error error = ConnectFailure(conninfo);
  EXPECT_EQ(error.code(), ErrorCode::kConnection);
  EXPECT_THAT(error.message(), ::testing::StartsWith("cannot connect to d on 127.0.0.1:"));
  EXPECT_THAT(error.message(), HasSubstr("Connection refused"));
  EXPECT_EQ(error.message().find('\n'), std::string::npos);
  EXPECT_THAT(error.hint(), HasSubstr("check that the server runs"));
}

TEST(ConnectTest, ToAHostThatNeverAnswersEndsInTime) {
  const SilentPort port;
  Conninfo conninfo = Conninfo::Parse(port.Conninfo());
  conninfo.Set("connect_timeout", "2");
  const auto start = Clock::now();
  const Error error = ConnectFailure(conninfo);
  EXPECT_GT(Clock::now() - start, milliseconds(1500));
  EXPECT_LT(Clock::now() - start, milliseconds(4000));
  EXPECT_EQ(error.code(), ErrorCode::kConnection);
  EXPECT_THAT(error.message(), HasSubstr("no answer within 2 s"));
}

TEST(ConnectTest, AnInterruptEndsTheWait) {
  const SilentPort port;
  std::array<int, 2> wake{};
  ASSERT_EQ(pipe(wake.data()), 0);
  Interrupt interrupt;
  interrupt.wake_fd = wake[0];
  std::jthread later([&] {
    std::this_thread::sleep_for(milliseconds(100));
    interrupt.signal = 2;
    EXPECT_EQ(write(wake[1], "x", 1), 1);
  });
  const auto start = Clock::now();
  EXPECT_EQ(ConnectFailure(Conninfo::Parse(port.Conninfo()), {}, &interrupt).code(), ErrorCode::kSignal);
  EXPECT_LT(Clock::now() - start, milliseconds(1000));
  later.join();
  close(wake[0]);
  close(wake[1]);
}

TEST(ConnectTest, ToAPoolerThatRefusesStartupOptions) {
  const SilentPort port;
  std::jthread pooler([&] {
    const int client = accept(port.fd(), nullptr, nullptr);
    std::array<char, 4096> startup{};
    EXPECT_GT(read(client, startup.data(), startup.size()), 0);
    std::string fields("SFATAL\0C08P01\0Munsupported startup parameter in options: lock_timeout\0\0", 72);
    const auto size = static_cast<char>(fields.size() + 4);
    const std::string reply = std::string("E\0\0\0", 4) + size + fields;
    EXPECT_EQ(write(client, reply.data(), reply.size()), static_cast<ssize_t>(reply.size()));
    close(client);
  });
  const Error error = ConnectFailure(Conninfo::Parse(port.Conninfo()));
  EXPECT_EQ(error.code(), ErrorCode::kPooler) << error.message();
  EXPECT_THAT(error.hint(), HasSubstr("--allow-pooler=session"));
}

TEST(ConnectTest, InTwoParts) {
  const Conninfo conninfo = Conninfo::Parse(TestCluster::Instance().Conninfo("postgres"));
  SessionSettings settings;
  settings.application_name = "sqlmig in two parts";
  Opening opening(conninfo, settings);
  EXPECT_TRUE(opening.IsFor(conninfo, settings));
  SessionSettings others = settings;
  others.lock_timeout = milliseconds(1);
  EXPECT_FALSE(opening.IsFor(conninfo, others));
  Conninfo elsewhere = conninfo;
  elsewhere.Set("dbname", "template1");
  EXPECT_FALSE(opening.IsFor(elsewhere, settings));
  std::this_thread::sleep_for(milliseconds(50));  // the server has answered all it can
  Connection connection = std::move(opening).Finish(nullptr);
  EXPECT_EQ(connection.Query("SHOW application_name").at(0).At(0, 0), "sqlmig in two parts");
}

TEST(ConnectTest, BegunAndNeverFinishedLeavesNoSession) {
  const Conninfo conninfo = Conninfo::Parse(TestCluster::Instance().Conninfo("postgres"));
  SessionSettings settings;
  settings.application_name = "sqlmig given up";
  { const Opening opening(conninfo, settings); }
  Connection watcher = Connection::Open(conninfo, SessionSettings{}, nullptr);
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  const auto left = [&] {
    return watcher.Query("SELECT FROM pg_stat_activity WHERE application_name = 'sqlmig given up'").at(0).size();
  };
  while (left() > 0 && Clock::now() < deadline) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(left(), 0U);
}

TEST(ConnectTest, WhatFailsEarlyIsToldInTheEnd) {
  SilentPort port;
  const Conninfo conninfo = Conninfo::Parse(port.Conninfo());
  port.Close();
  Opening opening(conninfo, {});
  try {
    std::move(opening).Finish(nullptr);
    ADD_FAILURE() << "connected";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConnection);
    EXPECT_THAT(error.message(), HasSubstr("Connection refused"));
  }
}

TEST(TlsDoubtTest, OnlyVerifyFullOrThisMachineIsBeyondDoubt) {
  for (const char* local : {"", "/var/run/postgresql", "@abstract", "localhost", "127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_EQ(TlsDoubt(local, "", "prefer", false), std::nullopt) << local;
  }
  EXPECT_EQ(TlsDoubt("db.example.org", "192.0.2.2", "verify-full", true), std::nullopt);
  EXPECT_EQ(TlsDoubt("db.example.org", "192.0.2.2", "prefer", false),
            "the connection to db.example.org is not encrypted");
  for (const char* weak : {"prefer", "require", "verify-ca"}) {
    EXPECT_THAT(TlsDoubt("10.0.0.1", "10.0.0.1", weak, true).value_or(""), HasSubstr(std::string("(sslmode=") + weak))
        << weak;
  }
  EXPECT_NE(TlsDoubt("127.0.0.1.example.org", "", "require", true), std::nullopt) << "a name, not an address";
  EXPECT_EQ(TlsDoubt("localhost", "127.0.0.1", "prefer", false), std::nullopt);
  EXPECT_NE(TlsDoubt("localhost", "192.0.2.2", "prefer", false), std::nullopt) << "hostaddr goes elsewhere";
  EXPECT_NE(TlsDoubt("db.example.org", "127.0.0.1", "prefer", false), std::nullopt) << "a tunnel, perhaps";
}

TEST(ConnectTest, ToADatabaseThatDoesNotExist) {
  const Error error = ConnectFailure(Conninfo::Parse(TestCluster::Instance().Conninfo("no_such_database")));
  EXPECT_EQ(error.code(), ErrorCode::kConnection);
  EXPECT_THAT(error.message(), HasSubstr("database \"no_such_database\" does not exist"));
  EXPECT_EQ(error.sql().sqlstate, "3D000");
  EXPECT_EQ(error.hint(), "create the database, or correct its name in the connection URL");
}

TEST(ConnectTest, ToWriteWhereOnlyReadingIsAllowed) {
  TestCluster& cluster = TestCluster::Instance();
  const std::string database = cluster.FreshDatabase();
  cluster.Execute("ALTER DATABASE " + QuoteIdentifier(database) + " SET default_transaction_read_only = on");
  SessionSettings settings;
  settings.writes = true;
  const Conninfo conninfo = Conninfo::Parse(cluster.Conninfo(database));
  EXPECT_EQ(ConnectFailure(conninfo, settings).code(), ErrorCode::kReadOnly);
  EXPECT_EQ(ConnectFailure(conninfo).message(), "connected");
}

// Makes the server ask one role for a password, and puts its rules back.
class AskForPassword {
 public:
  explicit AskForPassword(const std::string& role) : role_(role) {
    // A server of version 13 keeps the password as an MD5 hash unless it is told, and no rule below fits that.
    Run("SET password_encryption = 'scram-sha-256'; CREATE ROLE " + role + " LOGIN PASSWORD 'right horse'");
    rules_ = Run("SELECT pg_read_file(current_setting('hba_file'))");
    Write("local all " + role + " scram-sha-256\nhost all " + role + " all scram-sha-256\n" + rules_);
  }
  ~AskForPassword() {
    if (!rules_.empty()) Write(rules_);
    Run("DROP ROLE " + role_);
  }
  AskForPassword(const AskForPassword&) = delete;
  AskForPassword& operator=(const AskForPassword&) = delete;

 private:
  static std::string Run(const std::string& sql) {
    Connection connection =
        Connection::Open(Conninfo::Parse(TestCluster::Instance().Conninfo("postgres")), SessionSettings{}, nullptr);
    const auto results = connection.Query(sql);
    return results.back().empty() ? "" : results.back().At(0, 0);
  }
  static void Write(const std::string& rules) {
    const std::string path = Run("SELECT current_setting('hba_file')");
    Run("CREATE TEMP TABLE rules AS SELECT line FROM unnest(string_to_array(" + QuoteLiteral(rules) +
        ", chr(10))) WITH ORDINALITY AS l(line, n) ORDER BY n; COPY rules TO " + QuoteLiteral(path) +
        "; SELECT pg_reload_conf()");
    std::this_thread::sleep_for(milliseconds(300));  // the postmaster reads them soon, and does not say when
  }

  std::string role_;
  std::string rules_;
};

TEST(ConnectTest, WithAWrongPasswordNeverShowsIt) {
  const AskForPassword rules("needs_password");
  Conninfo conninfo = Conninfo::Parse(TestCluster::Instance().Conninfo("postgres"));
  conninfo.Set("user", "needs_password");
  conninfo.Set("password", "wr0ng-tops3cret");
  const Error error = ConnectFailure(conninfo);
  EXPECT_EQ(error.code(), ErrorCode::kConnection);
  EXPECT_THAT(error.message(), HasSubstr("password authentication failed for user \"needs_password\""));
  EXPECT_THAT(error.message(), Not(HasSubstr("tops3cret")));
  EXPECT_THAT(error.hint(), HasSubstr("check the user and the password"));

  conninfo.Set("password", "right horse");
  EXPECT_EQ(ConnectFailure(conninfo).message(), "connected");
}

}  // namespace
}  // namespace sqlmig::testing
