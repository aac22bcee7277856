#include "report/graph_lanes.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/graph_shapes.h"
#include "testing/dag.h"

namespace sqlmig {
namespace {

using testing::Dag;
using ::testing::ElementsAre;
using testing::RandomView;
using ::testing::UnorderedElementsAreArray;
using testing::ViewOf;

constexpr std::uint64_t kSeeds = 400;

using Edges = std::vector<std::pair<std::size_t, std::size_t>>;

Edges EdgesOf(const std::vector<GraphNode>& nodes) {
  Edges edges;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const std::size_t need : std::set<std::size_t>(nodes[i].depends_on.begin(), nodes[i].depends_on.end())) {
      edges.emplace_back(i, need);
    }
  }
  return edges;
}

// Follows a track down from below `row` to the first migration that it leads to.
std::size_t Follow(const GraphLanes& lanes, std::size_t row, std::size_t track) {
  for (std::size_t below = row + 1; below < lanes.rows.size(); ++below) {
    const LaneRow& here = lanes.rows[below];
    EXPECT_LE(lanes.tracks[track].first_row, below);
    EXPECT_GE(lanes.tracks[track].last_row, below);
    if (here.track == track) return here.node;
    if (std::find(here.joined.begin(), here.joined.end(), track) == here.joined.end()) continue;
    EXPECT_EQ(lanes.tracks[track].last_row, below);
    track = here.track;
  }
  return static_cast<std::size_t>(-1);
}

std::vector<std::size_t> NodeLanes(const char* dag) {
  const GraphLanes lanes = LayOutLanes(ViewOf(Dag(dag)).nodes);
  std::vector<std::size_t> result;
  for (const LaneRow& row : lanes.rows) result.push_back(lanes.LaneOf(row));
  return result;
}

TEST(GraphLanesTest, TracedRowByRowEveryEdgeIsThereOnce) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const GraphView view = RandomView(seed);
    const GraphLanes lanes = LayOutLanes(view.nodes);
    Edges drawn;
    for (std::size_t row = 0; row < lanes.rows.size(); ++row) {
      for (const LaneLink& link : lanes.rows[row].links) {
        EXPECT_EQ(Follow(lanes, row, link.track), link.target);
        drawn.emplace_back(lanes.rows[row].node, link.target);
      }
    }
    EXPECT_THAT(drawn, UnorderedElementsAreArray(EdgesOf(view.nodes)));
  }
}

TEST(GraphLanesTest, RowsAreThePlanBackwards) {
  const GraphView view = RandomView(17);
  const GraphLanes lanes = LayOutLanes(view.nodes);
  ASSERT_EQ(lanes.rows.size(), view.nodes.size());
  for (std::size_t row = 0; row < lanes.rows.size(); ++row)
    EXPECT_EQ(lanes.rows[row].node, view.nodes.size() - 1 - row);
}

TEST(GraphLanesTest, NoTwoTracksShareALaneInARow) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const GraphLanes lanes = LayOutLanes(RandomView(seed).nodes);
    std::set<std::pair<std::size_t, std::size_t>> taken;
    for (const LaneTrack& track : lanes.tracks) {
      ASSERT_LT(track.lane, lanes.lane_count);
      ASSERT_LE(track.first_row, track.last_row);
      for (std::size_t row = track.first_row; row <= track.last_row; ++row) {
        EXPECT_TRUE(taken.emplace(track.lane, row).second) << "lane " << track.lane << ", row " << row;
      }
    }
  }
}

TEST(GraphLanesTest, WhatEndsAndWhatStartsNeverLookLikeOneLine) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const GraphLanes lanes = LayOutLanes(RandomView(seed).nodes);
    for (const LaneTrack& above : lanes.tracks) {
      for (const LaneTrack& below : lanes.tracks) {
        if (above.lane != below.lane || below.first_row <= above.last_row) continue;
        const std::size_t drawn_from = below.starts_as_head ? below.first_row : below.first_row - 1;
        EXPECT_GT(drawn_from, above.last_row + (above.ends_as_root ? 1 : 0));
      }
    }
  }
}

