// What a run does when it is refused, kept waiting, stopped or lied to. Crashes at every call: crash_test.cpp.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exec/executor_world.h"

namespace sqlmig {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Cancelled;
using testing::Ended;
using testing::ExecutorWorld;
using testing::Fault;
using testing::MemoryData;
using testing::RolledBack;
using Kind = StepOutcome::Kind;
using Strings = std::vector<std::string>;

int CallOf(const Ended& ended, const std::string& name, int nth = 1) {
  for (std::size_t i = 0; i < ended.calls.size(); ++i) {
    if (ended.calls[i] == name && --nth == 0) return static_cast<int>(i) + 1;
  }
  return 0;
}

template <typename T>
std::vector<T> EventsOf(const Ended& ended) {
  std::vector<T> found;
  for (const Event& event : ended.events) {
    if (const T* wanted = std::get_if<T>(&event)) found.push_back(*wanted);
  }
  return found;
}

// --- the order of calls ---

TEST(RunnerTest, LocksBeforeItReadsAndWritesTheRunBeforeTheFirstStep) {
  ExecutorWorld world("a; b<-a");
  EXPECT_EQ(world.Run().calls, (Strings{"TryLock", "ReadState", "EnsureLedger", "StartRun", "RunTransactional",
                                        "RunTransactional", "EndRun"}));
}

TEST(RunnerTest, AReceiptIsWrittenBehindItsStep) {
  ExecutorWorld world("a; b<-a");
  world.options.receipts = true;
  const Ended ended = world.Run();
  EXPECT_EQ(ended.calls, (Strings{"TryLock", "ReadState", "EnsureLedger", "StartRun", "RunTransactional",
                                  "WriteReceipts", "RunTransactional", "WriteReceipts", "EndRun"}));
  EXPECT_EQ(world.server.data.events, (Strings{"receipt a", "receipt b"}));
  EXPECT_EQ(EventsOf<ReceiptTaken>(ended).size(), 2U);
}

TEST(RunnerTest, OfOneTransactionTheReceiptsAreWrittenBehindItsCommit) {
  ExecutorWorld world("a; b<-a");
  world.options.receipts = world.options.single_transaction = true;
  EXPECT_EQ(world.Run().calls, (Strings{"TryLock", "ReadState", "EnsureLedger", "StartRun", "RunTransactional",
                                        "RunTransactional", "WriteReceipts", "WriteReceipts", "EndRun"}));
}

TEST(RunnerTest, AConnectionThatIsLostAtAReceiptNeitherFailsTheStepNorRepeatsIt) {
  for (const int call : {6, 8}) {
    ExecutorWorld world("a; b<-a");
    world.options.receipts = true;
    const Ended ended = world.Run({{call, Fault::Kind::kLostBefore}});
    EXPECT_EQ(ended.Word(), "done") << call;
    EXPECT_EQ(world.server.data.effects, (Strings{"up a", "up b"})) << call;
    EXPECT_EQ(EventsOf<ReceiptTaken>(ended).at(call == 6 ? 0 : 1).problem, "the connection was lost") << call;
  }
}

TEST(RunnerTest, ARunThatDiedIsClosedEvenWhenThereIsNothingToDo) {
  ExecutorWorld world("a");
  world.Run();
  world.server.data.runs["dead"] = "";
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "nothing");
  EXPECT_EQ(ended.result.run, "");
  EXPECT_EQ(world.server.data.runs["dead"], "abandoned");
}

TEST(RunnerTest, OrdinalsContinueBehindTheLargest) {
  ExecutorWorld world("a; b<-a; c<-b");
  world.server.data.ledger = true;
  world.server.data.rows["a"].row.id = MigrationId::Trusted("a");
  world.server.data.rows["a"].row.ordinal = 41;
  EXPECT_EQ(world.Run().Word(), "done");
  EXPECT_EQ(world.server.data.rows["b"].row.ordinal, 42);
  EXPECT_EQ(world.server.data.rows["c"].row.ordinal, 43);
}

// --- the run lock ---

TEST(RunnerTest, WaitsForTheRunLockByPollingUntilItsBudgetIsSpent) {
  ExecutorWorld world("a");
  world.server.locked_until = seconds(1000);
  world.options.lock_wait = seconds(20);
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "run_lock");
  EXPECT_EQ(ended.error().message(), "another run holds the lock: pid 7");
  EXPECT_GE(world.server.now, seconds(20));
  EXPECT_LE(world.server.now, seconds(20) + milliseconds(10));
  EXPECT_TRUE(world.server.data.runs.empty());
  EXPECT_FALSE(world.server.data.ledger);
  for (const milliseconds pause : world.server.sleeps) EXPECT_LE(pause, milliseconds(2051));
  EXPECT_FALSE(EventsOf<LockWaiting>(ended).empty());
}

