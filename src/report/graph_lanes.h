// Where each migration and each edge of a graph is drawn: one layout for the terminal and for SVG.
//
// Rows go down from the newest migration to the roots, one migration a row. A track is a line that keeps its lane from
// its first row to its last: a chain of migrations, or only an edge on its way. A track starts as a head in its first
// row, or is forked from a migration in the row before; it ends as a root in its last row, or joins another track below
// that row. So nothing but forks and joins ever crosses lanes, and all of those below a row touch that row's migration:
//
//     row 0   o          d      fork: track 1 starts, for the edge d -> c
//     row 1   | o        c      stay: c -> a waits on c's own track
//     row 2   o |        b      stay: b -> a, and track 1, which waits for a too, joins
//     row 3   o          a
#pragma once

#include <cstddef>
#include <vector>

#include "report/graph_view.h"

namespace sqlmig {

struct LaneTrack {
  std::size_t lane = 0;  // from the left
  std::size_t first_row = 0;
  std::size_t last_row = 0;
  bool starts_as_head = false;  // false: forked from the migration of row first_row - 1
  bool ends_as_root = false;    // false: its migration of last_row (or the edge) goes on in another track
};

// One edge from the row's migration to a dependency.
struct LaneLink {
  enum class Kind {
    kStay,  // goes down on the migration's own track
    kFork,  // starts a track
    kInto,  // enters a track that waits for the same dependency already
  };
  Kind kind = Kind::kStay;
  std::size_t track = 0;
  std::size_t target = 0;  // index of the dependency in GraphView::nodes
};

struct LaneRow {
  std::size_t node = 0;  // index in GraphView::nodes
  std::size_t track = 0;
  std::vector<LaneLink> links;      // kFork only beside a kStay
  std::vector<std::size_t> joined;  // tracks that end below this row and go on in this row's track; needs a kStay
  bool HasStay() const;
};

struct GraphLanes {
  std::vector<LaneRow> rows;      // newest first
  std::vector<LaneTrack> tracks;  // track 0 is the longest chain of dependencies, in lane 0
  std::size_t lane_count = 0;

  std::size_t LaneOf(const LaneRow& row) const { return tracks[row.track].lane; }
};

// Deterministic. Time and memory are in O(nodes + edges), but for a factor of the lanes open side by side.
// Dependencies that are not smaller than the node's own index, or named twice, are left out.
GraphLanes LayOutLanes(const std::vector<GraphNode>& nodes);

}  // namespace sqlmig