TEST(GraphLanesTest, ForksAndJoinsNeedAMigrationThatGoesOn) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    for (const LaneRow& row : LayOutLanes(RandomView(seed).nodes).rows) {
      const auto forks = std::count_if(row.links.begin(), row.links.end(),
                                       [](const LaneLink& link) { return link.kind == LaneLink::Kind::kFork; });
      EXPECT_TRUE(row.HasStay() || (forks == 0 && row.joined.empty()));
    }
  }
}

TEST(GraphLanesTest, LanesAreNotMoreThanWhatIsOpenSideBySide) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const GraphLanes lanes = LayOutLanes(RandomView(seed).nodes);
    std::size_t most = 0;
    for (std::size_t row = 0; row < lanes.rows.size(); ++row) {
      most = std::max(most, static_cast<std::size_t>(
                                std::count_if(lanes.tracks.begin(), lanes.tracks.end(), [&](const LaneTrack& track) {
                                  return track.first_row <= row + 1 && row <= track.last_row + 1;
                                })));
    }
    EXPECT_LE(lanes.lane_count, most + 1);  // one more, since lane 0 waits for the longest chain
  }
}

TEST(GraphLanesTest, TheLongestChainIsOnTheLeft) {
  EXPECT_THAT(NodeLanes("a; b<-a; x<-a; c<-b; d<-c; y<-x; e<-d"), ElementsAre(0, 1, 0, 0, 1, 0, 0));
}

TEST(GraphLanesTest, AFreeLaneIsTakenAgain) {
  EXPECT_THAT(NodeLanes("a; b<-a; c<-a; d<-b,c; e<-d; f<-d; g<-e,f"), ElementsAre(0, 1, 0, 0, 1, 0, 0));
}

TEST(GraphLanesTest, AHeadBelowAnUnrelatedRootGetsAnotherLane) {
  EXPECT_THAT(NodeLanes("a; b; c"), ElementsAre(0, 1, 0));
}

TEST(GraphLanesTest, FiftyDependantsNeedTwoLanes) {
  std::vector<GraphNode> nodes(51);
  for (std::size_t i = 1; i < nodes.size(); ++i) nodes[i].depends_on = {0};
  EXPECT_EQ(LayOutLanes(nodes).lane_count, 2U);
}

TEST(GraphLanesTest, TwentyDependenciesNeedTwentyLanes) {
  std::vector<GraphNode> nodes(21);
  for (std::size_t i = 0; i < 20; ++i) nodes[20].depends_on.push_back(i);
  const GraphLanes lanes = LayOutLanes(nodes);
  EXPECT_EQ(lanes.lane_count, 20U);
  EXPECT_EQ(lanes.rows[0].links.size(), 20U);
}

TEST(GraphLanesTest, ALongChainIsOneTrack) {
  std::vector<GraphNode> nodes(5000);
  for (std::size_t i = 1; i < nodes.size(); ++i) nodes[i].depends_on = {i - 1};
  const GraphLanes lanes = LayOutLanes(nodes);
  EXPECT_EQ(lanes.tracks.size(), 1U);
  EXPECT_EQ(lanes.lane_count, 1U);
}

TEST(GraphLanesTest, NoNodesNoLanes) {
  const GraphLanes lanes = LayOutLanes({});
  EXPECT_TRUE(lanes.rows.empty());
  EXPECT_EQ(lanes.lane_count, 0U);
}

TEST(GraphLanesTest, DependenciesNamedTwiceOrNotEarlierAreLeftOut) {
  std::vector<GraphNode> nodes(2);
  nodes[0].depends_on = {0, 1, 77};
  nodes[1].depends_on = {0, 0};
  const GraphLanes lanes = LayOutLanes(nodes);
  EXPECT_EQ(lanes.rows[0].links.size(), 1U);
  EXPECT_TRUE(lanes.rows[1].links.empty());
}

}  // namespace
}  // namespace sqlmig
