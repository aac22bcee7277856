// The terminal's drawing. A lane is two columns wide: its line, and room for what runs sideways. Each migration has one
// line; a second one below it shows what joins. In Unicode
//
//     o─╮  d      starts a line for a dependency; `▸` into one that is there already
//     │ o  c
//     o │  b
//     ├─╯         joins
//     o    a
//
// and in ASCII, where forks need a line of their own, with git's slashes. A lane that is only passed shows through.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "report/graph_columns.h"
#include "report/graph_lanes.h"
#include "report/graph_marks.h"
#include "report/graph_view.h"

namespace sqlmig {
namespace {

constexpr std::size_t kNoTrack = static_cast<std::size_t>(-1);
constexpr std::size_t kTextColumns = 30;  // that lanes leave to the text, however many there are

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::array<std::string_view, 6> kLaneColors = {"\x1b[34m", "\x1b[35m", "\x1b[32m",
                                                         "\x1b[33m", "\x1b[36m", "\x1b[31m"};

// Sides of a cell that a line leaves by.
constexpr unsigned kUp = 1;
constexpr unsigned kDown = 2;
constexpr unsigned kLeft = 4;
constexpr unsigned kRight = 8;

struct Cell {
  unsigned sides = 0;
  std::string_view glyph;        // set: shown instead of the line
  std::size_t track = kNoTrack;  // gives the colour
};

Cell LineCell(unsigned sides, std::size_t track) {
  return {sides, {}, track};
}
Cell GlyphCell(std::string_view glyph, std::size_t track) {
  return {0, glyph, track};
}

// One line of the drawing. Lane i is cell 2i; the odd ones are between.
using Cells = std::vector<Cell>;

std::string_view BoxGlyph(unsigned sides) {
  static constexpr std::array<std::string_view, 16> kGlyphs = {" ", "│", "│", "│", "─", "╯", "╮", "┤",
                                                               "─", "╰", "╭", "├", "─", "┴", "┬", "┼"};
  return kGlyphs[sides];
}

struct Styled {
  std::string_view style;  // an escape, or nothing
  std::string text;
};

// Collects what is cut and coloured at the end. The text is the same with and without colours.
class Line {
 public:
  void Add(std::string_view style, std::string text) { parts_.push_back({style, std::move(text)}); }

  std::string Render(std::size_t columns, std::string_view ellipsis, bool color) const {
    std::size_t total = 0;
    for (const Styled& part : parts_) total += ColumnsOf(part.text);
    const bool cut = total > columns;
    const std::size_t mark = ColumnsOf(ellipsis);
    std::size_t left = cut ? columns - std::min(columns, mark) : columns;
    std::string out;
    for (const Styled& part : parts_) {
      const std::string_view shown = cut ? FitColumns(part.text, left) : part.text;
      Append(part.style, shown, color, out);
      left -= std::min(left, ColumnsOf(shown));
      if (shown.size() < part.text.size()) break;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    if (cut) out += ellipsis.substr(0, columns);
    return out + '\n';
  }

 private:
  static void Append(std::string_view style, std::string_view text, bool color, std::string& out) {
    if (!color || style.empty() || text.find_first_not_of(' ') == std::string_view::npos) {
      out += text;
      return;
    }
    out += style;
    out += text;
    out += kReset;
  }

  std::vector<Styled> parts_;
};

class Drawing {
 public:
  Drawing(const GraphView& view, const GraphTextOptions& options)
      : view_(view), options_(options), lanes_(LayOutLanes(view.nodes)), open_(lanes_.lane_count, kNoTrack) {
    starting_.resize(lanes_.rows.size());
    for (std::size_t track = 0; track < lanes_.tracks.size(); ++track) {
      starting_[lanes_.tracks[track].first_row].push_back(track);
    }
  }

  std::string Draw() {
    std::string out;
    for (std::size_t row = 0; row < lanes_.rows.size(); ++row) {
      for (const std::size_t track : starting_[row]) open_[lanes_.tracks[track].lane] = track;
      out += NodeLine(lanes_.rows[row]);
      if (!options_.unicode) AddForkLine(lanes_.rows[row], out);
      AddJoinLine(lanes_.rows[row], out);
      for (std::size_t& track : open_) {
        if (track != kNoTrack && lanes_.tracks[track].last_row == row) track = kNoTrack;
      }
    }
    return out;
  }