TEST(RunnerTest, GoesOnWhenTheRunLockIsFreed) {
  ExecutorWorld world("a");
  world.server.locked_until = seconds(5);
  EXPECT_EQ(world.Run().Word(), "done");
  EXPECT_LE(world.server.now, seconds(8));
}

TEST(RunnerTest, DoesNotWaitAtAllWithABudgetOfNothing) {
  ExecutorWorld world("a");
  world.server.locked_until = seconds(5);
  world.options.lock_wait = milliseconds(0);
  EXPECT_EQ(world.Run().Word(), "run_lock");
  EXPECT_TRUE(world.server.sleeps.empty());
}

TEST(RunnerTest, ASignalEndsTheWaitForTheRunLock) {
  ExecutorWorld world("a");
  world.server.locked_until = seconds(500);
  world.server.on_sleep = [](milliseconds) { return false; };
  EXPECT_EQ(world.Run().Word(), "signal");
  EXPECT_TRUE(world.server.data.runs.empty());
}

TEST(RunnerTest, ARunLockLostToAnotherSessionStopsTheRun) {
  ExecutorWorld world("a; b<-a");
  world.on_step = [&](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    if (step.step.id.str() != "b") return std::nullopt;
    StepOutcome outcome = RolledBack(ErrorCode::kRunLock, false);
    outcome.kind = Kind::kLockLost;
    return outcome;
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "run_lock");
  EXPECT_EQ(world.server.data.Applied(), Strings{"a"});
  EXPECT_EQ(world.server.data.runs["run-1"], "run_lock");
}

// --- locks on tables ---

// Every attempt waits for its lock as long as it may, in vain.
void NeverGiveTheLock(ExecutorWorld& world) {
  world.on_step = [&world](const PreparedStep&, const Session::Attempt& attempt) {
    world.server.now += attempt.lock_timeout;
    StepOutcome outcome = RolledBack(ErrorCode::kLockTimeout, true);
    outcome.blocked_by = "pid 4711";
    return std::optional(outcome);
  };
}

class LockBudgetTest : public ::testing::TestWithParam<double> {};

TEST_P(LockBudgetTest, TriesUntilTheDeadlineAndNeverBehindIt) {
  ExecutorWorld world("a; b<-a");
  NeverGiveTheLock(world);
  world.server.random = GetParam();
  world.options.lock_timeout = seconds(3);
  world.options.lock_deadline = seconds(60);
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "lock_timeout");
  EXPECT_NE(ended.error().message().find("blocked by pid 4711"), std::string::npos) << ended.error().message();
  EXPECT_LE(world.server.now, seconds(60));
  EXPECT_GE(ended.attempts.size(), 2U);
  for (const Session::Attempt& attempt : ended.attempts) {
    EXPECT_GT(attempt.lock_timeout.count(), 0);
    EXPECT_LE(attempt.lock_timeout, seconds(3));
  }
  EXPECT_TRUE(world.server.data.rows.empty());
  EXPECT_EQ(world.server.data.events, Strings{"failed a"});
}

TEST_P(LockBudgetTest, WaitsShortlyAtFirstAndAgainAfterEightRounds) {
  for (const bool single : {false, true}) {
    ExecutorWorld world("a");
    NeverGiveTheLock(world);
    world.server.random = GetParam();
    world.options.single_transaction = single;
    std::vector<std::int64_t> timeouts;
    for (const Session::Attempt& attempt : world.Run().attempts) timeouts.push_back(attempt.lock_timeout.count());
    ASSERT_GE(timeouts.size(), 17U);
    timeouts.resize(17);
    const std::vector<std::int64_t> round = {50, 100, 200, 400, 800, 3000, 3000, 3000};
    std::vector<std::int64_t> expected = round;
    expected.insert(expected.end(), round.begin(), round.end());
    expected.push_back(50);
    EXPECT_EQ(timeouts, expected);
  }
}

TEST_P(LockBudgetTest, TheLastAttemptHasWhatIsLeftOfTheDeadline) {
  ExecutorWorld world("a");
  NeverGiveTheLock(world);
  world.server.random = GetParam();
  world.options.lock_deadline = seconds(3);
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "lock_timeout");
  // Whatever the jitter, less than a tenth of a second is given away.
  EXPECT_GE(world.server.now, milliseconds(2900));
  EXPECT_LE(world.server.now, seconds(3));
}

