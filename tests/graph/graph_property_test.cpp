// The graph against the plainest way to compute the same, on random graphs. A failure names its seed.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "graph/graph.h"
#include "graph/graphs.h"

namespace sqlmig::testing {
namespace {

constexpr std::uint64_t kSeeds = 300;

void ForEachDag(const std::function<void(const DagNodes&, std::mt19937_64&)>& check) {
  for (std::uint64_t seed = 0; seed < kSeeds && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomDagOptions options;
    options.nodes = static_cast<std::size_t>(seed % 40);
    options.extra_percent = seed % 2 == 0 ? 0 : 35;
    options.root_percent = seed % 3 == 0 ? 10 : 0;
    options.octopus_percent = seed % 5 == 0 ? 5 : 0;
    std::mt19937_64 random(seed);
    check(RandomDag(seed, options), random);
  }
}

template <class T>
void Shuffle(std::vector<T>* items, std::mt19937_64& random) {
  for (std::size_t i = items->size(); i > 1; --i) std::swap((*items)[i - 1], (*items)[random() % i]);
}

// Again and again the first line whose dependencies are all out.
std::vector<std::string> PlainOrder(const DagNodes& nodes) {
  std::vector<std::string> order;
  std::set<std::string> out;
  while (order.size() < nodes.size()) {
    for (const auto& [id, depends_on] : nodes) {
      const bool ready =
          std::all_of(depends_on.begin(), depends_on.end(), [&](const auto& d) { return out.contains(d); });
      if (out.contains(id) || !ready) continue;
      order.push_back(id);
      out.insert(id);
      break;
    }
  }
  return order;
}

std::vector<std::string> OrderOf(const Graph& graph) {
  std::vector<std::string> order;
  for (const Node node : graph.Order()) order.push_back(graph.id(node).str());
  return order;
}

TEST(GraphProperty, OrderIsKahnsByPosition) {
  ForEachDag([](const DagNodes& nodes, std::mt19937_64&) { EXPECT_EQ(OrderOf(Build(nodes)), PlainOrder(nodes)); });
}

TEST(GraphProperty, OrderOfShuffledLinesIsKahnsByPositionToo) {
  ForEachDag([](DagNodes nodes, std::mt19937_64& random) {
    Shuffle(&nodes, random);
    EXPECT_EQ(OrderOf(Build(nodes)), PlainOrder(nodes));
  });
}

TEST(GraphProperty, ShuffledDependencyListsGiveTheSameGraph) {
  ForEachDag([](DagNodes nodes, std::mt19937_64& random) {
    const Graph before = Build(nodes);
    for (auto& [id, depends_on] : nodes) Shuffle(&depends_on, random);
    const Graph after = Build(nodes);
    EXPECT_EQ(OrderOf(after), OrderOf(before));
    for (Node node = 0; node < before.size(); ++node) {
      EXPECT_EQ(NamesOf(after, after.DependenciesOf(node)), NamesOf(before, before.DependenciesOf(node)));
      EXPECT_EQ(NamesOf(after, after.DependantsOf(node)), NamesOf(before, before.DependantsOf(node)));
    }
  });
}

TEST(GraphProperty, KinIsTheTransitiveClosure) {
  ForEachDag([](const DagNodes& nodes, std::mt19937_64&) {
    const Graph graph = Build(nodes);
    const std::size_t n = graph.size();
    std::vector<std::vector<bool>> needs(n, std::vector<bool>(n, false));
    for (Node node = 0; node < n; ++node) {  // lines are in an order that dependencies allow
      needs[node][node] = true;
      for (const std::string& name : nodes[node].second) {
        const Node dependency = graph.Find(name).value();
        for (Node other = 0; other < n; ++other) needs[node][other] = needs[node][other] || needs[dependency][other];
      }
    }
    for (Node node = 0; node < n; ++node) {
      NodeSet one = graph.EmptySet();
      one.Insert(node);
      const NodeSet ancestors = graph.AncestorsOf(one);
      const NodeSet descendants = graph.DescendantsOf(one);
      EXPECT_TRUE(graph.IsClosed(ancestors));
      EXPECT_EQ(graph.HeadsOf(ancestors), one);
      for (Node other = 0; other < n; ++other) {
        EXPECT_EQ(ancestors.Contains(other), needs[node][other]);
        EXPECT_EQ(descendants.Contains(other), needs[other][node]);
      }
    }
  });
}

TEST(GraphProperty, HeadsReachEverythingAndNothingReachesThem) {
  ForEachDag([](const DagNodes& nodes, std::mt19937_64&) {
    const Graph graph = Build(nodes);
    EXPECT_EQ(graph.AncestorsOf(graph.Heads()), graph.All());
    EXPECT_EQ(graph.DescendantsOf(graph.Roots()), graph.All());
    graph.Heads().ForEach([&](Node node) { EXPECT_TRUE(graph.DependantsOf(node).empty()); });
  });
}

// One edge turned round in a DAG may close a cycle: then, and only then, Build says so, and what it spells is one.
TEST(GraphProperty, CyclesAreFoundAndReal) {
  int cycles = 0;
  ForEachDag([&cycles](DagNodes nodes, std::mt19937_64& random) {
    if (nodes.empty()) return;
    const std::size_t from = random() % nodes.size();
    const std::size_t to = random() % nodes.size();
    const Graph dag = Build(nodes);
    NodeSet target = dag.EmptySet();
    target.Insert(static_cast<Node>(to));
    const bool closes = dag.AncestorsOf(target).Contains(static_cast<Node>(from));
    nodes[from].second.push_back(nodes[to].first);
    try {
      Build(nodes);
      EXPECT_FALSE(closes);
    } catch (const Error& error) {
      EXPECT_TRUE(closes) << error.message();
      ++cycles;
      const std::string prefix = "dependency cycle: ";
      ASSERT_TRUE(error.message().starts_with(prefix));
      std::string path = error.message().substr(prefix.size());
      if (path.find("...") != std::string::npos) return;
      std::replace(path.begin(), path.end(), '>', ' ');
      std::replace(path.begin(), path.end(), '-', ' ');
      const std::vector<std::string> ids = SplitAt(path, ' ');
      EXPECT_EQ(ids.front(), ids.back());
      for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
        const auto& needs = nodes.at(dag.Find(ids[i]).value()).second;
        EXPECT_NE(std::find(needs.begin(), needs.end(), ids[i + 1]), needs.end()) << ids[i] << " -> " << ids[i + 1];
      }
    }
  });
  EXPECT_GT(cycles, 50);
}

TEST(GraphScaleTest, HundredThousandMigrations) {
  const auto start = std::chrono::steady_clock::now();
  RandomDagOptions options;
  options.nodes = 100'000;
  options.branches = 10;
  options.extra_percent = 20;
  const Graph graph = Build(RandomDag(7, options));
  EXPECT_EQ(graph.AncestorsOf(graph.Heads()).size(), graph.size());
  EXPECT_EQ(graph.DescendantsOf(graph.Roots()).size(), graph.size());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(GraphScaleTest, LongChainOverflowsNoStack) {
  DagNodes nodes;
  for (std::size_t i = 0; i < 100'000; ++i) {
    nodes.emplace_back("n" + std::to_string(i), std::vector<std::string>{});
    if (i > 0) nodes.back().second.push_back("n" + std::to_string(i - 1));
  }
  const Graph graph = Build(nodes);
  EXPECT_EQ(graph.AncestorsOf(graph.Heads()).size(), nodes.size());
  nodes.front().second.push_back("n99999");
  EXPECT_THROW(Build(nodes), Error);
}

}  // namespace
}  // namespace sqlmig::testing
