// What a person types as targets, resolved on a small graph: any bytes give a plan or an Error with a printable text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "support/text_position.h"
#include "testing/world.h"

namespace sqlmig::testing {
namespace {

// Ids that look like offsets, words and prefixes of each other; some applied, one late, two known to the ledger alone.
const World& FixedWorld() {
  static World* const world = [] {
    auto* const made = new World(
        "1_a; 2_b1<-1_a; 2_b1-1<-1_a; 3_merge<-2_b1,2_b1-1; head-1<-3_merge; 20261122101500_create_users<-3_merge;"
        "20261122101501_create_users<-20261122101500_create_users; x-20261122101500<-head-1; base-2");
    made->Apply("1_a 2_b1-1")
        .ApplyUnknown("9_gone<-2_b1-1; 9_gone_too<-9_gone")
        .Tag("v1.0", "2_b1 other")
        .Tag("v0", "other");
    return made;
  }();
  return *world;
}

void Check(bool holds) {
  if (!holds) std::abort();
}

// Up and down lead through closed states only, to a state that has each step's migration or lacks it.
void CheckPlan(const Situation& situation, const Plan& plan) {
  NodeSet state = situation.applied;
  for (const Step& step : plan.steps) {
    const auto node = situation.graph.Find(step.id.str());
    Check(node.has_value());
    Check(step.direction == Direction::kUp ? state.Insert(*node) : state.Erase(*node));
    Check(situation.graph.IsClosed(state));
    Check(!step.reason.empty());
  }
}

template <class MakeGoal>
void TryPlan(MakeGoal make_goal) {
  const Situation& situation = FixedWorld().situation();
  try {
    CheckPlan(situation, MakePlan(situation, make_goal(situation)));
  } catch (const Error& error) {
    Check(!error.message().empty());
    Check(FindInvalidUtf8(error.message()) == std::string_view::npos);
    Check(Printable(error.message()) == error.message());
    Check(error.code() == ErrorCode::kTarget || error.code() == ErrorCode::kHeads || error.code() == ErrorCode::kUsage);
  }
}

}  // namespace
}  // namespace sqlmig::testing

// Blanks divide the input into targets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sqlmig;
  using namespace sqlmig::testing;
  const std::vector<std::string> texts = SplitAt(std::string_view(reinterpret_cast<const char*>(data), size), ' ');
  TryPlan([&](const Situation& situation) { return GoalOfApply(ParseTargets(texts), situation); });
  TryPlan([&](const Situation& situation) { return GoalOfStamp(ParseTargets(texts), situation); });
  for (const bool exact : {false, true}) {
    TryPlan([&](const Situation& situation) {
      return GoalOfRollback({ParseTargets(texts), exact, std::nullopt}, situation);
    });
  }
  return 0;
}