TEST_P(LockBudgetTest, PausesHaveFullJitterUnderADoublingBound) {
  ExecutorWorld world("a");
  NeverGiveTheLock(world);
  world.server.random = GetParam();
  world.options.lock_timeout = milliseconds(10);
  world.options.lock_deadline = seconds(600);
  world.Run();
  ASSERT_GE(world.server.sleeps.size(), 50U);
  world.server.sleeps.resize(40);  // near the deadline one is cut short
  for (std::size_t i = 0; i < world.server.sleeps.size(); ++i) {
    const std::int64_t bound = 100 * (std::int64_t{1} << (i % 8));
    EXPECT_EQ(world.server.sleeps[i].count(), 1 + static_cast<std::int64_t>(GetParam() * static_cast<double>(bound)));
  }
}

INSTANTIATE_TEST_SUITE_P(Jitter, LockBudgetTest, ::testing::Values(0.1, 0.5, 0.999));

TEST(RunnerTest, ALockTimeoutOfZeroStillEndsAtTheDeadline) {
  for (const bool single : {false, true}) {
    ExecutorWorld world("a");
    NeverGiveTheLock(world);
    world.MigrationOf("a").settings.lock_timeout = milliseconds(0);
    world.options.lock_deadline = seconds(60);
    world.options.single_transaction = single;
    const Ended ended = world.Run();
    EXPECT_EQ(ended.Word(), "lock_timeout");
    EXPECT_EQ(ended.attempts.front().lock_timeout, seconds(60));
  }
}

TEST(RunnerTest, AStepThatGetsItsLockLaterIsAppliedOnce) {
  ExecutorWorld world("a; b<-a");
  int refusals = 3;
  world.on_step = [&](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    if (step.step.id.str() != "b" || refusals-- <= 0) return std::nullopt;
    return RolledBack(ErrorCode::kLockTimeout, true);
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "done");
  EXPECT_EQ(world.server.data.effects, (Strings{"up a", "up b"}));
  EXPECT_EQ(EventsOf<StepRetried>(ended).size(), 3U);
  Strings marks;
  for (const auto& attempt : ended.attempts) marks.push_back(attempt.id);
  std::sort(marks.begin(), marks.end());
  EXPECT_EQ(std::unique(marks.begin(), marks.end()), marks.end()) << "attempts share a mark";
}

TEST(RunnerTest, ASignalDuringThePauseRollsBackAndStops) {
  ExecutorWorld world("a; b<-a");
  NeverGiveTheLock(world);
  world.server.on_sleep = [](milliseconds) { return false; };
  EXPECT_EQ(world.Run().Word(), "signal");
  EXPECT_TRUE(world.server.data.rows.empty());
  EXPECT_EQ(world.server.data.runs["run-1"], "signal");
}

// --- a signal while a write of our own waits for a standby, or for a lock ---

TEST(SignalInTheLedgerTest, BeforeTheFirstStepNothingIsRun) {
  for (const char* write : {"EnsureLedger", "StartRun"}) {
    ExecutorWorld world("a");
    world.signal_in[write] = false;
    const Ended ended = world.Run();
    EXPECT_EQ(ended.Word(), "signal") << write;
    EXPECT_TRUE(world.server.data.rows.empty()) << write;
    EXPECT_TRUE(world.server.data.runs.empty()) << write;
    world.signal_in.clear();
    EXPECT_EQ(world.Run().Word(), "done") << write;
  }
}

TEST(SignalInTheLedgerTest, ARunThatIsRecordedAllTheSameIsClosed) {
  ExecutorWorld world("a");
  world.signal_in["StartRun"] = true;
  EXPECT_EQ(world.Run().Word(), "signal");
  EXPECT_TRUE(world.server.data.effects.empty());
  EXPECT_EQ(world.server.data.runs["run-1"], "signal");
}

TEST(SignalInTheLedgerTest, AnEndThatNoStandbyHasConfirmedIsNoSuccess) {
  ExecutorWorld world("a; b<-a");
  world.signal_in["EndRun"] = true;
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "signal");
  EXPECT_NE(ended.error().message().find("all is committed, but no standby has confirmed it"), std::string::npos);
  EXPECT_EQ(ended.result.done.size(), 2U);
  EXPECT_EQ(world.server.data.Applied(), (Strings{"a", "b"}));
  EXPECT_EQ(world.server.data.runs["run-1"], "done");
  world.signal_in.clear();
  EXPECT_EQ(world.Run().Word(), "nothing");
}

