#include "graph/graph.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "graph/graphs.h"

namespace sqlmig::testing {
namespace {

constexpr const char* kMerged = "A; B1<-A; B2<-A; M<-B1,B2; C<-M";

TEST(GraphTest, EmptyGraph) {
  const Graph graph = Build("");
  EXPECT_EQ(graph.size(), 0U);
  EXPECT_TRUE(graph.Order().empty());
  EXPECT_TRUE(graph.Heads().empty());
  EXPECT_TRUE(graph.Roots().empty());
  EXPECT_TRUE(graph.AncestorsOf(graph.EmptySet()).empty());
  EXPECT_FALSE(graph.Find("A").has_value());
}

TEST(GraphTest, KnowsItsNodes) {
  const Graph graph = Build(kMerged);
  EXPECT_EQ(graph.size(), 5U);
  EXPECT_EQ(graph.id(3).str(), "M");
  EXPECT_EQ(graph.Find("M"), Node{3});
  EXPECT_EQ(graph.Find("m"), std::nullopt);
  EXPECT_EQ(NamesOf(graph, graph.DependenciesOf(3)), "B1 B2");
  EXPECT_EQ(NamesOf(graph, graph.DependantsOf(0)), "B1 B2");
  EXPECT_EQ(NamesOf(graph, graph.DependantsOf(4)), "");
  EXPECT_EQ(NamesOf(graph, graph.Heads()), "C");
  EXPECT_EQ(NamesOf(graph, graph.Roots()), "A");
}

TEST(GraphTest, TellsBranchPointsFromMerges) {
  const Graph graph = Build(kMerged);
  std::string branch_points;
  std::string merges;
  for (const Node node : graph.Order()) {
    if (graph.IsBranchPoint(node)) branch_points += graph.id(node).str();
    if (graph.IsMerge(node)) merges += graph.id(node).str();
  }
  EXPECT_EQ(branch_points, "A");
  EXPECT_EQ(merges, "M");
}

TEST(GraphTest, FindsKin) {
  const Graph graph = Build(kMerged);
  EXPECT_EQ(NamesOf(graph, graph.AncestorsOf(SetOf(graph, "B2"))), "A B2");
  EXPECT_EQ(NamesOf(graph, graph.AncestorsOf(SetOf(graph, "B1 B2"))), "A B1 B2");
  EXPECT_EQ(NamesOf(graph, graph.DescendantsOf(SetOf(graph, "B1"))), "B1 M C");
  EXPECT_EQ(NamesOf(graph, graph.DescendantsOf(graph.EmptySet())), "");
}

TEST(GraphTest, FindsTheHeadsOfASet) {
  const Graph graph = Build(kMerged);
  EXPECT_EQ(NamesOf(graph, graph.HeadsOf(SetOf(graph, "A B1 B2"))), "B1 B2");
  EXPECT_EQ(NamesOf(graph, graph.HeadsOf(SetOf(graph, "A M"))), "A M");
  EXPECT_EQ(NamesOf(graph, graph.HeadsOf(graph.All())), "C");
}

TEST(GraphTest, KnowsWhetherASetIsClosed) {
  const Graph graph = Build(kMerged);
  EXPECT_TRUE(graph.IsClosed(graph.EmptySet()));
  EXPECT_TRUE(graph.IsClosed(SetOf(graph, "A B2")));
  EXPECT_FALSE(graph.IsClosed(SetOf(graph, "B2")));
  EXPECT_FALSE(graph.IsClosed(SetOf(graph, "A B1 M")));
}

TEST(GraphTest, OrderFollowsTheFileWhereDependenciesAllow) {
  EXPECT_EQ(NamesOf(Build(kMerged), Build(kMerged).Order()), "A B1 B2 M C");
  const Graph swapped = Build("A; B2<-A; B1<-A; M<-B1,B2; C<-M");
  EXPECT_EQ(NamesOf(swapped, swapped.Order()), "A B2 B1 M C");
  const Graph backwards = Build("C<-M; M<-B1,B2; B2<-A; B1<-A; A");
  EXPECT_EQ(NamesOf(backwards, backwards.Order()), "A B2 B1 M C");
  const Graph apart = Build("x1; y1; x2<-x1; y2<-y1");
  EXPECT_EQ(NamesOf(apart, apart.Order()), "x1 y1 x2 y2");
}

TEST(GraphTest, RankIsThePlaceInTheOrder) {
  const Graph graph = Build("C<-B; B<-A; A");
  EXPECT_EQ(graph.Rank(graph.Find("A").value()), 0U);
  EXPECT_EQ(graph.Rank(graph.Find("B").value()), 1U);
  EXPECT_EQ(graph.Rank(graph.Find("C").value()), 2U);
}

TEST(GraphTest, HowADependencyListIsWrittenIsNotSeen) {
  const Graph graph = Build("A; B; M<-B,A,B,A");
  EXPECT_EQ(NamesOf(graph, graph.DependenciesOf(2)), "A B");
  EXPECT_EQ(NamesOf(graph, graph.DependantsOf(0)), "M");
  const Graph doubled = Build("A; B<-A,A");
  EXPECT_FALSE(doubled.IsMerge(1));
  EXPECT_FALSE(doubled.IsBranchPoint(0));
}

TEST(GraphTest, MovesWithItsNames) {
  Graph first = Build(kMerged);
  Graph second = std::move(first);
  EXPECT_EQ(second.Find("B1"), Node{1});
  second = Build("other");
  EXPECT_EQ(second.Find("other"), Node{0});
  EXPECT_FALSE(second.Find("B1").has_value());
}

std::string BuildFailure(std::string_view dag) {
  try {
    Build(dag);
    return "no error";
  } catch (const Error& error) {
    return std::string(ErrorCodeName(error.code())) + ": " + error.message();
  }
}

TEST(GraphTest, RefusesWhatIsNoDag) {
  EXPECT_EQ(BuildFailure("A; A"), "graph: duplicate migration 'A'");
  EXPECT_EQ(BuildFailure("A<-B"), "graph: 'A' depends on 'B', which does not exist");
  EXPECT_EQ(BuildFailure("A<-A"), "graph: dependency cycle: A -> A");
  EXPECT_EQ(BuildFailure("R; A<-A,R; B<-A"), "graph: dependency cycle: A -> A");
  EXPECT_EQ(BuildFailure("A<-B; B<-A"), "graph: dependency cycle: A -> B -> A");
  EXPECT_EQ(BuildFailure("R; A<-R,C; B<-A; C<-B; D<-C"), "graph: dependency cycle: A -> C -> B -> A");
}

TEST(GraphTest, NamesTheShortestWayRoundOfTheFirstKnot) {
  EXPECT_EQ(BuildFailure("a<-b; b<-c,a; c<-a"), "graph: dependency cycle: a -> b -> a");
  EXPECT_EQ(BuildFailure("a<-c,b; b<-c,a; c<-a"), "graph: dependency cycle: a -> b -> a");
  EXPECT_EQ(BuildFailure("x<-y; y<-x; a<-b; b<-a"), "graph: dependency cycle: x -> y -> x");
}

}  // namespace
}  // namespace sqlmig::testing
