// One session with a real server.

#include "pg/connection.h"

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/file.h"
#include "testing/pg_cluster.h"

namespace sqlmig::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Clock = std::chrono::steady_clock;

// An interrupt as the program makes it: a number, and a byte in a pipe.
class TestInterrupt {
 public:
  TestInterrupt() {
    if (pipe(pipe_.data()) != 0) throw std::runtime_error("pipe");
    interrupt.wake_fd = pipe_[0];
  }
  ~TestInterrupt() {
    close(pipe_[0]);
    close(pipe_[1]);
  }
  TestInterrupt(const TestInterrupt&) = delete;
  TestInterrupt& operator=(const TestInterrupt&) = delete;

  void Request() {
    interrupt.signal = 15;
    EXPECT_EQ(write(pipe_[1], "x", 1), 1);
  }

  Interrupt interrupt;

 private:
  std::array<int, 2> pipe_{};
};

class ConnectionTest : public ::testing::Test {
 protected:
  Conninfo Target() const { return Conninfo::Parse(TestCluster::Instance().Conninfo(database_)); }
  Connection Connect(const SessionSettings& settings = {}) const {
    return Connection::Open(Target(), settings, &interrupt_.interrupt);
  }
  static std::string Value(Connection* connection, const std::string& sql) {
    return connection->Query(sql).at(0).At(0, 0);
  }

  std::string database_ = TestCluster::Instance().FreshDatabase();
  TestInterrupt interrupt_;
};

TEST_F(ConnectionTest, KnowsWhereItIs) {
  Connection connection = Connect();
  EXPECT_TRUE(connection.alive());
  EXPECT_EQ(connection.database(), database_);
  EXPECT_EQ(std::to_string(connection.backend_pid()), Value(&connection, "SELECT pg_backend_pid()"));
  EXPECT_EQ(connection.user(), Value(&connection, "SELECT session_user"));
  EXPECT_EQ(std::to_string(connection.server_version()), Value(&connection, "SHOW server_version_num"));
}

TEST_F(ConnectionTest, PinnedSettingsComeBackAfterResetAll) {
  SessionSettings settings;
  settings.application_name = "sqlmig test";
  settings.lock_timeout = milliseconds(1234);
  settings.statement_timeout = milliseconds(56789);
  Connection connection = Connect(settings);
  const auto read = [&] {
    std::vector<std::string> values;
    for (const char* name : {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout",
                             "standard_conforming_strings", "client_encoding", "application_name"}) {
      values.push_back(Value(&connection, std::string("SHOW ") + name));
    }
    return values;
  };
  const auto pinned = ElementsAre("1234ms", "56789ms", "1min", "on", "UTF8", "sqlmig test");
  EXPECT_THAT(read(), pinned);
  connection.Query(
      "SET lock_timeout = 0; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
      "SET standard_conforming_strings = off; SET client_encoding = 'LATIN1'; SET application_name = 'other'; RESET "
      "ALL");
  EXPECT_THAT(read(), pinned);
}

TEST_F(ConnectionTest, TheUsersOwnOptionsStayWhereOursDoNotBeatThem) {
  Conninfo conninfo = Target();
  conninfo.Set("options", "-c work_mem=5MB -c lock_timeout=1h");
  Connection connection = Connection::Open(conninfo, {}, nullptr);
  EXPECT_EQ(Value(&connection, "SHOW work_mem"), "5MB");
  EXPECT_EQ(Value(&connection, "SHOW lock_timeout"), "3s");
}

TEST_F(ConnectionTest, ReadsRowsAsTextAndNull) {
  Connection connection = Connect();
  const std::vector<Rows> results = connection.Query(
      "SELECT 1, NULL, 'x' UNION ALL SELECT 2, '', E'\\u00e9'; CREATE TABLE t (); SELECT 1 WHERE false");
  ASSERT_EQ(results.size(), 3U);
  ASSERT_EQ(results[0].size(), 2U);
  EXPECT_EQ(results[0].At(0, 0), "1");
  EXPECT_TRUE(results[0].IsNull(0, 1));
  EXPECT_EQ(results[0].At(0, 1), "");
  EXPECT_FALSE(results[0].IsNull(1, 1));
  EXPECT_EQ(results[0].At(1, 2), "\xC3\xA9");
  EXPECT_TRUE(results[1].empty());
  EXPECT_TRUE(results[2].empty());
}