 private:
  std::size_t Width() const {
    return options_.width > 0 ? static_cast<std::size_t>(options_.width) : static_cast<std::size_t>(-1) / 2;
  }
  std::size_t LaneOf(std::size_t track) const { return lanes_.tracks[track].lane; }
  std::string_view Ellipsis() const { return options_.unicode ? "…" : "..."; }

  // The lanes that are open, as they pass.
  Cells Passing() const {
    Cells cells(lanes_.lane_count * 2);
    for (std::size_t lane = 0; lane < open_.size(); ++lane) {
      if (open_[lane] != kNoTrack) cells[2 * lane] = LineCell(kUp | kDown, open_[lane]);
    }
    return cells;
  }

  // Draws the way from lane `home` to the lane of `track`; what passes in between shows through. `at_end` are the sides
  // of the end besides the one towards home.
  void Connect(std::size_t home, std::size_t track, unsigned at_end, Cells& cells) const {
    const std::size_t from = 2 * home;
    const std::size_t to = 2 * LaneOf(track);
    const bool rightwards = to > from;
    for (std::size_t i = std::min(from, to) + 1; i < std::max(from, to); ++i) {
      if ((cells[i].sides & (kUp | kDown)) == 0 && cells[i].track == kNoTrack) {
        cells[i] = LineCell(kLeft | kRight, track);
      }
    }
    cells[from].sides |= rightwards ? kRight : kLeft;
    cells[to] = LineCell((cells[to].sides & (kLeft | kRight)) | at_end | (rightwards ? kLeft : kRight), track);
  }

  // A way that ends farther out runs through the ends nearer to home.
  void RunThrough(std::size_t home, const std::vector<std::size_t>& tracks, Cells& cells) const {
    for (const std::size_t inner : tracks) {
      const bool passed = std::any_of(tracks.begin(), tracks.end(), [&](std::size_t outer) {
        const std::size_t a = LaneOf(inner);
        const std::size_t b = LaneOf(outer);
        return home < a ? b > a : b < a;
      });
      if (passed) cells[2 * LaneOf(inner)].sides |= kLeft | kRight;
    }
  }

  // Nearest first, so that a stretch has the colour of the nearest line that it leads to.
  std::vector<std::size_t> NearestFirst(std::size_t home, std::vector<std::size_t> tracks) const {
    const auto distance = [&](std::size_t track) {
      return LaneOf(track) > home ? LaneOf(track) - home : home - LaneOf(track);
    };
    std::stable_sort(tracks.begin(), tracks.end(),
                     [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); });
    return tracks;
  }

  // The tracks that the row's edges lead to, other than its own.
  std::vector<std::size_t> LinkedTracks(const LaneRow& row) const {
    std::vector<std::size_t> tracks;
    for (const LaneLink& link : row.links) {
      if (link.kind != LaneLink::Kind::kStay) tracks.push_back(link.track);
    }
    return NearestFirst(lanes_.LaneOf(row), std::move(tracks));
  }

  std::string NodeLine(const LaneRow& row) const {
    Cells cells = Passing();
    const std::size_t home = lanes_.LaneOf(row);
    if (options_.unicode && row.HasStay()) DrawForks(row, cells);
    cells[2 * home].glyph = Symbol(view_.nodes[row.node]);
    cells[2 * home].track = row.track;
    Line line;
    const std::string id = OnOneLine(view_.nodes[row.node].id);
    AddLanes(cells, home, id, line);
    line.Add("", "  ");
    AddText(view_.nodes[row.node], id, line);
    const std::size_t id_columns = ColumnsOf(id);
    const std::size_t needed = LaneColumns(cells, home, id) + 2 + id_columns;
    return line.Render(id_columns <= Width() ? std::max(Width(), needed) : Width(), Ellipsis(), options_.color);
  }

  void DrawForks(const LaneRow& row, Cells& cells) const {
    const std::size_t home = lanes_.LaneOf(row);
    const std::vector<std::size_t> tracks = LinkedTracks(row);
    for (const std::size_t track : tracks) Connect(home, track, Ends(row, track), cells);
    RunThrough(home, tracks, cells);
    for (const LaneLink& link : row.links) {
      if (link.kind != LaneLink::Kind::kInto) continue;
      const std::size_t lane = LaneOf(link.track);
      cells[lane > home ? 2 * lane - 1 : 2 * lane + 1].glyph = lane > home ? "▸" : "◂";
    }
  }