TEST(SignalInTheLedgerTest, AnEndThatIsRolledBackIsClosedByTheNextRun) {
  ExecutorWorld world("a");
  world.signal_in["EndRun"] = false;
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "signal");
  EXPECT_EQ(world.server.data.Applied(), Strings{"a"});
  EXPECT_EQ(world.server.data.UnfinishedRuns(), Strings{"run-1"});
  world.signal_in = {{"StartRun", true}};
  EXPECT_EQ(world.Run().Word(), "signal") << "what died before is closed, and no standby knows";
  world.signal_in.clear();
  EXPECT_EQ(world.Run().Word(), "nothing");
  EXPECT_TRUE(world.server.data.UnfinishedRuns().empty());
}

TEST(SignalInTheLedgerTest, WhatHasFailedIsStillTold) {
  ExecutorWorld world("a");
  world.on_step = [](const PreparedStep&, const Session::Attempt&) {
    return std::optional(RolledBack(ErrorCode::kSql, false));
  };
  for (const bool late : {false, true}) {
    world.signal_in["EndRun"] = late;
    EXPECT_EQ(world.Run().Word(), "sql") << late;
  }
}

TEST(SignalInTheLedgerTest, FakesAreAllWrittenOrNone) {
  for (const bool late : {false, true}) {
    for (const bool single : {false, true}) {
      ExecutorWorld world("a; b<-a");
      world.options.fake = true;
      world.options.single_transaction = single;
      world.signal_in["Write"] = late;
      const Ended ended = world.Run();
      EXPECT_EQ(ended.Word(), "signal");
      EXPECT_EQ(ended.result.done.size(), late ? 2U : 0U);
      EXPECT_EQ(world.server.data.Applied().size(), late ? 2U : 0U);
      EXPECT_EQ(world.server.data.runs["run-1"], "signal");
    }
  }
}

TEST(SignalInTheLedgerTest, AStepWithoutATransactionIsBegunOrNot) {
  ExecutorWorld world("a");
  world.MakeNonTransactional("a", "SELECT 1; SELECT 2; SELECT 3;\n");
  world.signal_in["BeginUnits"] = false;
  EXPECT_EQ(world.Run().Word(), "signal");
  EXPECT_TRUE(world.server.data.rows.empty());
  EXPECT_EQ(world.server.data.runs["run-1"], "signal");
  world.signal_in = {{"AbandonUnits", false}};
  world.on_step = [](const PreparedStep&, const Session::Attempt&) {
    return std::optional(RolledBack(ErrorCode::kSql, false));
  };
  EXPECT_EQ(world.Run().Word(), "sql") << "what went wrong says more than the signal";
  EXPECT_EQ(world.server.data.rows.at("a").row.status, AppliedStatus::kApplying);
  world.signal_in.clear();
  world.on_step = {};
  EXPECT_EQ(world.Run().Word(), "done");
}

// --- failures ---

TEST(RunnerTest, AFailedStepKeepsTheStepsBeforeItAndStopsTheRun) {
  ExecutorWorld world("a; b<-a; c<-b");
  world.on_step = [](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    if (step.step.id.str() != "b") return std::nullopt;
    return RolledBack(ErrorCode::kSql, false);
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "sql");
  EXPECT_EQ(ended.result.failed->step.id.str(), "b");
  EXPECT_EQ(ended.result.done.size(), 1U);
  EXPECT_EQ(world.server.data.Applied(), Strings{"a"});
  EXPECT_EQ(world.server.data.events, Strings{"failed b"});
  EXPECT_EQ(world.server.data.runs["run-1"], "sql");
}

TEST(RunnerTest, AStepThatTheLedgerAlreadyHasIsAStalePlan) {
  ExecutorWorld world("a; b<-a");
  world.on_step = [&](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    // Somebody who goes around the lock is faster with b.
    if (step.step.id.str() == "a") return std::nullopt;
    StepOutcome outcome = RolledBack(ErrorCode::kStalePlan, false);
    outcome.kind = Kind::kStale;
    return outcome;
  };
  EXPECT_EQ(world.Run().Word(), "stale_plan");
  EXPECT_EQ(world.server.data.effects, Strings{"up a"});
}

TEST(RunnerTest, ARowByAnotherAttemptFoundAfterALossIsAStalePlan) {
  ExecutorWorld world("a; b<-a");
  world.server.down_until =
      milliseconds(1);  // no connection before the clock moves, and by then somebody else was there
  world.server.on_sleep = [&](milliseconds) {
    MemoryData::Row& row = world.server.data.rows["a"];
    row.row.id = MigrationId::Trusted("a");
    row.attempt = "somebody else's";
    return true;
  };
  const Ended ended = world.Run({{5, Fault::Kind::kLostBefore}});
  EXPECT_EQ(ended.Word(), "stale_plan");
  EXPECT_TRUE(world.server.data.effects.empty());
}

// --- lost connections ---

