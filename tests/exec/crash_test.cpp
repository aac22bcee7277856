// Whatever breaks, whenever: one plain re-run reaches what an undisturbed run reaches, no script takes effect twice,
// and a third run does nothing. Every call of a run is a place to break, alone and in pairs.
#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exec/executor_world.h"

namespace sqlmig {
namespace {

using testing::Ended;
using testing::ExecutorWorld;
using testing::Fault;
using testing::MemoryData;

constexpr const char* kDag = "a; b<-a; c<-a; d<-b,c";

constexpr std::array kKinds = {Fault::Kind::kLostBefore,  Fault::Kind::kLostAfter,  Fault::Kind::kLostGhost,
                               Fault::Kind::kDeathBefore, Fault::Kind::kDeathAfter, Fault::Kind::kCrashAll,
                               Fault::Kind::kCrashLast};

struct Way {
  const char* name;
  bool down;
  bool single_transaction;
  bool fake;
  bool receipts = false;
};

void PrintTo(const Way& way, std::ostream* out) {
  *out << way.name;
}

constexpr std::array kWays = {Way{"Up", false, false, false},
                              Way{"Down", true, false, false},
                              Way{"UpInOneTransaction", false, true, false},
                              Way{"DownInOneTransaction", true, true, false},
                              Way{"Fake", false, false, true},
                              Way{"UpWithReceipts", false, false, false, true}};

// A world in which the way's run has everything to do.
std::unique_ptr<ExecutorWorld> WorldFor(const Way& way) {
  auto world = std::make_unique<ExecutorWorld>(kDag);
  if (way.down) {
    EXPECT_EQ(world->Run().Word(), "done");
    world->server.data.effects.clear();
    world->server.Flush();
  }
  world->down = way.down;
  world->options.single_transaction = way.single_transaction;
  world->options.fake = way.fake;
  world->options.receipts = way.receipts;
  return world;
}

// What an undisturbed run leaves and how many calls it makes.
struct Undisturbed {
  std::vector<std::string> applied;
  std::vector<std::string> effects;
  std::vector<std::string> calls;
};

Undisturbed RunUndisturbed(const Way& way) {
  const auto world = WorldFor(way);
  const Ended ended = world->Run();
  EXPECT_EQ(ended.Word(), "done");
  return {world->server.data.Applied(), world->server.data.effects, ended.calls};
}

bool IsPrefixClosed(const MemoryData& data, const Undisturbed& expected) {
  return data.effects.size() <= expected.effects.size() &&
         std::equal(data.effects.begin(), data.effects.end(), expected.effects.begin());
}

class CrashTest : public ::testing::TestWithParam<Way> {
 protected:
  void ExpectSurvives(const Undisturbed& expected, const std::vector<Fault>& faults) {
    const auto world = WorldFor(GetParam());
    const std::size_t rows_before = world->server.data.rows.size();
    const MemoryData& data = world->server.data;
    const Ended first = world->Run(faults);
    const bool finished = !first.died && !first.thrown && !first.result.error;
    if (finished && first.Word() == "done") ExpectReached(data, expected);
    EXPECT_TRUE(IsPrefixClosed(data, expected)) << ::testing::PrintToString(data.effects);
    if (GetParam().single_transaction || GetParam().fake) {
      EXPECT_TRUE(data.rows.size() == rows_before || data.Applied() == expected.applied) << "half of a transaction";
    }

    const Ended second = world->Run();
    EXPECT_TRUE(second.Word() == "done" || second.Word() == "nothing") << second.Word();
    ExpectReached(data, expected);
    EXPECT_EQ(data.UnfinishedRuns(), std::vector<std::string>());

    const auto runs = data.runs;
    const Ended third = world->Run();
    EXPECT_EQ(third.Word(), "nothing");
    EXPECT_EQ(third.calls, (std::vector<std::string>{"TryLock", "ReadState"}));
    EXPECT_EQ(data.runs, runs);
    ExpectReached(data, expected);
  }

  static void ExpectReached(const MemoryData& data, const Undisturbed& expected) {
    EXPECT_EQ(data.Applied(), expected.applied);
    EXPECT_EQ(data.effects, expected.effects);
  }
};

TEST_P(CrashTest, OneReRunRepairsABreakAtAnyCall) {
  const Undisturbed expected = RunUndisturbed(GetParam());
  for (int call = 1; call <= static_cast<int>(expected.calls.size()); ++call) {
    for (const Fault::Kind kind : kKinds) {
      SCOPED_TRACE(expected.calls[static_cast<std::size_t>(call) - 1] + ", call " + std::to_string(call) + ", kind " +
                   std::to_string(static_cast<int>(kind)));
      ExpectSurvives(expected, {{call, kind}});
    }
  }
}

TEST_P(CrashTest, OneReRunRepairsTwoBreaks) {
  const Undisturbed expected = RunUndisturbed(GetParam());
  const int last = static_cast<int>(expected.calls.size()) + 6;  // a first break makes a run longer
  for (int call = 1; call <= last; ++call) {
    for (int later = call + 1; later <= last; ++later) {
      for (const Fault::Kind kind : {Fault::Kind::kLostBefore, Fault::Kind::kLostAfter, Fault::Kind::kLostGhost,
                                     Fault::Kind::kCrashAll, Fault::Kind::kCrashLast}) {
        for (const Fault::Kind second : kKinds) {
          SCOPED_TRACE("calls " + std::to_string(call) + " and " + std::to_string(later) + ", kinds " +
                       std::to_string(static_cast<int>(kind)) + " and " + std::to_string(static_cast<int>(second)));
          ExpectSurvives(expected, {{call, kind}, {later, second}});
          if (HasFailure()) return;
        }
      }
    }
  }
}

// A step whose answer is lost is settled by the run itself; nobody has to run it again.
TEST_P(CrashTest, ALostAnswerIsSettledByTheSameRun) {
  const Way& way = GetParam();
  const Undisturbed expected = RunUndisturbed(way);
  for (std::size_t i = 0; i < expected.calls.size(); ++i) {
    const std::string& call = expected.calls[i];
    for (const Fault::Kind kind : {Fault::Kind::kLostBefore, Fault::Kind::kLostAfter, Fault::Kind::kLostGhost,
                                   Fault::Kind::kCrashAll, Fault::Kind::kCrashLast}) {
      const bool before = kind != Fault::Kind::kLostAfter && kind != Fault::Kind::kLostGhost;
      const bool settles =
          call == "EndRun" || call == "WriteReceipts" || (call == "RunTransactional" && !way.single_transaction) ||
          (call == "RunTransactional" && i + 2 == expected.calls.size() && !before) || (call == "Write" && !before);
      if (!settles) continue;
      SCOPED_TRACE(call + ", call " + std::to_string(i + 1) + ", kind " + std::to_string(static_cast<int>(kind)));
      const auto world = WorldFor(way);
      const Ended ended = world->Run({{static_cast<int>(i) + 1, kind}});
      EXPECT_EQ(ended.Word(), "done");
      ExpectReached(world->server.data, expected);
      EXPECT_EQ(world->server.data.UnfinishedRuns(), std::vector<std::string>());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, CrashTest, ::testing::ValuesIn(kWays),
                         [](const ::testing::TestParamInfo<Way>& way) { return std::string(way.param.name); });

}  // namespace
}  // namespace sqlmig
