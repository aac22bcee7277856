// What must hold for every graph, state and target: tried on random ones. A failure names its seed.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/world.h"

namespace sqlmig::testing {
namespace {

constexpr std::uint64_t kSeeds = 300;

// Thin graphs as projects have them, and tangled ones as they never should.
RandomDagOptions OptionsFor(std::uint64_t seed) {
  RandomDagOptions options;
  options.nodes = static_cast<std::size_t>(seed % 45);
  if (seed % 3 == 1) {
    options.extra_percent = 40;
    options.root_percent = 10;
  }
  if (seed % 3 == 2) {
    options.branch_percent = 30;
    options.merge_percent = 25;
    options.octopus_percent = 5;
    options.extra_percent = 15;
  }
  return options;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed * 7919 + 1) {}

  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  template <class T>
  void Shuffle(std::vector<T>* items) {
    for (std::size_t i = items->size(); i > 1; --i) std::swap((*items)[i - 1], (*items)[Below(i)]);
  }

  // A few nodes with all that they depend on.
  NodeSet ClosedSet(const Graph& graph) {
    NodeSet some = graph.EmptySet();
    if (graph.size() == 0) return some;
    for (std::size_t i = Below(4); i > 0; --i) some.Insert(static_cast<Node>(Below(graph.size())));
    return graph.AncestorsOf(some);
  }

  // The set's ids in some order in which they could have been applied.
  std::vector<std::string> OrderOfApplication(const Graph& graph, const NodeSet& nodes) {
    std::vector<std::string> ids;
    NodeSet done = graph.EmptySet();
    while (done.size() < nodes.size()) {
      std::vector<Node> ready;
      nodes.ForEach([&](Node node) {
        const auto dependencies = graph.DependenciesOf(node);
        const bool can = std::all_of(dependencies.begin(), dependencies.end(),
                                     [&](Node dependency) { return done.Contains(dependency); });
        if (can && !done.Contains(node)) ready.push_back(node);
      });
      const Node next = ready.at(Below(ready.size()));
      done.Insert(next);
      ids.push_back(graph.id(next).str());
    }
    return ids;
  }