TEST(RunnerTest, AServerThatStaysAwayLeavesTheOutcomeUnknownAndSaysHowToAsk) {
  for (const bool single : {false, true}) {
    ExecutorWorld world("a; b<-a");
    world.server.down_until = seconds(10000);
    world.options.reconnect_wait = seconds(30);
    world.options.single_transaction = single;
    const Ended ended = world.Run({{6, Fault::Kind::kLostAfter}});  // the second step
    EXPECT_EQ(ended.Word(), "outcome_unknown");
    EXPECT_EQ(ended.result.failed->step.id.str(), "b");
    EXPECT_EQ(ended.result.done.size(), single ? 0U : 1U)
        << "what is not known to be committed is not reported as done";
    EXPECT_NE(ended.error().hint().find("SELECT attempt OF b"), std::string::npos) << ended.error().hint();
    EXPECT_NE(ended.error().hint().find(ended.attempts.back().id), std::string::npos);
    EXPECT_GE(world.server.now, seconds(30));
    EXPECT_LE(world.server.now, seconds(33));
  }
}

TEST(RunnerTest, AServerThatComesBackInTimeIsAsked) {
  ExecutorWorld world("a; b<-a");
  world.server.down_until = seconds(20);
  const Ended ended = world.Run({{5, Fault::Kind::kLostAfter}});
  EXPECT_EQ(ended.Word(), "done");
  EXPECT_EQ(world.server.data.effects, (Strings{"up a", "up b"}));
  ASSERT_EQ(EventsOf<OutcomeSettled>(ended).size(), 1U);
  EXPECT_TRUE(EventsOf<OutcomeSettled>(ended).front().committed);
}

TEST(RunnerTest, TheLedgerIsAskedOnlyUnderTheLock) {
  ExecutorWorld world("a");
  const Ended ended = world.Run({{5, Fault::Kind::kLostGhost}});
  EXPECT_EQ(ended.Word(), "done");
  EXPECT_EQ(world.server.data.effects, Strings{"up a"});
  const int locked = CallOf(ended, "ReadAttempt") - 1;
  EXPECT_EQ(ended.calls[static_cast<std::size_t>(locked) - 1], "TryLock");
  EXPECT_GE(world.server.now, seconds(5)) << "the old backend had the lock so long";
}

TEST(RunnerTest, AStepThatBreaksEveryConnectionIsGivenUp) {
  ExecutorWorld world("a");
  std::vector<Fault> faults;
  for (int call = 5; call < 60; ++call) faults.push_back({call, Fault::Kind::kLostBefore});
  world.options.reconnect_wait = seconds(30);
  const Ended ended = world.Run(faults);
  EXPECT_TRUE(ended.Word() == "outcome_unknown" || ended.Word() == "connection") << ended.Word();
  EXPECT_TRUE(world.server.data.effects.empty());
}

TEST(RunnerTest, AnEndThatCannotBeWrittenIsNotSuccess) {
  ExecutorWorld world("a");
  world.server.down_until = seconds(10000);
  const Ended ended = world.Run({{6, Fault::Kind::kLostBefore}});
  EXPECT_EQ(ended.Word(), "outcome_unknown");
  EXPECT_EQ(ended.result.done.size(), 1U);
  EXPECT_EQ(world.server.data.Applied(), Strings{"a"});
}

// --- signals ---

TEST(RunnerTest, ACancelledStepIsRolledBackAndTheNextIsNotStarted) {
  ExecutorWorld world("a; b<-a; c<-b");
  world.on_step = [](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    if (step.step.id.str() != "b") return std::nullopt;
    return Cancelled(Kind::kRolledBack);
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "signal");
  EXPECT_EQ(ended.error().message(), "stopped by a signal; b was rolled back");
  EXPECT_EQ(world.server.data.Applied(), Strings{"a"});
  EXPECT_EQ(ended.attempts.size(), 2U);
  EXPECT_EQ(world.server.data.runs["run-1"], "signal");
}

TEST(RunnerTest, ACancelThatCameTooLateKeepsTheStepAndStopsTheRun) {
  ExecutorWorld world("a; b<-a; c<-b");
  world.on_step = [](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    if (step.step.id.str() != "b") return std::nullopt;
    return Cancelled(Kind::kCommitted);
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "signal");
  EXPECT_EQ(ended.error().message(), "stopped by a signal after b");
  EXPECT_EQ(world.server.data.Applied(), (Strings{"a", "b"}));
  EXPECT_EQ(ended.result.done.size(), 2U);
  EXPECT_FALSE(ended.result.failed);
  EXPECT_EQ(EventsOf<StepFinished>(ended).size(), 2U);
  EXPECT_TRUE(EventsOf<StepFailed>(ended).empty());
}

