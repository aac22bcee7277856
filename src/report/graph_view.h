// The graph of one database, ready to be drawn. One layout (lanes, as `git log --graph`) serves the terminal and SVG.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sqlmig {

struct GraphNode {
  std::string id;
  std::string description;
  std::vector<std::size_t> depends_on;  // indices into GraphView::nodes, all smaller than this node's own
  bool head = false;
  bool merge = false;
  bool branch_point = false;
  std::string up_path;  // relative to the manifest's folder; empty: no SQL
  std::string down_path;
  enum class Mark { kNone, kApplied, kPending, kLate, kEdited, kUnknown, kInterrupted };
  Mark mark = Mark::kNone;
  bool current = false;  // applied, and nothing applied depends on it
};

struct GraphView {
  std::string database;
  bool with_state = false;       // marks are known
  std::vector<GraphNode> nodes;  // in plan order, roots first
};

struct GraphTextOptions {
  int width = 80;  // columns of the terminal; longer lines are cut with an ellipsis
  bool color = false;
  bool unicode = true;  // box drawing characters; false: ASCII as git's
};

// Newest first, one node a line where lanes allow, lanes coloured in turn.
std::string DrawGraph(const GraphView& view, const GraphTextOptions& options);
// Graphviz. A `digraph` with stable node order, edges from dependency to dependant.
std::string GraphDot(const GraphView& view);
// Mermaid flowchart that GitHub renders in Markdown (without the fence).
std::string GraphMermaid(const GraphView& view);
// A self-contained SVG from the same lanes: titles, links to the scripts, light and dark by prefers-color-scheme.
std::string GraphSvg(const GraphView& view);

}  // namespace sqlmig
