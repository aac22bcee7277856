// The picture: the lanes of the terminal with curves where they cross. Migrations are rows, newest on top, with their
// text in one column. Colours are set by classes twice, for light and for dark; no script, no font, no file from
// outside.
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

constexpr std::size_t kMargin = 24;
constexpr std::size_t kRowHeight = 28;
constexpr std::size_t kLaneWidth = 18;
constexpr std::size_t kRadius = 5;
constexpr std::size_t kColors = 8;
constexpr std::size_t kDescriptionColumns = 90;  // more is cut; the tooltip has it all
constexpr std::size_t kIdAdvance = 78;           // of one column, in tenths; enforced by textLength, whatever the font
constexpr std::size_t kPillAdvance = 62;
constexpr std::size_t kDescriptionAdvance = 70;  // a guess on the safe side: nothing follows a description

// Before every rule: the picture may be put into a page, whose own texts and links must stay as they are.
constexpr std::string_view kScope = ".sqlmig-graph ";

struct Theme {
  std::string_view page, text, quiet, link, pill, good, now, warn, bad;
  std::array<std::string_view, kColors> lanes;
};

constexpr Theme kLight = {
    "#ffffff", "#1f2328",
    "#59636e", "#0a3069",
    "#818b98", "#1a7f37",
    "#0969da", "#9a6700",
    "#cf222e", {"#0969da", "#8250df", "#1a7f37", "#bc4c00", "#bf3989", "#0e7c86", "#9a6700", "#57606a"}};
constexpr Theme kDark = {
    "#0d1117", "#e6edf3",
    "#9198a1", "#a5d6ff",
    "#656c76", "#3fb950",
    "#58a6ff", "#d29922",
    "#ff7b72", {"#58a6ff", "#bc8cff", "#3fb950", "#f0883e", "#f778ba", "#39c5cf", "#d29922", "#9198a1"}};