  static unsigned Ends(const LaneRow& row, std::size_t track) {
    const bool fork = std::any_of(row.links.begin(), row.links.end(), [&](const LaneLink& link) {
      return link.track == track && link.kind == LaneLink::Kind::kFork;
    });
    return fork ? kDown : kUp | kDown;
  }

  // What joins the row's track below it; or, when the track ends here, where its edges go on.
  void AddJoinLine(const LaneRow& row, std::string& out) {
    Cells cells = PassingBelow(row);
    const std::size_t home = lanes_.LaneOf(row);
    const bool stays = row.HasStay();
    const std::vector<std::size_t> tracks = stays ? NearestFirst(home, row.joined) : LinkedTracks(row);
    if (tracks.empty()) return;
    cells[2 * home] = LineCell(stays ? kUp | kDown : kUp, row.track);
    for (const std::size_t track : tracks) {
      if (options_.unicode) {
        Connect(home, track, stays ? kUp : kUp | kDown, cells);
      } else {
        stays ? SlashFrom(home, track, cells) : SlashEnd(home, track, cells);
      }
    }
    if (options_.unicode) RunThrough(home, tracks, cells);
    AddConnector(cells, out);
  }

  // The open lanes and those that the row's forks have started.
  Cells PassingBelow(const LaneRow& row) const {
    Cells cells = Passing();
    for (const LaneLink& link : row.links) {
      if (link.kind == LaneLink::Kind::kFork) cells[2 * LaneOf(link.track)] = LineCell(kUp | kDown, link.track);
    }
    return cells;
  }

  // ASCII only.
  void AddForkLine(const LaneRow& row, std::string& out) const {
    if (!row.HasStay()) return;
    const std::vector<std::size_t> tracks = LinkedTracks(row);
    if (tracks.empty()) return;
    Cells cells = Passing();
    for (const std::size_t track : tracks) SlashTo(lanes_.LaneOf(row), track, cells);
    AddConnector(cells, out);
  }

  static void Fill(std::size_t first, std::size_t last, std::string_view glyph, std::size_t track, Cells& cells) {
    for (std::size_t i = first; i < last; ++i) {
      if (cells[i].track == kNoTrack) cells[i] = GlyphCell(glyph, track);
    }
  }

  // `|-|\`: from home's line, then down into the track's lane. The slash is beside the track.
  void SlashTo(std::size_t home, std::size_t track, Cells& cells) const {
    const std::size_t lane = LaneOf(track);
    if (lane > home) {
      cells[2 * lane - 1] = GlyphCell("\\", track);
      Fill(2 * home + 1, 2 * lane - 1, "-", track, cells);
    } else {
      cells[2 * lane + 1] = GlyphCell("/", track);
      Fill(2 * lane + 2, 2 * home, "-", track, cells);
    }
  }

  // `|_|/`: the track ends and falls towards home; as git draws it. The track's own line is not there any more.
  void SlashFrom(std::size_t home, std::size_t track, Cells& cells) const {
    const std::size_t lane = LaneOf(track);
    cells[2 * lane] = {};
    if (lane > home) {
      cells[2 * lane - 1] = GlyphCell("/", track);
      Fill(2 * home + 1, 2 * lane - 1, "_", track, cells);
    } else {
      cells[2 * lane + 1] = GlyphCell("\\", track);
      Fill(2 * lane + 2, 2 * home, "_", track, cells);
    }
  }

  // Home's line ends and falls into the track's. Farther tracks have a slash of their own: `|/|/`, where `|_|/` passes.
  void SlashEnd(std::size_t home, std::size_t track, Cells& cells) const {
    const std::size_t lane = LaneOf(track);
    const bool left = lane < home;
    const std::size_t beside_home = left ? 2 * home - 1 : 2 * home + 1;
    const std::size_t beside_track = left ? 2 * lane + 1 : 2 * lane - 1;
    const bool nearer_one = cells[beside_home].track != kNoTrack;
    cells[2 * home] = {};
    if (nearer_one) cells[beside_track] = GlyphCell(left ? "/" : "\\", track);
    if (!nearer_one) cells[beside_home] = GlyphCell(left ? "/" : "\\", track);
    Fill(std::min(beside_home, beside_track), std::max(beside_home, beside_track), "_", track, cells);
  }

