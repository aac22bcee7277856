// A squash in the place of a random part of a random graph: a database that has all of that part runs nothing of it,
// one that has none runs the squash, one in between is refused, and what comes behind runs as before. A failure names
// its seed.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "plan/squash_set.h"
#include "testing/world.h"

namespace sqlmig::testing {
namespace {

constexpr std::uint64_t kGraphs = 400;
constexpr const char* kSquash = "S";

class Case {
 public:
  Case(std::uint64_t seed, const RandomDagOptions& options)
      : random_(seed * 6151 + 7), original(RandomDag(seed, options)) {
    for (int attempt = 0; attempt < 60 && !set && original.graph().size() > 1; ++attempt) TryRange();
    if (set) MakeSquashed();
  }

  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  NodeSet Members() const {
    NodeSet members = original.graph().EmptySet();
    for (const Node node : set->nodes) members.Insert(node);
    return members;
  }

  // A closed set of the original graph that has none of the members.
  NodeSet WithoutMembers() {
    NodeSet state = SomeClosed();
    state.EraseAll(original.graph().DescendantsOf(Members()));
    return state;
  }

  NodeSet SomeClosed() {
    const Graph& graph = original.graph();
    NodeSet some = graph.EmptySet();
    for (std::size_t i = Below(4); i > 0; --i) some.Insert(static_cast<Node>(Below(graph.size())));
    return graph.AncestorsOf(some);
  }

  // The ledger of a database where the original's `state` was applied, seen by the squashed checkout.
  const Situation& See(const NodeSet& state) {
    original.state().rows.clear();
    original.Rebuild();
    original.Apply(original.Names(state));
    squashed->state() = original.state();
    squashed->Rebuild();
    return squashed->situation();
  }

  // The set's names, members left out.
  std::set<std::string> NamesWithoutMembers(const NodeSet& nodes) const {
    const NodeSet members = Members();
    std::set<std::string> names;
    nodes.ForEach([&](Node node) {
      if (!members.Contains(node)) names.insert(original.graph().id(node).str());
    });
    return names;
  }

  NodeSet Pending(const NodeSet& state) const {
    NodeSet pending = original.graph().All();
    pending.EraseAll(state);
    return pending;
  }

 private:
  std::mt19937_64 random_;

 public:
  World original;
  std::optional<SquashSet> set;
  std::optional<World> squashed;

 private:
  void TryRange() {
    const Graph& graph = original.graph();
    const std::string& to = graph.id(static_cast<Node>(Below(graph.size()))).str();
    const std::string from = Below(3) == 0 ? "base" : graph.id(static_cast<Node>(Below(graph.size()))).str();
    try {
      set = FindSquashSet(from + ".." + to, original.situation());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kTarget) << Short(error);
    }
  }

  // The manifest after the squash: its line where the first member stood.
  void MakeSquashed() {
    const NodeSet members = Members();
    const std::string last = original.graph().id(set->nodes.back()).str();
    DagNodes nodes;
    bool added = false;
    for (std::size_t i = 0; i < original.entry().migrations.size(); ++i) {
      const Migration& migration = original.entry().migrations[i];
      if (members.Contains(static_cast<Node>(i))) {
        if (!added) nodes.emplace_back(kSquash, NamesOf(set->depends_on));
        added = true;
        continue;
      }
      nodes.emplace_back(migration.id.str(), std::vector<std::string>{});
      for (const Dependency& dependency : migration.depends_on) {
        nodes.back().second.push_back(dependency.id.str() == last ? kSquash : dependency.id.str());
      }
    }
    squashed.emplace(nodes);
    for (const std::string& id : NamesOf(set->nodes)) {
      squashed->MigrationOf(kSquash).replaces.push_back(MigrationId::Trusted(id));
    }
    squashed->Rebuild();
  }

