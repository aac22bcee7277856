#include "exec/lock_schedule.h"

#include <vector>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<std::int64_t> TimeoutsOf(milliseconds limit, int count) {
  const LockSchedule schedule(minutes(10));
  std::vector<std::int64_t> timeouts;
  for (int number = 1; number <= count; ++number) {
    timeouts.push_back(schedule.TimeoutOf(limit, number, milliseconds(0)).count());
  }
  return timeouts;
}

TEST(LockScheduleTest, GrowsUpToTheLimitAndBeginsAnewAfterEightRounds) {
  EXPECT_EQ(TimeoutsOf(seconds(3), 10), (std::vector<std::int64_t>{50, 100, 200, 400, 800, 3000, 3000, 3000, 50, 100}));
  EXPECT_EQ(TimeoutsOf(milliseconds(300), 9), (std::vector<std::int64_t>{50, 100, 200, 300, 300, 300, 300, 300, 50}));
  EXPECT_EQ(TimeoutsOf(milliseconds(10), 3), (std::vector<std::int64_t>{10, 10, 10}));
}

TEST(LockScheduleTest, AWaitThatTheLimitAllowsIsGivenInEachEightRounds) {
  EXPECT_EQ(TimeoutsOf(minutes(1), 8), (std::vector<std::int64_t>{50, 100, 200, 400, 800, 60000, 60000, 60000}));
}

TEST(LockScheduleTest, WithoutALimitThereIsOnlyTheDeadline) {
  const LockSchedule schedule(seconds(60));
  EXPECT_EQ(schedule.TimeoutOf(milliseconds(0), 1, seconds(0)), seconds(60));
  EXPECT_EQ(schedule.TimeoutOf(milliseconds(0), 2, seconds(50)), seconds(10));
}

TEST(LockScheduleTest, NeverPastTheDeadlineAndNeverNothing) {
  const LockSchedule schedule(seconds(60));
  EXPECT_EQ(schedule.TimeoutOf(seconds(3), 6, milliseconds(59'000)), seconds(1));
  EXPECT_EQ(schedule.TimeoutOf(seconds(3), 6, seconds(61)), milliseconds(1));
}

TEST(LockScheduleTest, MuchWorkIsNotDoneAgainForAShortWait) {
  LockSchedule schedule(minutes(10));
  schedule.Failed(milliseconds(50), milliseconds(2050));
  EXPECT_EQ(schedule.TimeoutOf(seconds(3), 2, seconds(3)), seconds(2));
  schedule.Failed(seconds(2), seconds(12));
  EXPECT_EQ(schedule.TimeoutOf(seconds(3), 3, seconds(15)), seconds(3));
  schedule.Failed(seconds(3), milliseconds(3001));
  EXPECT_EQ(schedule.TimeoutOf(seconds(3), 9, seconds(30)), milliseconds(50));
}

TEST(LockScheduleTest, WhoWasInTheWayIsRemembered) {
  LockSchedule schedule(seconds(60));
  EXPECT_EQ(schedule.Blockers(""), "");
  EXPECT_EQ(schedule.Blockers("pid 1"), "pid 1");
  EXPECT_EQ(schedule.Blockers(""), "pid 1");
  EXPECT_EQ(schedule.Blockers("pid 2"), "pid 2");
}

TEST(LockScheduleTest, TheLastAttemptIsOneAttempt) {
  LockSchedule schedule(seconds(10));
  EXPECT_EQ(schedule.PauseAfter(8, milliseconds(9'600), 0.9), milliseconds(100));
  EXPECT_EQ(schedule.PauseAfter(9, milliseconds(9'990), 0.9), std::nullopt);
  LockSchedule spent(seconds(10));
  EXPECT_EQ(spent.PauseAfter(1, milliseconds(9'950), 0.9), std::nullopt);
}

}  // namespace
}  // namespace sqlmig