// --- one transaction for all ---

TEST(SingleTransactionTest, BeginsInTheFirstStepAndCommitsInTheLast) {
  ExecutorWorld world("a; b<-a; c<-b");
  world.options.single_transaction = true;
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "done");
  std::string ends;
  for (const auto& attempt : ended.attempts)
    ends += std::string(attempt.begins ? "B" : "-") + (attempt.commits ? "C" : "-") + " ";
  EXPECT_EQ(ends, "B- -- -C ");
}

TEST(SingleTransactionTest, AFailureTakesEverythingBack) {
  ExecutorWorld world("a; b<-a; c<-b");
  world.options.single_transaction = true;
  world.on_step = [](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    if (step.step.id.str() != "c") return std::nullopt;
    return RolledBack(ErrorCode::kSql, false);
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "sql");
  EXPECT_TRUE(ended.result.done.empty());
  EXPECT_TRUE(world.server.data.rows.empty());
  EXPECT_TRUE(world.server.data.effects.empty());
  EXPECT_EQ(ended.result.failed->step.id.str(), "c");
  ASSERT_EQ(EventsOf<StepFailed>(ended).size(), 1U);
  EXPECT_EQ(EventsOf<StepFailed>(ended).front().number, 3U);
}

TEST(SingleTransactionTest, ALockTimeoutStartsAllOfItAgain) {
  ExecutorWorld world("a; b<-a");
  world.options.single_transaction = true;
  int refusals = 2;
  world.on_step = [&](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    if (step.step.id.str() != "b" || refusals-- <= 0) return std::nullopt;
    return RolledBack(ErrorCode::kLockTimeout, true);
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "done");
  EXPECT_EQ(ended.attempts.size(), 6U);
  EXPECT_EQ(world.server.data.effects, (Strings{"up a", "up b"}));
}

TEST(SingleTransactionTest, ASignalTakesEverythingBack) {
  for (const bool in_the_pause : {false, true}) {
    ExecutorWorld world("a; b<-a");
    world.options.single_transaction = true;
    world.server.on_sleep = [](milliseconds) { return false; };
    world.on_step = [&](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
      if (step.step.id.str() != "b") return std::nullopt;
      return in_the_pause ? RolledBack(ErrorCode::kLockTimeout, true) : Cancelled(Kind::kRolledBack);
    };
    EXPECT_EQ(world.Run().Word(), "signal");
    EXPECT_TRUE(world.server.data.rows.empty());
  }
}

TEST(SingleTransactionTest, ACancelBehindTheCommitKeepsEverythingAndIsReported) {
  ExecutorWorld world("a; b<-a");
  world.options.single_transaction = true;
  world.on_step = [](const PreparedStep& step, const Session::Attempt&) -> std::optional<StepOutcome> {
    if (step.step.id.str() != "b") return std::nullopt;
    return Cancelled(Kind::kCommitted);
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "signal");
  EXPECT_EQ(ended.result.done.size(), 2U);
  EXPECT_EQ(world.server.data.Applied(), (Strings{"a", "b"}));
}

// --- only the ledger ---

TEST(FakeTest, WritesAllRowsInOneTransactionAndRunsNoScript) {
  ExecutorWorld world("a; b<-a");
  world.options.fake = true;
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "done");
  EXPECT_EQ(ended.calls, (Strings{"TryLock", "ReadState", "EnsureLedger", "StartRun", "Write", "EndRun"}));
  EXPECT_TRUE(world.server.data.effects.empty());
  EXPECT_EQ(world.server.data.events, (Strings{"stamped a", "stamped b"}));
  EXPECT_EQ(world.server.data.Applied(), (Strings{"a", "b"}));
}

// --- without a transaction ---

constexpr const char* kThree = "CREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM t;\nREINDEX INDEX CONCURRENTLY i;\n";

std::optional<StepOutcome> FailSecondUnit(ExecutorWorld& world, const StepOutcome& outcome) {
  const auto row = world.server.data.rows.find("b");
  if (row == world.server.data.rows.end() || row->second.row.statements_done != 1) return std::nullopt;
  return outcome;
}

TEST(NonTransactionalTest, RecordsEachStatementAndFinishes) {
  ExecutorWorld world("a; b<-a");
  world.MakeNonTransactional("b", kThree);
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "done");
  EXPECT_EQ(world.server.data.effects, (Strings{"up a", "up b 1", "up b 2", "up b 3"}));
  EXPECT_EQ(EventsOf<UnitFinished>(ended).size(), 3U);
  EXPECT_EQ(world.server.data.Applied(), (Strings{"a", "b"}));
}

