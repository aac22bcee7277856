#include <string>
#include <string_view>

#include "report/graph_columns.h"
#include "report/graph_marks.h"
#include "report/graph_view.h"

namespace sqlmig {
namespace {

// A quoted string. DOT itself knows `\"` only; labels give a meaning to other backslashes and to HTML entities.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : OnOneLine(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
    if (c == '&') out += "amp;";
  }
  return out + '"';
}

// The label's lines: id, description, marks.
std::string Label(const GraphView& view, const GraphNode& node) {
  std::string label = Quoted(node.id);
  label.pop_back();
  if (!node.description.empty()) {
    const std::string description = Quoted(node.description);
    label += "\\n" + description.substr(1, description.size() - 2);
  }
  std::string words;
  for (const std::string& word : MarkWords(view, node)) words += (words.empty() ? "" : ", ") + word;
  if (!words.empty()) label += "\\n(" + words + ")";
  return label + '"';
}

std::string_view StateStyle(GraphNode::Mark mark) {
  switch (mark) {
    case GraphNode::Mark::kNone:
      return "";
    case GraphNode::Mark::kApplied:
      return R"(, fillcolor="#d3f0dc", color="#1a7f37")";
    case GraphNode::Mark::kPending:
      return R"(, style="rounded,filled,dashed", fillcolor="#fff8dc", color="#9a6700")";
    case GraphNode::Mark::kLate:
      return R"(, style="rounded,filled,dashed", fillcolor="#ffe3d3", color="#bc4c00")";
    case GraphNode::Mark::kEdited:
      return R"(, style="rounded,filled,bold", fillcolor="#ffd8d3", color="#cf222e")";
    case GraphNode::Mark::kUnknown:
      return R"(, style="rounded,filled,dotted", fillcolor="#eaeef2", color="#59636e")";
    case GraphNode::Mark::kInterrupted:
      return R"(, style="rounded,filled,diagonals", fillcolor="#ffd8d3", color="#cf222e")";
  }
  return "";
}

std::string NodeStatement(const GraphView& view, const GraphNode& node) {
  std::string out = "  " + Quoted(node.id) + " [label=" + Label(view, node) + ", tooltip=" + Quoted(node.id);
  if (!node.up_path.empty()) out += ", URL=" + Quoted(RelativeUrl(node.up_path));
  if (node.head) out += ", penwidth=2";
  if (node.current) out += ", peripheries=2";
  if (view.with_state) out += StateStyle(node.mark);
  return out + "];\n";
}

}  // namespace

std::string GraphDot(const GraphView& view) {
  std::string out = "digraph " + Quoted(view.database) + " {\n";
  out += "  rankdir=BT;\n";
  out += R"(  graph [fontname="Helvetica", bgcolor="transparent", nodesep=0.3, ranksep=0.4];)"
         "\n";
  out += R"(  node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", fillcolor="#f6f8fa",)"
         R"( color="#59636e"];)"
         "\n";
  out += R"(  edge [color="#59636e", arrowsize=0.7];)"
         "\n";
  for (const GraphNode& node : view.nodes) out += NodeStatement(view, node);
  for (const GraphNode& node : view.nodes) {
    for (const std::size_t need : node.depends_on) {
      if (need < view.nodes.size()) out += "  " + Quoted(view.nodes[need].id) + " -> " + Quoted(node.id) + ";\n";
    }
  }
  return out + "}\n";
}

}  // namespace sqlmig
