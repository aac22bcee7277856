#include "fleet/member_pool.h"

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace sqlmig {
namespace {

using ::testing::ElementsAre;

// How many of each group are at work at once, at most.
class Crowd {
 public:
  void Enter(std::size_t group) {
    const std::lock_guard lock(mutex_);
    most_[group] = std::max(most_[group], ++now_[group]);
    most_all_ = std::max(most_all_, ++all_);
  }
  void Leave(std::size_t group) {
    const std::lock_guard lock(mutex_);
    --now_[group];
    --all_;
  }
  std::array<int, 2> most_{};
  int most_all_ = 0;

 private:
  std::mutex mutex_;
  std::array<int, 2> now_{};
  int all_ = 0;
};

TEST(MemberPoolTest, EachMemberOnceWithinJobs) {
  MemberPool pool;
  pool.jobs = 4;
  Crowd crowd;
  std::vector<std::atomic<int>> times(100);
  const PoolResult result = RunPool(100, pool, [&](std::size_t i) {
    crowd.Enter(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++times[i];
    crowd.Leave(0);
    return true;
  });
  for (const auto& time : times) EXPECT_EQ(time, 1);
  EXPECT_EQ(result.failed, 0U);
  EXPECT_FALSE(result.over_budget);
  EXPECT_LE(crowd.most_all_, 4);
  EXPECT_GE(crowd.most_all_, 2);
}

TEST(MemberPoolTest, ACapHoldsForItsServerOnly) {
  MemberPool pool;
  pool.jobs = 6;
  for (int i = 0; i < 60; ++i) pool.server.push_back(i % 2 == 0 ? "a" : "b");
  std::atomic<int> asked = 0;
  pool.cap = [&](std::size_t i) -> std::size_t {
    ++asked;
    return i % 2 == 0 ? 1 : 3;
  };
  Crowd crowd;
  RunPool(60, pool, [&](std::size_t i) {
    crowd.Enter(i % 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    crowd.Leave(i % 2);
    return true;
  });
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(crowd.most_[0], 1);
  EXPECT_LE(crowd.most_[1], 3);
  EXPECT_GE(crowd.most_[1], 2);
}

TEST(MemberPoolTest, BeyondTheBudgetNoFurtherOneIsBegun) {
  MemberPool pool;
  pool.budget = ParseFailureBudget("--max-failures", "2");
  const PoolResult result = RunPool(10, pool, [](std::size_t i) { return i < 3; });
  EXPECT_TRUE(result.over_budget);
  EXPECT_EQ(result.failed, 3U);
  EXPECT_THAT(result.begun, ElementsAre(true, true, true, true, true, true, false, false, false, false));
}

TEST(MemberPoolTest, TheBudgetIsNotExceededWhenTheLastOneFails) {
  MemberPool pool;
  pool.budget = ParseFailureBudget("--max-failures", "0");
  EXPECT_FALSE(RunPool(3, pool, [](std::size_t i) { return i < 2; }).over_budget);
}

TEST(MemberPoolTest, ASignalBeginsNothingMore) {
  Interrupt interrupt;
  MemberPool pool;
  pool.interrupt = &interrupt;
  const PoolResult result = RunPool(5, pool, [&](std::size_t i) {
    if (i == 1) interrupt.signal = 2;
    return true;
  });
  EXPECT_THAT(result.begun, ElementsAre(true, true, false, false, false));
  EXPECT_FALSE(result.over_budget);
}

TEST(MemberPoolTest, NoMembers) {
  EXPECT_TRUE(RunPool(0, MemberPool{}, [](std::size_t) { return false; }).begun.empty());
}

TEST(FailureBudgetTest, NumberOrPart) {
  EXPECT_EQ(ParseFailureBudget("--max-failures", "3").Of(200), 3U);
  EXPECT_EQ(ParseFailureBudget("--max-failures", "5%").Of(200), 10U);
  EXPECT_EQ(ParseFailureBudget("--max-failures", "5%").Of(19), 0U);
  EXPECT_EQ(FailureBudget{}.Of(7), 7U);
  for (const char* wrong : {"", "%", "-1", "1.5%", "101%", "x", "3 "}) {
    EXPECT_THROW(ParseFailureBudget("--max-failures", wrong), Error) << wrong;
  }
}

}  // namespace
}  // namespace sqlmig
