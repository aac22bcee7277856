#include "report/graph_lanes.h"

#include <algorithm>
#include <numeric>

namespace sqlmig {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Three passes. The nodes are cut into chains, the longest first, each of which shall be one straight line. Then the
// rows are walked from the newest, which says where the tracks of chains and of the edges between them start and end.
// Last, tracks get lanes as intervals are coloured: in order of their first row, each the leftmost lane that is free.
class Layout {
 public:
  explicit Layout(const std::vector<GraphNode>& nodes)
      : needs_(nodes.size()), chain_(nodes.size(), kNone), next_(nodes.size(), kNone), waiting_(nodes.size(), kNone) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      for (const std::size_t need : nodes[i].depends_on) {
        const bool known = std::find(needs_[i].begin(), needs_[i].end(), need) != needs_[i].end();
        if (need < i && !known) needs_[i].push_back(need);
      }
    }
  }

  GraphLanes Make() && {
    CutIntoChains();
    for (std::size_t row = 0; row < needs_.size(); ++row) AddRow(row);
    AssignLanes();
    return std::move(lanes_);
  }

 private:
  // Number of nodes on the longest way from each node down to a root.
  std::vector<std::size_t> Heights() const {
    std::vector<std::size_t> heights(needs_.size(), 1);
    for (std::size_t i = 0; i < needs_.size(); ++i) {
      for (const std::size_t need : needs_[i]) heights[i] = std::max(heights[i], heights[need] + 1);
    }
    return heights;
  }

  void CutIntoChains() {
    const std::vector<std::size_t> heights = Heights();
    std::vector<std::size_t> order(needs_.size());
    std::iota(order.rbegin(), order.rend(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return heights[a] > heights[b]; });
    for (const std::size_t top : order) {
      if (chain_[top] != kNone) continue;
      const std::size_t track = lanes_.tracks.size();
      lanes_.tracks.push_back({.lane = kNone, .first_row = kNone});
      tops_.push_back(top);
      for (std::size_t node = top; node != kNone; node = next_[node]) {
        chain_[node] = track;
        next_[node] = HighestFree(needs_[node], heights);
      }
    }
  }

  // The dependency with the longest way down that is in no chain yet; the first of several.
  std::size_t HighestFree(const std::vector<std::size_t>& needs, const std::vector<std::size_t>& heights) const {
    std::size_t best = kNone;
    for (const std::size_t need : needs) {
      if (chain_[need] == kNone && (best == kNone || heights[need] > heights[best])) best = need;
    }
    return best;
  }

  void AddRow(std::size_t row) {
    LaneRow made;
    made.node = needs_.size() - 1 - row;
    made.track = chain_[made.node];
    LaneTrack& own = lanes_.tracks[made.track];
    if (own.first_row == kNone) {
      own.first_row = row;
      own.starts_as_head = true;
    }
    bool own_is_free = next_[made.node] == kNone;
    for (const std::size_t need : needs_[made.node]) AddLink(row, need, own_is_free, made);
    if (!made.HasStay()) {
      lanes_.tracks[made.track].last_row = row;
      lanes_.tracks[made.track].ends_as_root = made.links.empty();
    }
    lanes_.rows.push_back(std::move(made));
  }

  void AddLink(std::size_t row, std::size_t need, bool& own_is_free, LaneRow& made) {
    std::size_t& waiting = waiting_[need];
    if (need == next_[made.node]) {
      if (waiting != kNone) {
        lanes_.tracks[waiting].last_row = row;
        made.joined.push_back(waiting);
      }
      waiting = made.track;
      made.links.push_back({LaneLink::Kind::kStay, waiting, need});
    } else if (waiting != kNone) {
      made.links.push_back({LaneLink::Kind::kInto, waiting, need});
    } else if (own_is_free && tops_[chain_[need]] != need) {
      own_is_free = false;
      waiting = made.track;
      made.links.push_back({LaneLink::Kind::kStay, waiting, need});
    } else {
      waiting = Fork(row, need);
      made.links.push_back({LaneLink::Kind::kFork, waiting, need});
    }
  }

  // The track that leads from below `row` to `need`: that of its chain if it is the top of one, else one of its own.
  std::size_t Fork(std::size_t row, std::size_t need) {
    const std::size_t chain = chain_[need];
    if (tops_[chain] == need) {
      lanes_.tracks[chain].first_row = row + 1;
      return chain;
    }
    lanes_.tracks.push_back({.lane = kNone, .first_row = row + 1});
    return lanes_.tracks.size() - 1;
  }

  // Whether `below` may start in the lane where `above` has ended. They must not look like one line: a fork shows in
  // the row before its track, and a root must have nothing under it.
  static bool Follows(const LaneTrack& above, const LaneTrack& below) {
    const std::size_t gap = (above.ends_as_root ? 1U : 0U) + (below.starts_as_head ? 0U : 1U);
    return below.first_row > above.last_row + gap;
  }

  // Lane 0 is kept for track 0, the longest chain. Of tracks that start in one row, the longer is more to the left, so
  // that the shorter one's join does not cross it.
  void AssignLanes() {
    std::vector<LaneTrack>& tracks = lanes_.tracks;
    if (tracks.empty()) return;
    std::vector<std::size_t> order(tracks.size() - 1);
    std::iota(order.begin(), order.end(), std::size_t{1});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (tracks[a].first_row != tracks[b].first_row) return tracks[a].first_row < tracks[b].first_row;
      return tracks[a].last_row > tracks[b].last_row;
    });
    tracks[0].lane = 0;
    std::vector<std::size_t> newest = {kNone};  // the track that came last in each lane
    for (const std::size_t track : order) {
      std::size_t lane = 0;
      while (lane < newest.size() && !IsFree(lane, newest[lane], tracks[track])) ++lane;
      if (lane == newest.size()) newest.push_back(kNone);
      newest[lane] = track;
      tracks[track].lane = lane;
    }
    lanes_.lane_count = newest.size();
  }

  bool IsFree(std::size_t lane, std::size_t newest, const LaneTrack& track) const {
    if (newest != kNone && !Follows(lanes_.tracks[newest], track)) return false;
    const LaneTrack& main = lanes_.tracks[0];
    return lane != 0 || Follows(main, track) || Follows(track, main);
  }

  std::vector<std::vector<std::size_t>> needs_;
  std::vector<std::size_t> chain_;    // of each node: its chain, which is the track of that number
  std::vector<std::size_t> next_;     // of each node: the next one of its chain
  std::vector<std::size_t> tops_;     // of each chain: its newest node
  std::vector<std::size_t> waiting_;  // of each node: the track that leads to it below the current row
  GraphLanes lanes_;
};

}  // namespace

bool LaneRow::HasStay() const {
  return std::any_of(links.begin(), links.end(),
                     [](const LaneLink& link) { return link.kind == LaneLink::Kind::kStay; });
}

GraphLanes LayOutLanes(const std::vector<GraphNode>& nodes) {
  return Layout(nodes).Make();
}

}  // namespace sqlmig