TEST(NonTransactionalTest, AnInterruptionLeavesTheNumberOfFinishedStatements) {
  ExecutorWorld world("a; b<-a; c<-b");
  world.MakeNonTransactional("b", kThree);
  world.on_step = [&](const PreparedStep&, const Session::Attempt&) {
    return FailSecondUnit(world, RolledBack(ErrorCode::kSql, false));
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "sql");
  const AppliedMigration& row = world.server.data.rows.at("b").row;
  EXPECT_EQ(row.status, AppliedStatus::kApplying);
  EXPECT_EQ(row.statements_done, 1);
  EXPECT_FALSE(world.server.data.rows.contains("c"));
  world.on_step = nullptr;
  EXPECT_EQ(world.Run().Word(), "done");
  EXPECT_EQ(world.server.data.effects, (Strings{"up a", "up b 1", "up b 2", "up b 3", "up c"}));
}

TEST(NonTransactionalTest, GoesOnWithANewConnection) {
  // Begin, each unit, end; before the server has seen the message and after it.
  for (int call = 5; call <= 9; ++call) {
    for (const Fault::Kind kind : {Fault::Kind::kLostBefore, Fault::Kind::kLostAfter, Fault::Kind::kLostGhost}) {
      ExecutorWorld world("b; c<-b");
      world.MakeNonTransactional("b", kThree);
      const Ended ended = world.Run({{call, kind}});
      EXPECT_EQ(ended.Word(), "done") << call << ended.calls.at(static_cast<std::size_t>(call) - 1);
      EXPECT_EQ(world.server.data.effects, (Strings{"up b 1", "up b 2", "up b 3", "up c"})) << call;
      EXPECT_EQ(EventsOf<ConnectionLost>(ended).size(), 1U);
    }
  }
}

TEST(NonTransactionalTest, AServerThatStaysAwayIsForTheNextRun) {
  ExecutorWorld world("b");
  world.MakeNonTransactional("b", kThree);
  world.server.down_until = milliseconds(1'000'000);
  const Ended ended = world.Run({{7, Fault::Kind::kLostAfter}});  // the second unit
  ASSERT_EQ(ended.calls[6], "RunUnit");
  EXPECT_EQ(ended.Word(), "connection");
  EXPECT_NE(ended.error().hint().find("when the server is back, run 'sqlmig apply' again"), std::string::npos)
      << ended.error().hint();
  EXPECT_EQ(world.server.data.rows.at("b").row.status, AppliedStatus::kApplying);
  world.server.down_until = milliseconds(0);
  EXPECT_EQ(world.Run().Word(), "done");
  EXPECT_EQ(world.server.data.effects, (Strings{"up b 1", "up b 2", "up b 3"}));
}

// Whatever call it dies at, in both directions: one plain re-run, and every statement has run exactly once.
TEST(NonTransactionalTest, DeathAtAnyCallIsMendedByOneRun) {
  for (const bool down : {false, true}) {
    for (const Fault::Kind kind : {Fault::Kind::kDeathBefore, Fault::Kind::kDeathAfter}) {
      for (int call = 1;; ++call) {
        ExecutorWorld world("a; b<-a");
        world.MakeNonTransactional("b", kThree);
        if (down) {
          ASSERT_EQ(world.Run().Word(), "done");
          world.server.data.effects.clear();
        }
        world.down = down;
        const bool died = world.Run({{call, kind}}).died;
        world.Run();
        const Strings up = {"up a", "up b 1", "up b 2", "up b 3"};
        const Strings back = {"down b 1", "down b 2", "down b 3", "down a"};
        EXPECT_EQ(world.server.data.effects, down ? back : up) << call;
        EXPECT_EQ(world.Run().Word(), "nothing") << call;
        EXPECT_TRUE(world.server.data.UnfinishedRuns().empty()) << call;
        if (!died) break;
      }
    }
  }
}

TEST(NonTransactionalTest, ALockConflictIsTriedAgain) {
  ExecutorWorld world("b");
  world.MakeNonTransactional("b", kThree);
  int failures = 3;
  world.on_step = [&](const PreparedStep&, const Session::Attempt&) {
    const auto failed = FailSecondUnit(world, RolledBack(ErrorCode::kLockTimeout, true));
    return failed && failures-- > 0 ? failed : std::nullopt;
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "done");
  EXPECT_EQ(EventsOf<StepRetried>(ended).size(), 3U);
  EXPECT_EQ(world.server.data.effects, (Strings{"up b 1", "up b 2", "up b 3"}));
}

