#include "graph/node_set.h"

#include <vector>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

NodeSet Set(const std::vector<Node>& nodes) {
  NodeSet set(8);
  for (const Node node : nodes) set.Insert(node);
  return set;
}

TEST(NodeSetTest, CountsEachNodeOnce) {
  NodeSet set(8);
  EXPECT_TRUE(set.empty());
  EXPECT_TRUE(set.Insert(3));
  EXPECT_FALSE(set.Insert(3));
  EXPECT_EQ(set.size(), 1U);
  EXPECT_TRUE(set.Contains(3));
  EXPECT_FALSE(set.Contains(2));
  EXPECT_TRUE(set.Erase(3));
  EXPECT_FALSE(set.Erase(3));
  EXPECT_EQ(set.size(), 0U);
  EXPECT_EQ(set.universe(), 8U);
}

TEST(NodeSetTest, IsASetWhateverTheOrder) {
  EXPECT_EQ(Set({5, 1, 3}), Set({1, 3, 5, 3}));
  EXPECT_EQ(Set({5, 1, 3}).ToVector(), (std::vector<Node>{1, 3, 5}));
  EXPECT_FALSE(Set({1}) == Set({2}));
}

TEST(NodeSetTest, UnitesAndSubtracts) {
  NodeSet set = Set({1, 2});
  set.InsertAll(Set({2, 3}));
  EXPECT_EQ(set, Set({1, 2, 3}));
  EXPECT_EQ(set.size(), 3U);
  set.EraseAll(Set({1, 7}));
  EXPECT_EQ(set, Set({2, 3}));
  EXPECT_EQ(set.size(), 2U);
  set.EraseAll(NodeSet(set));
  EXPECT_TRUE(set.empty());
}

TEST(NodeSetTest, ComparesAsSubset) {
  EXPECT_TRUE(Set({}).IsSubsetOf(Set({})));
  EXPECT_TRUE(Set({1}).IsSubsetOf(Set({1, 2})));
  EXPECT_FALSE(Set({1, 2}).IsSubsetOf(Set({1})));
}

}  // namespace
}  // namespace sqlmig