 private:
  std::mt19937_64 random_;
};

// Follows the plan step by step: no step twice, and the state closed after each. Returns where it ends.
NodeSet Walk(const Situation& situation, const Plan& plan) {
  const Graph& graph = situation.graph;
  NodeSet state = situation.applied;
  bool up_seen = false;
  for (const Step& step : plan.steps) {
    const Node node = graph.Find(step.id.str()).value();
    const auto here = [&](Node other) { return state.Contains(other); };
    if (step.direction == Direction::kUp) {
      up_seen = true;
      const auto needs = graph.DependenciesOf(node);
      EXPECT_TRUE(std::all_of(needs.begin(), needs.end(), here)) << step.id.str() << " goes up too early";
      EXPECT_TRUE(state.Insert(node)) << step.id.str() << " goes up twice";
    } else {
      const auto users = graph.DependantsOf(node);
      EXPECT_TRUE(std::none_of(users.begin(), users.end(), here)) << step.id.str() << " goes down too early";
      EXPECT_TRUE(state.Erase(node)) << step.id.str() << " goes down twice";
      EXPECT_FALSE(up_seen) << step.id.str() << " goes down after an up";
    }
    EXPECT_FALSE(step.reason.empty()) << step.id.str();
  }
  return state;
}

Goal GoalFor(NodeSet applied) {
  return {std::move(applied), [](Node) { return std::string("test"); }};
}

// Runs `check` on many worlds, each in some closed state.
void ForEachWorld(const std::function<void(World&, Dice&)>& check) {
  for (std::uint64_t seed = 0; seed < kSeeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    World world(RandomDag(seed, OptionsFor(seed)));
    world.Apply(dice.OrderOfApplication(world.graph(), dice.ClosedSet(world.graph())));
    check(world, dice);
  }
}

std::vector<TargetTerm> TermsFor(const Graph& graph, const std::vector<Node>& nodes) {
  std::vector<std::string> texts;
  for (const Node node : nodes) texts.push_back(graph.id(node).str());
  return ParseTargets(texts);
}

TEST(PlanProperty, ApplyReachesTheStateAndTheAncestorsOfTheTargets) {
  ForEachWorld([](World& world, Dice& dice) {
    if (world.graph().size() == 0) return;
    const Graph& graph = world.graph();
    const std::vector<Node> targets = {static_cast<Node>(dice.Below(graph.size())),
                                       static_cast<Node>(dice.Below(graph.size()))};
    NodeSet expected = graph.EmptySet();
    for (const Node target : targets) expected.Insert(target);
    expected = graph.AncestorsOf(expected);
    expected.InsertAll(world.situation().applied);
    const Plan plan = MakePlan(world.situation(), GoalOfApply(TermsFor(graph, targets), world.situation()));
    EXPECT_EQ(Walk(world.situation(), plan), expected);
  });
}

TEST(PlanProperty, ApplyWithoutTargetsReachesEverything) {
  ForEachWorld([](World& world, Dice&) {
    const Plan plan = MakePlan(world.situation(), GoalOfApply({}, world.situation()));
    EXPECT_EQ(Walk(world.situation(), plan), world.graph().All());
    EXPECT_EQ(plan.steps.size(), world.situation().Pending().size());
  });
}

TEST(PlanProperty, RollbackTakesTheStrictDescendantsOfItsTarget) {
  ForEachWorld([](World& world, Dice& dice) {
    const Graph& graph = world.graph();
    if (world.situation().applied.empty()) return;
    const std::vector<Node> applied = world.situation().applied.ToVector();
    const Node target = applied.at(dice.Below(applied.size()));
    NodeSet expected = graph.EmptySet();
    for (const Node node : applied) {
      NodeSet one = graph.EmptySet();
      one.Insert(node);
      if (node == target || !graph.AncestorsOf(one).Contains(target)) expected.Insert(node);
    }
    RollbackRequest request;
    request.terms = TermsFor(graph, {target});
    const Plan plan = MakePlan(world.situation(), GoalOfRollback(request, world.situation()));
    EXPECT_EQ(Walk(world.situation(), plan), expected);
  });
}

TEST(PlanProperty, AnyClosedStateLeadsToAnyClosedGoal) {
  ForEachWorld([](World& world, Dice& dice) {
    const NodeSet goal = dice.ClosedSet(world.graph());
    const Plan plan = MakePlan(world.situation(), GoalFor(goal));
    EXPECT_EQ(Walk(world.situation(), plan), goal);
    NodeSet kept = goal;  // what both have is left alone
    kept.EraseAll(world.situation().applied);
    EXPECT_EQ(static_cast<std::size_t>(std::count_if(plan.steps.begin(), plan.steps.end(),
                                                     [](const Step& s) { return s.direction == Direction::kUp; })),
              kept.size());
  });
}

TEST(PlanProperty, UpThenDownIsTheIdentity) {
  ForEachWorld([](World& world, Dice&) {
    const NodeSet before = world.situation().applied;
    const Plan up = MakePlan(world.situation(), GoalOfApply({}, world.situation()));
    std::vector<std::string> went_up;
    for (const Step& step : up.steps) went_up.push_back(step.id.str());
    world.Apply(went_up);
    const Plan down = MakePlan(world.situation(), GoalFor(before));
    EXPECT_EQ(Walk(world.situation(), down), before);
    std::vector<std::string> went_down;
    for (const Step& step : down.steps) went_down.push_back(step.id.str());
    std::reverse(went_down.begin(), went_down.end());
    EXPECT_EQ(went_down, went_up);
  });
}

TEST(PlanProperty, TheLastStepsUndoneLeaveTheFirst) {
  ForEachWorld([](World& world, Dice& dice) {
    const std::vector<Node> order = world.situation().applied_order;
    if (order.empty()) return;
    const std::size_t count = dice.Below(order.size()) + 1;
    NodeSet expected = world.graph().EmptySet();
    for (std::size_t i = 0; i + count < order.size(); ++i) expected.Insert(order[i]);
    RollbackRequest request;
    request.terms = ParseTargets({"-" + std::to_string(count)});
    const Plan plan = MakePlan(world.situation(), GoalOfRollback(request, world.situation()));
    EXPECT_EQ(Walk(world.situation(), plan), expected);
  });
}

TEST(PlanProperty, StepsAddUp) {
  ForEachWorld([](World& world, Dice& dice) {
    const std::size_t pending = world.situation().Pending().size();
    if (pending < 2) return;
    const std::size_t all = dice.Below(pending - 1) + 2;
    const std::size_t first = dice.Below(all - 1) + 1;
    const std::string at_once = Outcome(world, "apply", {"+" + std::to_string(all)});
    const Goal goal = GoalOfApply(ParseTargets({"+" + std::to_string(first)}), world.situation());
    const Plan plan = MakePlan(world.situation(), goal);
    std::string in_two = Short(plan);
    for (const Step& step : plan.steps) world.Apply(std::vector<std::string>{step.id.str()});
    in_two += " " + Outcome(world, "apply", {"+" + std::to_string(all - first)});
    EXPECT_EQ(in_two, at_once);
  });
}

TEST(PlanProperty, LateIsWhatStandsBeforeTheLastApplied) {
  ForEachWorld([](World& world, Dice&) {
    const Situation& situation = world.situation();
    const auto order = world.graph().Order();
    NodeSet expected = world.graph().EmptySet();
    bool applied_behind = false;
    for (auto node = order.rbegin(); node != order.rend(); ++node) {
      applied_behind = applied_behind || situation.applied.Contains(*node);
      if (applied_behind && !situation.applied.Contains(*node)) expected.Insert(*node);
    }
    EXPECT_EQ(situation.Late(), expected);
  });
}

TEST(PlanProperty, OffsetsFromAnIdStayAmongItsKin) {
  ForEachWorld([](World& world, Dice& dice) {
    const Graph& graph = world.graph();
    if (graph.size() == 0) return;
    NodeSet anchor = graph.EmptySet();
    const auto node = static_cast<Node>(dice.Below(graph.size()));
    anchor.Insert(node);
    const std::vector<Node> after = graph.Sorted(graph.DescendantsOf(anchor));
    const std::vector<Node> before = graph.Sorted(graph.AncestorsOf(anchor));
    const std::string id = graph.id(node).str();
    for (std::size_t i = 0; i < after.size(); ++i) {
      const auto resolved = ResolveTargets(ParseTargets({id + "+" + std::to_string(i)}), world.situation());
      EXPECT_EQ(resolved.nodes.ToVector(), std::vector<Node>{after[i]});
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
      const auto resolved = ResolveTargets(ParseTargets({id + "-" + std::to_string(i)}), world.situation());
      EXPECT_EQ(resolved.nodes.ToVector(), std::vector<Node>{before[before.size() - 1 - i]});
    }
  });
}

TEST(PlanProperty, ShuffledDependencyListsChangeNothing) {
  ForEachWorld([](World& world, Dice& dice) {
    const Plan before = MakePlan(world.situation(), GoalOfApply({}, world.situation()));
    for (Migration& migration : world.entry().migrations) {
      dice.Shuffle(&migration.depends_on);
      if (!migration.depends_on.empty()) migration.depends_on.push_back(migration.depends_on.front());
    }
    world.Rebuild();
    EXPECT_EQ(MakePlan(world.situation(), GoalOfApply({}, world.situation())), before);
  });
}

TEST(PlanProperty, ShuffledManifestLinesStillMakeAPlan) {
  ForEachWorld([](World& world, Dice& dice) {
    dice.Shuffle(&world.entry().migrations);
    world.Rebuild();
    const Plan plan = MakePlan(world.situation(), GoalOfApply({}, world.situation()));
    EXPECT_EQ(Walk(world.situation(), plan), world.graph().All());
  });
}

// A checkout older than the database: the newest migrations are known to the ledger alone.
TEST(PlanProperty, AnOlderCheckoutCanGoBackToBase) {
  ForEachWorld([](World& world, Dice& dice) {
    const Graph& graph = world.graph();
    const NodeSet kept = dice.ClosedSet(graph);
    const std::vector<std::string> kept_names = world.Names(kept);
    DagNodes older;
    for (const Migration& migration : world.entry().migrations) {
      if (!kept.Contains(graph.Find(migration.id.str()).value())) continue;
      older.emplace_back(migration.id.str(), std::vector<std::string>{});
      for (const Dependency& dependency : migration.depends_on) older.back().second.push_back(dependency.id.str());
    }
    World checkout(older);
    checkout.state() = world.state();
    checkout.Rebuild();
    const Situation& situation = checkout.situation();
    NodeSet unknown = world.situation().applied;
    unknown.EraseAll(kept);
    EXPECT_EQ(situation.Unknown().size(), unknown.size());
    const Plan back = MakePlan(situation, GoalFor(checkout.graph().EmptySet()));
    EXPECT_TRUE(Walk(situation, back).empty());
    const auto is_unknown = [&](const Step& step) { return step.from_ledger; };
    EXPECT_EQ(static_cast<std::size_t>(std::count_if(back.steps.begin(), back.steps.end(), is_unknown)),
              unknown.size());
    // Nothing goes down before what depends on it, by the graph that the older checkout does not have.
    EXPECT_TRUE(Walk(world.situation(), back).empty());
  });
}

}  // namespace
}  // namespace sqlmig::testing