TEST_F(ConnectionTest, CountsResultsByTheirTags) {
  Connection connection = Connect();
  const MessageOutcome outcome = connection.TryQuery(
      "BEGIN;; -- nothing\n CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); /* ; */ UPDATE t SET a = 3;"
      "SELECT 1; DO $$ BEGIN PERFORM 1; END $$; COMMIT;");
  EXPECT_TRUE(outcome.ok());
  EXPECT_THAT(outcome.tags, ElementsAre("BEGIN", "CREATE TABLE", "INSERT 0 2", "UPDATE 2", "SELECT 1", "DO", "COMMIT"));
  EXPECT_THAT(connection.TryQuery("").tags, IsEmpty());
  EXPECT_THAT(connection.TryQuery(" -- only a comment").tags, IsEmpty());
  EXPECT_THAT(connection.TryQuery("BEGIN; SELECT 1/0; COMMIT").tags, ElementsAre("BEGIN"));
  EXPECT_THAT(connection.TryQuery("COMMIT").tags, ElementsAre("ROLLBACK"));
}

TEST_F(ConnectionTest, KeepsOnlyTheRowsThatAreAskedFor) {
  Connection connection = Connect();
  Connection::Message message;
  message.sql = "SELECT 'a'; SELECT 'b'; SELECT 'c'; SELECT 'd' UNION ALL SELECT 'e'";
  const auto kept = [&](std::size_t first, std::size_t last, std::size_t results) {
    message.keep_first = first;
    message.keep_last = last;
    message.results = results;
    const MessageOutcome outcome = connection.Send(message);
    EXPECT_EQ(outcome.tags.size(), 4U);
    std::vector<std::string> texts;
    for (const Rows& rows : outcome.rows) {
      texts.emplace_back();
      for (std::size_t i = 0; i < rows.size(); ++i) texts.back() += rows.At(i, 0);
    }
    return texts;
  };
  EXPECT_THAT(kept(0, 0, 4), IsEmpty());
  EXPECT_THAT(kept(2, 0, 4), ElementsAre("a", "b"));
  EXPECT_THAT(kept(0, 2, 4), ElementsAre("c", "de"));
  EXPECT_THAT(kept(1, 1, 4), ElementsAre("a", "de"));
  EXPECT_THAT(kept(9, 9, 4), ElementsAre("a", "b", "c", "de"));
}

TEST_F(ConnectionTest, SaysWhereTheErrorIsInCharacters) {
  Connection connection = Connect();
  const std::string before = "SELECT 1; SELECT '\xC3\xA9\xE2\x82\xAC', ";
  const MessageOutcome outcome = connection.TryQuery(before + "nope; SELECT 2");
  ASSERT_TRUE(outcome.error.has_value());
  EXPECT_EQ(outcome.error->sqlstate, "42703");
  EXPECT_EQ(outcome.error->message, "column \"nope\" does not exist");
  EXPECT_EQ(outcome.error->position, 24U);
  EXPECT_FALSE(outcome.error->fatal);
  EXPECT_FALSE(outcome.lost);
  EXPECT_FALSE(outcome.ok());
  EXPECT_THAT(outcome.tags, ElementsAre("SELECT 1"));
  EXPECT_EQ(Value(&connection, "SELECT 3"), "3");
}

TEST_F(ConnectionTest, QueryThrowsWhatTheServerSays) {
  Connection connection = Connect();
  connection.Query("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)");
  try {
    connection.Query("INSERT INTO t VALUES (1)");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSql);
    EXPECT_EQ(error.message(), "duplicate key value violates unique constraint \"t_pkey\" (23505)");
    EXPECT_EQ(error.sql().detail, "Key (a)=(1) already exists.");
  }
}

