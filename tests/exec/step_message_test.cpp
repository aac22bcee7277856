// The one message that a step is: its text, and the order of its statements.
#include "exec/step_message.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/golden.h"
#include "testing/world.h"

namespace sqlmig {
namespace {

using testing::ExpectGolden;

const Migration& Users() {
  static const Migration migration = [] {
    Migration made = testing::MakeMigration("20260102000000_users", {"20260101000000_base"});
    made.description = "who owns 'bots'";
    return made;
  }();
  return migration;
}

PreparedStep MakeStep(Direction direction, const std::string& sql) {
  PreparedStep step;
  step.step = {Users().id, direction};
  step.migration = &Users();
  step.path = "sql/20260102000000_users/up.sql";
  step.script = ParseScript(sql, step.path, ScriptMode::kTransactional);
  step.record.migration = &Users();
  step.record.up = {"up-bytes", "up-tokens"};
  step.record.down = {"down-bytes", "down-tokens"};
  step.record.hash_algorithm = 1;
  step.record.down_script = "DROP TABLE users;\n";
  step.record.ordinal = 7;
  return step;
}

FrameOptions OnServer(int version) {
  FrameOptions options;
  options.server_version = version;
  return options;
}

StepFrame FrameOf(const PreparedStep& step, const FrameOptions& options) {
  return MakeFrame(step, LedgerSql("sqlmig", "demo/default"), options, "run-1", "attempt-1");
}

std::string MessageOf(const PreparedStep& step, const FrameOptions& options) {
  return Assemble(FrameOf(step, options), step.script).sql;
}

// The statements of one kind.
std::vector<std::string> Of(OwnStatement kind, const std::vector<OwnSql>& statements) {
  std::vector<std::string> found;
  for (const OwnSql& own : statements) {
    if (own.kind == kind) found.push_back(own.sql);
  }
  return found;
}

std::vector<OwnStatement> KindsOf(const std::vector<OwnSql>& statements) {
  std::vector<OwnStatement> kinds;
  for (const OwnSql& own : statements) {
    if (kinds.empty() || kinds.back() != own.kind) kinds.push_back(own.kind);
  }
  return kinds;
}

constexpr const char* kCreate = "CREATE TABLE users (name text) -- no semicolon, no newline";

TEST(StepMessageTest, UpIsExactlyThisText) {
  ExpectGolden("exec/step_up.sql", MessageOf(MakeStep(Direction::kUp, kCreate), OnServer(150000)));
}

TEST(StepMessageTest, DownIsExactlyThisText) {
  ExpectGolden("exec/step_down.sql", MessageOf(MakeStep(Direction::kDown, "DROP TABLE users;\n"), OnServer(150000)));
}

TEST(StepMessageTest, SettingsRoleAndIsolationLevelHaveTheirPlaces) {
  PreparedStep step = MakeStep(Direction::kUp, "BEGIN ISOLATION LEVEL SERIALIZABLE;\nSELECT 1;\nCOMMIT;\n");
  step.settings.settings = {{"role", "owner"}, {"search_path", "app, public"}, {"work_mem", "it's"}};
  step.settings.statement_timeout = std::chrono::seconds(5);
  step.record.settings = step.settings.settings;
  FrameOptions options = OnServer(170000);
  options.lock_timeout = std::chrono::milliseconds(1234);
  ExpectGolden("exec/step_settings.sql", MessageOf(step, options));
}

TEST(StepMessageTest, TheOrderIsTheProtocols) {
  PreparedStep step = MakeStep(Direction::kUp, "SELECT 1;\n");
  step.settings.settings = {{"role", "owner"}};
  const StepFrame frame = FrameOf(step, OnServer(150000));
  using enum OwnStatement;
  EXPECT_EQ(KindsOf(frame.prefix), (std::vector{kBegin, kSetting, kLock, kPresence, kRole, kGuard}));
  EXPECT_EQ(KindsOf(frame.suffix), (std::vector{kConstraints, kCloseGuard, kCleanup, kUntouched, kLedgerRow, kCommit}));
}

TEST(StepMessageTest, WhatOnlyNewerServersKnowDependsOnTheServer) {
  struct Case {
    int version;
    std::vector<std::string> settings;
  };
  const std::vector<Case> cases = {
      {130000, {"SET LOCAL lock_timeout = 3000"}},
      {140000, {"SET LOCAL lock_timeout = 3000", "SET LOCAL client_connection_check_interval = 2000"}},
      {170000,
       {"SET LOCAL lock_timeout = 3000", "SET LOCAL client_connection_check_interval = 2000",
        "SET LOCAL transaction_timeout = 0"}}};
  for (const Case& c : cases) {
    const StepFrame frame = FrameOf(MakeStep(Direction::kUp, "SELECT 1;\n"), OnServer(c.version));
    EXPECT_EQ(Of(OwnStatement::kSetting, frame.prefix), c.settings) << c.version;
  }
}

TEST(StepMessageTest, TheScriptsIsolationLevelMovesToTheBegin) {
  const auto begin = [](const std::string& sql) {
    return FrameOf(MakeStep(Direction::kUp, sql), OnServer(150000)).prefix.front().sql;
  };
  EXPECT_EQ(begin("SELECT 1;\n"), "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  EXPECT_EQ(begin("BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT 1;\nCOMMIT;\n"),
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE");
}

TEST(StepMessageTest, OneTransactionForAllBeginsOnceAndCommitsOnce) {
  const PreparedStep step = MakeStep(Direction::kUp, "SELECT 1;\n");
  FrameOptions options = OnServer(150000);
  const auto has = [](OwnStatement kind, const std::vector<OwnSql>& statements) {
    return !Of(kind, statements).empty();
  };
  const auto asynchronous = [](const StepFrame& frame) {
    const auto cleanup = Of(OwnStatement::kCleanup, frame.suffix);
    return std::find(cleanup.begin(), cleanup.end(), "SET LOCAL synchronous_commit = off") != cleanup.end();
  };
  for (const bool begins : {false, true}) {
    for (const bool commits : {false, true}) {
      options.begins = begins;
      options.commits = commits;
      const StepFrame frame = FrameOf(step, options);
      EXPECT_EQ(has(OwnStatement::kBegin, frame.prefix), begins);
      EXPECT_EQ(has(OwnStatement::kCommit, frame.suffix), commits);
      EXPECT_EQ(asynchronous(frame), commits);
      EXPECT_TRUE(has(OwnStatement::kLock, frame.prefix) && has(OwnStatement::kLedgerRow, frame.suffix));
    }
  }
}

TEST(StepMessageTest, ALaterStepOfOneTransactionHasItsSearchPathBack) {
  PreparedStep step = MakeStep(Direction::kUp, "CREATE TABLE t (i int);\n");
  step.settings.settings = {{"search_path", "app"}};
  FrameOptions options = OnServer(130000);
  options.begins = options.commits = false;
  EXPECT_EQ(Of(OwnStatement::kSetting, FrameOf(step, options).prefix),
            (std::vector<std::string>{"RESET search_path", "SET LOCAL lock_timeout = 3000",
                                      "SELECT pg_catalog.set_config('search_path', 'app', true)"}));
}

TEST(StepMessageTest, AHeldCommitIsAllThatIsLeftOut) {
  const PreparedStep step = MakeStep(Direction::kDown, "DROP TABLE t;\n");
  FrameOptions options = OnServer(150000);
  std::string whole = Assemble(FrameOf(step, options), step.script).sql;
  options.holds_commit = true;
  EXPECT_EQ(Assemble(FrameOf(step, options), step.script).sql + "COMMIT;\n", whole);
}

// RESET ALL would put back what is set for the commit, and the ledger's row must not be written under another role.
TEST(StepMessageTest, TheSessionIsCleanBeforeTheLedgersRowIsWritten) {
  const StepFrame frame = FrameOf(MakeStep(Direction::kUp, "SELECT 1;\n"), OnServer(150000));
  const auto cleanup = Of(OwnStatement::kCleanup, frame.suffix);
  const auto at = [&](const std::string& sql) {
    return std::find(cleanup.begin(), cleanup.end(), sql) - cleanup.begin();
  };
  EXPECT_LT(at("RESET SESSION AUTHORIZATION"), at("RESET ROLE"));
  EXPECT_LT(at("RESET ROLE"), at("RESET ALL"));
  EXPECT_LT(at("RESET ALL"), at("SET LOCAL search_path = ''"));
  EXPECT_LT(at("RESET ALL"), at("SET LOCAL synchronous_commit = off"));
}

TEST(StepMessageTest, TheScriptStandsInTheMessageByteForByte) {
  for (const std::string sql : {"SELECT 'a';", "SELECT 1 -- x", "", "/* only */", "SELECT 1;\n\n"}) {
    const PreparedStep step = MakeStep(Direction::kUp, sql);
    const StepFrame frame = FrameOf(step, OnServer(150000));
    const StepMessage message = Assemble(frame, step.script);
    EXPECT_EQ(message.sql.substr(message.script_begin, step.script.sql.size()), step.script.sql);
    const std::string behind = message.sql.substr(message.script_begin + step.script.sql.size());
    const bool ends_line = step.script.sql.empty() || step.script.sql.back() == '\n';
    EXPECT_TRUE(behind.starts_with(ends_line ? ";\nSET CONSTRAINTS" : "\n;\nSET CONSTRAINTS"))
        << sql << "|" << behind.substr(0, 30);
  }
}

}  // namespace
}  // namespace sqlmig