std::string Xml(std::string_view text) {
  std::string out;
  for (const char c : OnOneLine(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string Num(std::size_t number) {
  return std::to_string(number);
}

std::string ThemeRules(const Theme& theme) {
  std::string out;
  const auto rule = [&](std::string_view selector, std::string_view property, std::string_view color) {
    out += std::string(kScope) + std::string(selector) + '{' + std::string(property) + ':' + std::string(color) + "}\n";
  };
  rule(".page", "fill", theme.page);
  rule(".id", "fill", theme.text);
  rule("a .id", "fill", theme.link);
  rule(".about", "fill", theme.quiet);
  rule(".down", "fill", theme.quiet);
  rule(".title", "fill", theme.text);
  rule(".pill rect", "stroke", theme.pill);
  rule(".pill text", "fill", theme.quiet);
  for (const auto& [name, color] : {std::pair{"good", theme.good}, std::pair{"now", theme.now},
                                    std::pair{"warn", theme.warn}, std::pair{"bad", theme.bad}}) {
    rule(std::string(".pill.") + name + " rect", "stroke", color);
    rule(std::string(".pill.") + name + " text", "fill", color);
  }
  for (std::size_t i = 0; i < kColors; ++i) {
    rule(".lane.c" + Num(i), "stroke", theme.lanes[i]);
    rule(".node.c" + Num(i) + " .edge", "stroke", theme.lanes[i]);
    rule(".node.c" + Num(i) + " .body", "fill", theme.lanes[i]);
    rule(".node.c" + Num(i) + " .sign", "fill", theme.lanes[i]);
  }
  rule(".node .hole", "fill", theme.page);
  return out;
}

std::string StyleSheet() {
  constexpr std::string_view kRules[] = {
      "text{font:12.5px -apple-system,BlinkMacSystemFont,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif}",
      ".title{font-size:15px;font-weight:600}",
      ".id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace}",
      ".down{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace}",
      ".id{font-size:13px}",
      ".down{font-size:11px}",
      ".pill text{font-size:10.5px;text-anchor:middle}",
      ".pill rect{fill:none}",
      ".sign{font-size:9px;font-weight:700;text-anchor:middle}",
      ".lane{fill:none;stroke-width:2;stroke-linecap:round}",
      ".edge{fill:none;stroke-width:2}",
      ".dashed{stroke-dasharray:3 2}",
      "a{text-decoration:none}",
      "a:hover text{text-decoration:underline}",
      "a:focus text{text-decoration:underline}",
  };
  std::string out = "<style>\n";
  for (const std::string_view rule : kRules) out += std::string(kScope) + std::string(rule) + '\n';
  out += ThemeRules(kLight);
  out += "@media (prefers-color-scheme:dark){\n" + ThemeRules(kDark) + "}\n";
  return out + "</style>\n";
}

std::string PillKind(std::string_view word) {
  if (word == "head") return "pill good";
  if (word == "current") return "pill now";
  if (word == "pending") return "pill warn";
  if (word == "merge" || word == "branch point") return "pill";
  return "pill bad";
}

class Picture {
 public:
  explicit Picture(const GraphView& view) : view_(view), lanes_(LayOutLanes(view.nodes)) {}

  std::string Draw() const {
    std::string body;
    for (std::size_t track = lanes_.tracks.size(); track-- > 0;) body += TrackPath(track);
    std::size_t width = TextX() + 280;
    for (std::size_t row = 0; row < lanes_.rows.size(); ++row) body += Row(row, width);
    width += kMargin;
    const std::size_t height = Y(lanes_.rows.size()) + kMargin - kRowHeight / 2;
    const std::string size = "width=\"" + Num(width) + "\" height=\"" + Num(height) + '"';
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sqlmig-graph\" " + size + " viewBox=\"0 0 " +
                      Num(width) + ' ' + Num(height) + "\" role=\"img\" aria-label=\"" + Xml(Title()) + "\">\n";
    out += "<title>" + Xml(Title()) + "</title>\n<desc>" + Xml(Description()) + "</desc>\n" + StyleSheet();
    out += "<rect class=\"page\" " + size + "/>\n";
    out += "<text class=\"title\" x=\"" + Num(kMargin - kRadius) + "\" y=\"31\">" + Xml(view_.database) + "</text>\n";
    return out + body + "</svg>\n";
  }

 private:
  static std::size_t Y(std::size_t row) { return kMargin + 38 + row * kRowHeight; }
  std::size_t X(std::size_t track) const { return kMargin + lanes_.tracks[track].lane * kLaneWidth; }
  std::size_t TextX() const { return kMargin + std::max<std::size_t>(lanes_.lane_count, 1) * kLaneWidth; }

  std::string Title() const { return "Migrations of " + view_.database; }

  std::string Description() const {
    std::size_t heads = 0;
    std::size_t applied = 0;
    for (const GraphNode& node : view_.nodes) {
      if (node.head) ++heads;
      if (IsApplied(node.mark)) ++applied;
    }
    std::string out = Num(view_.nodes.size()) + " migrations, newest first, with lines to those that they depend on; ";
    out += Num(heads) + (heads == 1 ? " head" : " heads");
    if (view_.with_state) out += "; " + Num(applied) + " applied";
    return out;
  }

  // A track in one stroke: the curve that it starts by, its lane, the curve that it ends by.
  std::string TrackPath(std::size_t index) const {
    const LaneTrack& track = lanes_.tracks[index];
    const std::size_t x = X(index);
    std::string path = "M" + Point(x, Y(track.first_row));
    if (!track.starts_as_head) {
      const std::size_t from = X(lanes_.rows[track.first_row - 1].track);
      path = "M" + Point(from, Y(track.first_row - 1)) + Curve(from, x, track.first_row - 1);
    }
    if (track.last_row > track.first_row) path += "V" + Num(Y(track.last_row));
    std::string out;
    if (track.ends_as_root) {
      if (track.last_row == track.first_row && track.starts_as_head) return "";
    } else {
      out = Endings(index, path);
    }
    return out.empty() ? Lane(index, path) : out;
  }

  std::string Lane(std::size_t track, const std::string& path) const {
    return "<path class=\"lane c" + Num(track % kColors) + "\" d=\"" + path + "\"/>\n";
  }

  // A track ends by joining the row's track, or by its own migration's edges into the tracks that wait.
  std::string Endings(std::size_t index, const std::string& path) const {
    const std::size_t last = lanes_.tracks[index].last_row;
    const LaneRow& row = lanes_.rows[last];
    if (row.track != index) return Lane(index, path + Curve(X(index), X(row.track), last));
    std::string out;
    for (const LaneLink& link : row.links) {
      const std::string start = out.empty() ? path : "M" + Point(X(index), Y(last));
      out += Lane(index, start + Curve(X(index), X(link.track), last));
    }
    return out;
  }

  static std::string Point(std::size_t x, std::size_t y) { return Num(x) + ' ' + Num(y); }

  // From lane to lane on the way from `row` to the row below it, upright at both ends.
  static std::string Curve(std::size_t from, std::size_t to, std::size_t row) {
    const std::size_t top = Y(row);
    const std::size_t low = Y(row + 1);
    return "C" + Point(from, top + kRowHeight * 3 / 5) + ' ' + Point(to, low - kRowHeight * 3 / 5) + ' ' +
           Point(to, low);
  }

  // Edges into tracks that are there already, of a migration that has a track of its own to go on.
  std::string SideEdges(std::size_t index) const {
    const LaneRow& row = lanes_.rows[index];
    if (!row.HasStay()) return "";
    std::string out;
    for (const LaneLink& link : row.links) {
      if (link.kind != LaneLink::Kind::kInto) continue;
      out += Lane(link.track, "M" + Point(X(row.track), Y(index)) + Curve(X(row.track), X(link.track), index));
    }
    return out;
  }

  // `width` grows to what the row needs.
  std::string Row(std::size_t index, std::size_t& width) const {
    const LaneRow& row = lanes_.rows[index];
    const GraphNode& node = view_.nodes[row.node];
    std::string out = SideEdges(index);
    out += "<g class=\"node c" + Num(row.track % kColors) + "\">\n<title>" + Tooltip(node) + "</title>\n";
    out += Symbol(node, X(row.track), Y(index));
    std::size_t x = TextX();
    const std::size_t y = Y(index);
    out += Text("id", node.id, Length(node.id, kIdAdvance), x, y, node.up_path);
    if (!node.down_path.empty()) out += Text("down", "down", 27, x, y, node.down_path);
    // What is filled is applied; a pill on most rows would only hide the others.
    for (const std::string& word : MarkWords(view_, node)) {
      if (word != "applied") out += Pill(word, x, y);
    }
    if (!node.description.empty()) {
      const std::string shown = Shortened(node.description);
      out += "<text class=\"about\" x=\"" + Num(x) + "\" y=\"" + Num(y + 4) + "\">" + Xml(shown) + "</text>\n";
      x += Length(shown, kDescriptionAdvance);
    }
    width = std::max(width, x);
    return out + "</g>\n";
  }

  static std::size_t Length(std::string_view text, std::size_t advance) { return (ColumnsOf(text) * advance + 9) / 10; }

  static std::string Shortened(std::string_view text) {
    std::string line = OnOneLine(text);
    if (ColumnsOf(line) <= kDescriptionColumns) return line;
    return std::string(FitColumns(line, kDescriptionColumns - 1)) + "…";
  }

  // Text of a fixed length, as a link when there is a file; moves x behind it.
  static std::string Text(std::string_view kind, std::string_view text, std::size_t length, std::size_t& x,
                          std::size_t y, std::string_view path) {
    std::string out = "<text class=\"" + std::string(kind) + "\" x=\"" + Num(x) + "\" y=\"" + Num(y + 4) +
                      "\" textLength=\"" + Num(length) + "\" lengthAdjust=\"spacingAndGlyphs\">" + Xml(text) +
                      "</text>";
    x += length + 10;
    if (path.empty()) return out + '\n';
    return "<a href=\"" + Xml(RelativeUrl(path)) + "\">" + out + "</a>\n";
  }

  static std::string Pill(std::string_view word, std::size_t& x, std::size_t y) {
    const std::size_t width = Length(word, kPillAdvance) + 14;
    std::string out = "<g class=\"" + PillKind(word) + "\"><rect x=\"" + Num(x) + "\" y=\"" + Num(y - 8) +
                      "\" width=\"" + Num(width) + "\" height=\"16\" rx=\"8\"/><text x=\"" + Num(x + width / 2) +
                      "\" y=\"" + Num(y + 4) + "\">" + Xml(word) + "</text></g>\n";
    x += width + 8;
    return out;
  }

  std::string Tooltip(const GraphNode& node) const {
    std::string out = Xml(node.id);
    if (!node.description.empty()) out += "\n" + Xml(node.description);
    std::string needs;
    for (const std::size_t need : node.depends_on) {
      if (need < view_.nodes.size()) needs += (needs.empty() ? "" : ", ") + Xml(view_.nodes[need].id);
    }
    out += needs.empty() ? "\ndepends on nothing" : "\ndepends on " + needs;
    std::string words;
    for (const std::string& word : MarkWords(view_, node)) words += (words.empty() ? "" : ", ") + word;
    return words.empty() ? out : out + "\n" + words;
  }

  // Circle, or diamond for a merge. Filled: applied; hollow: pending; hollow and dashed: late; a dot inside: edited;
  // half filled: interrupted; with a question mark: unknown. A ring around it: current.
  std::string Symbol(const GraphNode& node, std::size_t x, std::size_t y) const {
    using Mark = GraphNode::Mark;
    const Mark mark = view_.with_state ? node.mark : Mark::kNone;
    const bool filled = mark == Mark::kNone || mark == Mark::kApplied;
    std::string out;
    if (view_.with_state && node.current)
      out += Shape("hole", false, x, y, kRadius + 4) + Shape("edge", false, x, y, kRadius + 4);
    if (mark == Mark::kUnknown) {
      out += Shape("hole", false, x, y, kRadius + 2) + Shape("edge", false, x, y, kRadius + 2);
      return out + "<text class=\"sign\" x=\"" + Num(x) + "\" y=\"" + Num(y + 3) + "\">?</text>\n";
    }
    if (!filled) out += Shape("hole", node.merge, x, y, kRadius);
    out += Shape(filled ? "body edge" : mark == Mark::kLate ? "edge dashed" : "edge", node.merge, x, y, kRadius);
    if (mark == Mark::kEdited) out += Shape("body", false, x, y, 2);
    if (mark == Mark::kInterrupted) {
      out += "<path class=\"body\" d=\"M" + Point(x, y - kRadius) + "A" + Point(kRadius, kRadius) + " 0 0 0 " +
             Point(x, y + kRadius) + "Z\"/>\n";
    }
    return out;
  }

  static std::string Shape(std::string_view kind, bool diamond, std::size_t x, std::size_t y, std::size_t r) {
    const std::string start = std::string(diamond ? "<path class=\"" : "<circle class=\"") + std::string(kind);
    if (!diamond) return start + "\" cx=\"" + Num(x) + "\" cy=\"" + Num(y) + "\" r=\"" + Num(r) + "\"/>\n";
    const std::size_t reach = r + 1;
    return start + "\" stroke-linejoin=\"round\" d=\"M" + Point(x, y - reach) + "L" + Point(x + reach, y) + "L" +
           Point(x, y + reach) + "L" + Point(x - reach, y) + "Z\"/>\n";
  }

  const GraphView& view_;
  GraphLanes lanes_;
};

}  // namespace

std::string GraphSvg(const GraphView& view) {
  return Picture(view).Draw();
}

}  // namespace sqlmig