TEST_F(ConnectionTest, ALockNotHadInTimeHasItsOwnCode) {
  Connection holder = Connect();
  holder.Query("CREATE TABLE t ()");
  holder.Query("BEGIN; LOCK TABLE t");
  SessionSettings settings;
  settings.lock_timeout = milliseconds(50);
  Connection waiter = Connect(settings);
  try {
    waiter.Query("SELECT FROM t");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kLockTimeout);
  }
}

TEST_F(ConnectionTest, HandsOnNotices) {
  Connection first = Connect();
  Connection connection = std::move(first);
  std::vector<std::string> seen;
  connection.OnNotice(
      [&](const Notice& notice) { seen.push_back(notice.severity + " " + notice.sqlstate + " " + notice.message); });
  connection.Query("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$; DROP TABLE IF EXISTS no_such");
  EXPECT_THAT(seen, ElementsAre("NOTICE 00000 one", "WARNING 01000 two",
                                "NOTICE 00000 table \"no_such\" does not exist, skipping"));
}

TEST_F(ConnectionTest, FeedsCopyData) {
  Connection connection = Connect();
  const std::vector<std::string> data = {"1\tone\n2\t\\N\n", "", "3\tno newline at the end"};
  Connection::Message message;
  message.sql =
      "CREATE TABLE t (a int, b text); COPY t FROM stdin; INSERT INTO t VALUES (9, 'nine'); COPY t FROM stdin;"
      "COPY t (a, b) FROM stdin; SELECT string_agg(a || coalesce(b, '-'), ' ' ORDER BY a) FROM t";
  message.copy_data = data;
  message.keep_last = 1;
  message.results = 6;
  const MessageOutcome outcome = connection.Send(message);
  ASSERT_TRUE(outcome.ok()) << outcome.error->message;
  EXPECT_THAT(outcome.tags, ElementsAre("CREATE TABLE", "COPY 2", "INSERT 0 1", "COPY 0", "COPY 1", "SELECT 1"));
  EXPECT_EQ(outcome.rows.at(0).At(0, 0), "1one 2- 3no newline at the end 9nine");
}

TEST_F(ConnectionTest, CopyWithoutDataFails) {
  Connection connection = Connect();
  connection.Query("CREATE TABLE t (a int)");
  const MessageOutcome outcome = connection.TryQuery("COPY t FROM stdin; SELECT 1");
  ASSERT_TRUE(outcome.error.has_value());
  EXPECT_THAT(outcome.error->message, HasSubstr("the script has no data for this COPY"));
  EXPECT_FALSE(outcome.lost);
  EXPECT_EQ(Value(&connection, "SELECT count(*) FROM t"), "0");
}

TEST_F(ConnectionTest, WrongCopyDataFailsWithItsPlace) {
  Connection connection = Connect();
  connection.Query("CREATE TABLE t (a int)");
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += i == 5 ? "five\n" : "1\n";
  const std::vector<std::string> data = {many};
  Connection::Message message;
  message.sql = "COPY t FROM stdin; SELECT 1";
  message.copy_data = data;
  const MessageOutcome outcome = connection.Send(message);
  ASSERT_TRUE(outcome.error.has_value());
  EXPECT_EQ(outcome.error->sqlstate, "22P02");
  EXPECT_THAT(outcome.error->detail.context, HasSubstr("line 6"));
  EXPECT_THAT(outcome.tags, IsEmpty());
  EXPECT_EQ(Value(&connection, "SELECT count(*) FROM t"), "0");
}

