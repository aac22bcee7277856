#include "support/crash_point.h"

#include <csignal>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sqlmig {
namespace {

TEST(CrashPointTest, KillsAtThatTimeAndNoOther) {
  EXPECT_EXIT(
      {
        SetCrashPoint("locked@2:kill");
        ReachCrashPoint("planned");
        ReachCrashPoint("locked");
        ReachCrashPoint("locked");
        _exit(0);
      },
      ::testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(
      {
        SetCrashPoint("locked@2:kill");
        ReachCrashPoint("locked");
        _exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(CrashPointTest, TellsPointsAndActionsFromOtherText) {
  for (const char* good : {"locked:kill", "run_ended@12:stop", "message_sent@3:delay=250"}) {
    EXPECT_EQ(SetCrashPoint(good), std::nullopt) << good;
  }
  for (const char* bad : {"", ":", "locked", "locked:", "locked:die", "nowhere:kill", "locked@:kill", "locked@0:kill",
                          "locked@-1:kill", "locked@1x:kill", "locked:delay", "locked:delay=", "locked:delay=0",
                          "locked:delay=99999999999", " locked:kill"}) {
    const auto why = SetCrashPoint(bad);
    ASSERT_TRUE(why.has_value()) << bad;
    ReachCrashPoint("locked");  // and we live on
    EXPECT_NE(why->find("run_ended"), std::string::npos) << "it lists the points";
  }
}

}  // namespace
}  // namespace sqlmig