  void AddConnector(const Cells& cells, std::string& out) const {
    Line line;
    AddLanes(cells, kNoTrack, "", line);
    out += line.Render(Width(), Ellipsis(), options_.color);
  }

  // How many lanes a line can show beside its id; two at least, the last of which may be an ellipsis.
  std::size_t LanesThatFit(std::string_view id) const {
    const std::size_t text = std::max(kTextColumns, ColumnsOf(id)) + 2;
    const std::size_t all = lanes_.lane_count;
    return Width() <= text + 4 ? 2 : std::min(std::max<std::size_t>(all, 2), (Width() - text + 1) / 2);
  }

  static std::size_t UsedCells(const Cells& cells) {
    std::size_t used = cells.size();
    while (used > 0 && cells[used - 1].sides == 0 && cells[used - 1].glyph.empty()) --used;
    return used;
  }

  std::size_t LaneColumns(const Cells& cells, std::size_t home, std::string_view id) const {
    Line line;
    AddLanes(cells, home, id, line);
    return ColumnsOf(line.Render(static_cast<std::size_t>(-1) / 2, "", false)) - 1;
  }

  // Lanes that do not fit become an ellipsis; the migration's own symbol follows it when its lane is among them.
  void AddLanes(const Cells& cells, std::size_t home, std::string_view id, Line& line) const {
    const std::size_t used = UsedCells(cells);
    const std::size_t fit = LanesThatFit(id);
    const std::size_t shown = used < 2 * fit ? used : 2 * fit - 3;
    for (std::size_t i = 0; i < shown; ++i) AddCell(cells[i], line);
    if (shown == used) return;
    line.Add("", std::string(Ellipsis()));
    if (home != kNoTrack && 2 * home >= shown) AddCell(cells[2 * home], line);
  }

  void AddCell(const Cell& cell, Line& line) const {
    const std::string_view style = cell.track == kNoTrack ? "" : kLaneColors[cell.track % kLaneColors.size()];
    if (!cell.glyph.empty()) {
      line.Add(style, std::string(cell.glyph));
    } else if (options_.unicode) {
      line.Add(style, std::string(BoxGlyph(cell.sides)));
    } else {
      line.Add(style, cell.sides == 0 ? " " : "|");
    }
  }

  std::string_view Symbol(const GraphNode& node) const {
    const bool merge = node.merge;
    if (!view_.with_state) return !options_.unicode ? "*" : merge ? "◆" : "●";
    switch (node.mark) {
      case GraphNode::Mark::kNone:
      case GraphNode::Mark::kApplied:
      case GraphNode::Mark::kEdited:
        return !options_.unicode ? "*" : merge ? "◆" : "●";
      case GraphNode::Mark::kPending:
      case GraphNode::Mark::kLate:
        return !options_.unicode ? "o" : merge ? "◇" : "○";
      case GraphNode::Mark::kUnknown:
        return "?";
      case GraphNode::Mark::kInterrupted:
        return !options_.unicode ? "!" : "◐";
    }
    return "*";
  }

  void AddText(const GraphNode& node, std::string id, Line& line) const {
    line.Add(kBold, std::move(id));
    for (const std::string& word : MarkWords(view_, node)) line.Add(WordStyle(word), " (" + word + ")");
    if (!node.description.empty()) line.Add(kDim, "  " + OnOneLine(node.description));
  }

  static std::string_view WordStyle(std::string_view word) {
    if (word == "head") return kGreen;
    if (word == "current") return kCyan;
    if (word == "pending") return kYellow;
    if (word == "merge" || word == "branch point" || word == "applied") return kDim;
    return kRed;
  }

  const GraphView& view_;
  const GraphTextOptions& options_;
  GraphLanes lanes_;
  std::vector<std::size_t> open_;                   // the track in each lane, at the current row
  std::vector<std::vector<std::size_t>> starting_;  // the tracks whose first row it is
};

}  // namespace

std::string DrawGraph(const GraphView& view, const GraphTextOptions& options) {
  return Drawing(view, options).Draw();
}

}  // namespace sqlmig