// A trigger answers every row with a notice: whoever only writes here waits for ever.
TEST_F(ConnectionTest, ReadsNoticesWhileItSendsCopyData) {
  Connection connection = Connect();
  std::size_t notices = 0;
  connection.OnNotice([&](const Notice&) { ++notices; });
  connection.Query(
      "CREATE TABLE t (a text); CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN RAISE NOTICE '%', NEW.a; RETURN NEW; END $$;"
      "CREATE TRIGGER tell BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tell()");
  std::string rows;
  for (int i = 0; i < 10'000; ++i) rows += std::string(1000, 'x') + "\n";
  const std::vector<std::string> data = {rows};
  Connection::Message message;
  message.sql = "COPY t FROM stdin";
  message.copy_data = data;
  const MessageOutcome outcome = connection.Send(message);
  EXPECT_THAT(outcome.tags, ElementsAre("COPY 10000"));
  EXPECT_EQ(notices, 10'000U);
}

TEST_F(ConnectionTest, DropsWhatCopyToStdoutSends) {
  Connection connection = Connect();
  const MessageOutcome outcome =
      connection.TryQuery("COPY (SELECT generate_series(1, 100000)) TO stdout; SELECT 'still here'");
  ASSERT_TRUE(outcome.ok());
  EXPECT_THAT(outcome.tags, ElementsAre("COPY 100000", "SELECT 1"));
  EXPECT_EQ(outcome.rows.back().At(0, 0), "still here");
}

TEST_F(ConnectionTest, SendsALargeMessage) {
  Connection connection = Connect();
  const std::string sql = "SELECT length('" + std::string(30'000'000, 'x') + "')";
  EXPECT_EQ(Value(&connection, sql), "30000000");
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnAllocator = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kOwnAllocator = true;
#else
constexpr bool kOwnAllocator = false;
#endif
#else
constexpr bool kOwnAllocator = false;  // true: a sanitizer's, which gives nothing back
#endif

// Resident memory in MiB.
std::size_t ResidentNow() {
  const std::string statm = ReadFile("/proc/self/statm", 4096);
  const std::size_t pages = std::stoul(statm.substr(statm.find(' ')));
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) >> 20U;
}

TEST_F(ConnectionTest, RowsThatNobodyKeepsTakeNoMemory) {
  Connection connection = Connect();
  std::size_t most = 0;
  // The watcher sees the peak, which is gone when the answer is complete.
  std::jthread watcher([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      most = std::max(most, ResidentNow());
      std::this_thread::sleep_for(milliseconds(2));
    }
  });
  const std::size_t before = ResidentNow();
  Connection::Message message;
  message.sql = "SELECT 1; SELECT repeat('x', 1000) FROM generate_series(1, 100000); SELECT 2";
  message.keep_last = 1;
  message.results = 3;
  const MessageOutcome outcome = connection.Send(message);
  watcher.request_stop();
  watcher.join();
  EXPECT_THAT(outcome.tags, ElementsAre("SELECT 1", "SELECT 100000", "SELECT 1"));
  EXPECT_EQ(outcome.rows.at(0).At(0, 0), "2");
  EXPECT_LT(most, before + (kOwnAllocator ? 1000 : 30));
}

TEST_F(ConnectionTest, AnInterruptCancelsWhatRuns) {
  Connection connection = Connect();
  std::jthread later([&] {
    std::this_thread::sleep_for(milliseconds(200));
    interrupt_.Request();
  });
  const auto start = Clock::now();
  const MessageOutcome outcome = connection.TryQuery("BEGIN; SELECT pg_sleep(60); COMMIT");
  EXPECT_LT(Clock::now() - start, milliseconds(1000));
  EXPECT_TRUE(outcome.cancelled);
  EXPECT_FALSE(outcome.lost);
  ASSERT_TRUE(outcome.error.has_value());
  EXPECT_EQ(outcome.error->sqlstate, "57014");
  EXPECT_THAT(outcome.tags, ElementsAre("BEGIN"));
  // What must still be said to the server is said, although the interrupt stays requested.
  Connection::Message rollback;
  rollback.sql = "ROLLBACK";
  rollback.interruptible = false;
  const MessageOutcome rolled_back = connection.Send(rollback);
  EXPECT_TRUE(rolled_back.ok());
  EXPECT_FALSE(rolled_back.cancelled);
}

TEST_F(ConnectionTest, AnInterruptThatCameBeforeCancelsToo) {
  for (int i = 0; i < 50; ++i) {
    TestInterrupt interrupt;
    Connection connection = Connection::Open(Target(), {}, &interrupt.interrupt);
    interrupt.Request();
    const auto start = Clock::now();
    const MessageOutcome outcome = connection.TryQuery("SELECT pg_sleep(20)");
    EXPECT_TRUE(outcome.cancelled);
    ASSERT_LT(Clock::now() - start, milliseconds(3000)) << "round " << i;
  }
}

TEST_F(ConnectionTest, QueryThrowsWhenInterrupted) {
  Connection connection = Connect();
  interrupt_.Request();
  try {
    connection.Query("SELECT pg_sleep(60)");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSignal);
  }
}

