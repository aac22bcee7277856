#include <array>
#include <string>
#include <string_view>

#include "report/graph_columns.h"
#include "report/graph_marks.h"
#include "report/graph_view.h"

namespace sqlmig {
namespace {

// Mermaid's entities (`#35;`) for all that a quoted label, its Markdown or its HTML could take for itself.
std::string Escaped(std::string_view text) {
  constexpr std::string_view kSpecial = "\"#&<>[](){}|\\`*~;:$%^=@'";
  std::string out;
  for (const char c : OnOneLine(text)) {
    if (kSpecial.find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    out += '#';
    out += std::to_string(static_cast<int>(c));
    out += ';';
  }
  return out;
}

std::string Name(std::size_t node) {
  return "n" + std::to_string(node);
}

std::string NodeStatement(const GraphView& view, std::size_t index) {
  const GraphNode& node = view.nodes[index];
  std::string label = Escaped(node.id);
  if (!node.description.empty()) label += "<br/>" + Escaped(node.description);
  std::string words;
  for (const std::string& word : MarkWords(view, node)) words += (words.empty() ? "" : ", ") + word;
  if (!words.empty()) label += "<br/>#40;" + words + "#41;";
  std::string out = "  " + Name(index) + "[\"" + label + "\"]";
  if (view.with_state && node.mark != GraphNode::Mark::kNone) out += ":::" + std::string(MarkWord(node.mark));
  return out + '\n';
}

// Colours that read on a light and on a dark page, and dashes for what is not in the database.
constexpr std::array<std::string_view, 6> kClasses = {
    "applied fill:#d3f0dc,stroke:#1a7f37,color:#0b3d1c",
    "pending fill:#fff8dc,stroke:#9a6700,color:#4d3800,stroke-dasharray:5 3",
    "late fill:#ffe3d3,stroke:#bc4c00,color:#5c2500,stroke-dasharray:5 3",
    "edited fill:#ffd8d3,stroke:#cf222e,color:#660018,stroke-width:3px",
    "unknown fill:#eaeef2,stroke:#59636e,color:#25292e,stroke-dasharray:2 2",
    "interrupted fill:#ffd8d3,stroke:#cf222e,color:#660018,stroke-dasharray:8 2",
};

}  // namespace

std::string GraphMermaid(const GraphView& view) {
  std::string out = "flowchart BT\n";
  for (std::size_t i = 0; i < view.nodes.size(); ++i) out += NodeStatement(view, i);
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    for (const std::size_t need : view.nodes[i].depends_on) out += "  " + Name(need) + " --> " + Name(i) + '\n';
  }
  if (view.with_state) {
    for (const std::string_view style : kClasses) out += "  classDef " + std::string(style) + '\n';
  }
  return out;
}

}  // namespace sqlmig