  std::vector<std::string> NamesOf(const std::vector<Node>& nodes) const {
    std::vector<std::string> names;
    for (const Node node : nodes) names.push_back(original.graph().id(node).str());
    return names;
  }
};

void ForEachCase(const std::function<void(Case&)>& check) {
  std::size_t cases = 0;
  for (std::uint64_t seed = 0; seed < kGraphs && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomDagOptions options;
    options.nodes = static_cast<std::size_t>(seed % 30);
    if (seed % 2 == 1) {
      options.branch_percent = 25;
      options.merge_percent = 25;
    }
    Case one(seed, options);
    if (!one.set) continue;
    ++cases;
    check(one);
  }
  EXPECT_GT(cases, kGraphs / 4) << "too few ranges that can be squashed";
}

Plan ApplyAll(const Situation& situation) {
  const Plan plan = MakePlan(situation, GoalOfApply({}, situation));
  CheckPolicies(situation, plan, Defaults{});
  return plan;
}

std::set<std::string> IdsOf(const Plan& plan) {
  std::set<std::string> ids;
  for (const Step& step : plan.steps) ids.insert(step.id.str());
  return ids;
}

// No step comes before what it depends on.
void ExpectInOrder(const Situation& situation, const Plan& plan) {
  NodeSet state = situation.applied;
  for (const Step& step : plan.steps) {
    EXPECT_EQ(step.direction, Direction::kUp);
    const Node node = situation.graph.Find(step.id.str()).value();
    for (const Node dependency : situation.graph.DependenciesOf(node)) {
      EXPECT_TRUE(state.Contains(dependency)) << step.id.str() << " goes up too early";
    }
    EXPECT_TRUE(state.Insert(node)) << step.id.str() << " goes up twice";
  }
}

TEST(SquashProperty, WhoHasNoneRunsTheSquashAndAllThatIsPending) {
  ForEachCase([](Case& one) {
    const NodeSet state = one.WithoutMembers();
    const Situation& situation = one.See(state);
    const Plan plan = ApplyAll(situation);
    std::set<std::string> expected = one.NamesWithoutMembers(one.Pending(state));
    expected.insert(kSquash);
    EXPECT_EQ(IdsOf(plan), expected);
    ExpectInOrder(situation, plan);
    EXPECT_TRUE(situation.halfway.empty());
  });
}

TEST(SquashProperty, WhoHasAllRunsWhatIsPendingBehindIt) {
  ForEachCase([](Case& one) {
    NodeSet state = one.original.graph().AncestorsOf(one.Members());
    state.InsertAll(one.SomeClosed());
    const Situation& situation = one.See(state);
    const Plan plan = ApplyAll(situation);
    EXPECT_EQ(IdsOf(plan), one.NamesWithoutMembers(one.Pending(state)));
    ExpectInOrder(situation, plan);
    EXPECT_TRUE(situation.Unknown().empty());
    EXPECT_EQ(situation.graph.size(), situation.known.size()) << "a replaced row is a migration of its own";
    EXPECT_EQ(situation.applied.size(), one.NamesWithoutMembers(state).size() + 1);
    Defaults strict;
    strict.unknown = Allowance::kRefuse;
    CheckPolicies(situation, plan, strict);
  });
}

TEST(SquashProperty, WhoHasAllOfEverythingHasNothingToDo) {
  ForEachCase([](Case& one) {
    const Situation& situation = one.See(one.original.graph().All());
    EXPECT_TRUE(ApplyAll(situation).empty());
    EXPECT_EQ(situation.Pending().size(), 0U);
    EXPECT_EQ(situation.Late().size(), 0U);
  });
}

// What was applied last may be a squash that stands for several rows: it is the place of the last of them that counts.
TEST(SquashProperty, AppliedOrderIsThatOfTheRows) {
  ForEachCase([](Case& one) {
    const Situation& situation = one.See(one.original.graph().All());
    for (std::size_t i = 1; i < situation.applied_order.size(); ++i) {
      EXPECT_LT(situation.row[situation.applied_order[i - 1]]->ordinal,
                situation.row[situation.applied_order[i]]->ordinal);
    }
  });
}

TEST(SquashProperty, WhoHasSomeIsToldWhatToApplyFirst) {
  ForEachCase([](Case& one) {
    NodeSet some = one.original.graph().EmptySet();
    some.Insert(one.set->nodes[one.Below(one.set->nodes.size() - 1)]);
    const NodeSet state = one.original.graph().AncestorsOf(some);
    const Situation& situation = one.See(state);
    ASSERT_EQ(situation.halfway.size(), 1U);
    NodeSet missing = one.Members();
    missing.EraseAll(state);
    EXPECT_EQ(situation.halfway.front().missing.size(), missing.size());
    EXPECT_TRUE(situation.Unknown().empty());
    try {
      ApplyAll(situation);
      ADD_FAILURE() << "it was not refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kLedger);
      const std::string& last = one.original.graph().id(one.set->nodes.back()).str();
      EXPECT_NE(error.hint().find("'sqlmig apply " + last + "'"), std::string::npos) << Short(error);
    }
    // What is there can be undone by the scripts that the ledger stored.
    const Plan back = MakePlan(situation, {situation.graph.EmptySet(), [](Node) { return std::string("test"); }});
    EXPECT_EQ(back.steps.size(), state.size());
  });
}

TEST(SquashProperty, NobodyRollsBackBelowASquashThatStandsForOthers) {
  ForEachCase([](Case& one) {
    const Situation& situation = one.See(one.original.graph().All());
    const Plan back = MakePlan(situation, {situation.graph.EmptySet(), [](Node) { return std::string("test"); }});
    EXPECT_EQ(back.steps.size(), situation.known.size());
    try {
      CheckWayBack(situation, back);
      ADD_FAILURE() << "it was not refused";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kIrreversible);
    }
  });
}

// After the squash was run, a database is as one that has always had it.
TEST(SquashProperty, ThePlanOfNoneLeavesNothingToDo) {
  ForEachCase([](Case& one) {
    const Plan plan = ApplyAll(one.See(one.WithoutMembers()));
    std::vector<std::string> ids;
    for (const Step& step : plan.steps) ids.push_back(step.id.str());
    one.squashed->Apply(ids);
    EXPECT_TRUE(ApplyAll(one.squashed->situation()).empty());
  });
}

}  // namespace
}  // namespace sqlmig::testing