TEST_F(ConnectionTest, WhatFinishedBeforeTheInterruptCounts) {
  Connection connection = Connect();
  connection.Query("CREATE TABLE t (a int)");
  interrupt_.Request();
  Connection::Message message;
  message.sql = "INSERT INTO t VALUES (1)";
  message.interruptible = false;
  EXPECT_THAT(connection.Send(message).tags, ElementsAre("INSERT 0 1"));
}

TEST_F(ConnectionTest, KnowsThatTheConnectionIsLost) {
  Connection connection = Connect();
  std::jthread killer([&] {
    std::this_thread::sleep_for(milliseconds(100));
    TestCluster::Instance().Execute("SELECT pg_terminate_backend(" + std::to_string(connection.backend_pid()) + ")");
  });
  const MessageOutcome outcome = connection.TryQuery("BEGIN; SELECT pg_sleep(60); COMMIT");
  killer.join();
  EXPECT_TRUE(outcome.lost);
  EXPECT_FALSE(outcome.ok());
  ASSERT_TRUE(outcome.error.has_value());
  EXPECT_EQ(outcome.error->sqlstate, "57P01");
  EXPECT_TRUE(outcome.error->fatal);
  EXPECT_THAT(outcome.tags, ElementsAre("BEGIN"));
  EXPECT_FALSE(connection.alive());
  EXPECT_TRUE(connection.TryQuery("SELECT 1").lost);
}

TEST_F(ConnectionTest, FindsOutThatItWasLostWhileIdle) {
  Connection connection = Connect();
  // pg_terminate_backend of version 13 cannot wait for the end.
  TestCluster::Instance().Execute("DO $$ DECLARE lost int := " + std::to_string(connection.backend_pid()) +
                                  "; BEGIN PERFORM pg_terminate_backend(lost);"
                                  " FOR i IN 1..500 LOOP"
                                  " PERFORM pg_stat_clear_snapshot();"
                                  " EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = lost);"
                                  " PERFORM pg_sleep(0.01);"
                                  " END LOOP; END $$");
  try {
    connection.Query("SELECT 1");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConnection);
    EXPECT_THAT(error.message(), ::testing::StartsWith("the connection was lost: "));
  }
}

TEST_F(ConnectionTest, LostInTheMiddleOfCopyData) {
  Connection connection = Connect();
  connection.Query(
      "CREATE TABLE t (a text); CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;"
      "CREATE TRIGGER die BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION die()");
  const std::vector<std::string> data = {std::string(20'000'000, 'x') + "\n" + std::string(20'000'000, 'y')};
  Connection::Message message;
  message.sql = "COPY t FROM stdin";
  message.copy_data = data;
  const MessageOutcome outcome = connection.Send(message);
  EXPECT_TRUE(outcome.lost);
  EXPECT_TRUE(outcome.error.has_value());
}

// Whatever the script did to standard_conforming_strings, our literals mean what they say.
TEST_F(ConnectionTest, LiteralsAndIdentifiersComeBackAsTheyWere) {
  Connection connection = Connect();
  for (const char* setting : {"on", "off"}) {
    connection.Query(std::string("SET standard_conforming_strings = ") + setting);
    for (const std::string& text :
         {std::string(""), std::string("it's"), std::string("\\"), std::string("\\'; DROP TABLE t; --"),
          std::string("a\\\\b'c\"d$$e"), std::string("\n\t\xC3\xA9"), std::string("'\\")}) {
      EXPECT_EQ(Value(&connection, "SELECT" + QuoteLiteral(text)), text) << setting;
      if (text.empty()) continue;
      EXPECT_EQ(Value(&connection, "SELECT attname FROM (SELECT 1 AS " + QuoteIdentifier(text) +
                                       ") x, LATERAL (SELECT " + "key AS attname FROM json_each(to_json(x))) y"),
                text);
    }
  }
}

}  // namespace
}  // namespace sqlmig::testing