TEST(NonTransactionalTest, AStatementThatIsTriedAgainWaitsLongerEachTime) {
  ExecutorWorld world("b");
  world.MakeNonTransactional("b", kThree);
  std::vector<std::int64_t> timeouts;
  world.on_step = [&](const PreparedStep&, const Session::Attempt& attempt) {
    const auto failed = FailSecondUnit(world, RolledBack(ErrorCode::kLockTimeout, true));
    if (failed) timeouts.push_back(attempt.unit_timeout.count());
    return failed && timeouts.size() < 4 ? failed : std::nullopt;
  };
  EXPECT_EQ(world.Run().Word(), "done");
  EXPECT_EQ(timeouts, (std::vector<std::int64_t>{50, 100, 200, 400}));
}

TEST(NonTransactionalTest, ALockConflictForEverEndsAtTheDeadline) {
  ExecutorWorld world("b");
  world.MakeNonTransactional("b", kThree);
  world.options.lock_deadline = seconds(60);
  world.on_step = [&](const PreparedStep&, const Session::Attempt&) {
    return FailSecondUnit(world, RolledBack(ErrorCode::kLockTimeout, true));
  };
  EXPECT_EQ(world.Run().Word(), "lock_timeout");
  EXPECT_LE(world.server.now, milliseconds(60'000));
  EXPECT_EQ(world.server.data.rows.at("b").row.statements_done, 1);
}

TEST(NonTransactionalTest, AFirstStatementThatLeftNothingIsTakenBack) {
  // An index build is found in the catalog; what a procedure did before it failed is not.
  const std::pair<const char*, const char*> taken_back[] = {
      {kThree, "42601"}, {kThree, "23505"}, {"INSERT INTO t VALUES (1);\n", "23505"}, {"VACUUM t;\n", "42P01"}};
  const std::pair<const char*, const char*> kept[] = {{"CALL p();\n", "42P01"}, {"VACUUM t;\n", "53100"}};
  const auto row_stays = [](const std::pair<const char*, const char*>& given) {
    ExecutorWorld world("b");
    world.MakeNonTransactional("b", given.first);
    world.on_step = [&](const PreparedStep&, const Session::Attempt&) {
      StepOutcome outcome = RolledBack(ErrorCode::kSql, false);
      outcome.error = Error(ErrorCode::kSql, "refused").Sql({given.second, "", "", ""});
      return std::optional(outcome);
    };
    EXPECT_EQ(world.Run().Word(), "sql");
    return world.server.data.rows.contains("b");
  };
  for (const auto& given : taken_back) EXPECT_FALSE(row_stays(given)) << given.first << given.second;
  for (const auto& given : kept) EXPECT_TRUE(row_stays(given)) << given.first << given.second;
}

TEST(NonTransactionalTest, ACancelInTheMiddleLeavesTheStepInterrupted) {
  for (const Kind kind : {Kind::kRolledBack, Kind::kCommitted}) {
    ExecutorWorld world("b");
    world.MakeNonTransactional("b", kThree);
    world.on_step = [&](const PreparedStep&, const Session::Attempt&) {
      return FailSecondUnit(world, Cancelled(kind));
    };
    const Ended ended = world.Run();
    EXPECT_EQ(ended.Word(), "signal");
    EXPECT_EQ(world.server.data.rows.at("b").row.status, AppliedStatus::kApplying);
    EXPECT_EQ(world.server.data.rows.at("b").row.statements_done, kind == Kind::kCommitted ? 2 : 1);
    EXPECT_EQ(CallOf(ended, "RunUnit", 3), 0) << "no statement is started after a signal";
  }
}

TEST(NonTransactionalTest, ACancelBehindTheLastStatementStillFinishesTheStep) {
  ExecutorWorld world("b; c<-b");
  world.MakeNonTransactional("b", "VACUUM t;\n");
  world.on_step = [&](const PreparedStep&, const Session::Attempt&) {
    return std::optional(Cancelled(Kind::kCommitted));
  };
  const Ended ended = world.Run();
  EXPECT_EQ(ended.Word(), "signal");
  EXPECT_EQ(world.server.data.Applied(), Strings{"b"});
  EXPECT_EQ(ended.result.done.size(), 1U);
}

TEST(NonTransactionalTest, WaitsForLocksUpToTheDeadlineBecauseATimeoutWouldBreakTheIndex) {
  ExecutorWorld world("b");
  world.MakeNonTransactional("b", kThree);
  world.options.lock_timeout = seconds(3);
  world.options.lock_deadline = seconds(600);
  const Session::Attempt attempt = world.Run().attempts.front();
  EXPECT_EQ(attempt.patience, seconds(600));
  EXPECT_EQ(attempt.lock_timeout, seconds(3)) << "statements that can be rolled back must not keep others waiting";
}

}  // namespace
}  // namespace sqlmig
