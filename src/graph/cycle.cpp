#include "graph/cycle.h"

#include <algorithm>
#include <deque>
#include <map>

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/strong_components.hpp>

namespace sqlmig {
namespace {

using Csr = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                               boost::no_property, Node, std::uint32_t>;

// Breadth first inside one part, from `start` back to itself.
std::vector<Node> ShortestCycle(const Csr& graph, Node start, const std::vector<Node>& part) {
  std::map<Node, Node> came_from;
  std::deque<Node> queue{start};
  while (!queue.empty()) {
    const Node node = queue.front();
    queue.pop_front();
    for (auto [edge, end] = boost::adjacent_vertices(node, graph); edge != end; ++edge) {
      const Node next = *edge;
      if (next == start) {
        std::vector<Node> cycle{node};
        while (cycle.back() != start) cycle.push_back(came_from.at(cycle.back()));
        std::reverse(cycle.begin(), cycle.end());
        return cycle;
      }
      if (part[next] == part[start] && came_from.try_emplace(next, node).second) queue.push_back(next);
    }
  }
  return {};
}

}  // namespace

std::vector<std::vector<Node>> FindCycles(std::size_t nodes, Edges edges) {
  std::sort(edges.begin(), edges.end());
  const Csr graph(boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(), static_cast<Node>(nodes));
  // BGL's depth first search keeps its own stack, so a long chain does not overflow ours.
  std::vector<Node> part(nodes);
  const auto parts = static_cast<std::size_t>(boost::strong_components(
      graph, boost::make_iterator_property_map(part.begin(), boost::get(boost::vertex_index, graph))));

  std::vector<std::size_t> sizes(parts, 0);
  for (const Node p : part) ++sizes[p];
  std::vector<bool> loops(parts, false);  // a node that depends on itself is a cycle although its part has one node
  for (const auto& [from, to] : edges) {
    if (from == to) loops[part[from]] = true;
  }
  std::vector<bool> seen(parts, false);
  std::vector<std::vector<Node>> cycles;
  for (Node node = 0; node < nodes; ++node) {
    if ((sizes[part[node]] < 2 && !loops[part[node]]) || seen[part[node]]) continue;
    seen[part[node]] = true;
    cycles.push_back(ShortestCycle(graph, node, part));
  }
  return cycles;
}

}  // namespace sqlmig
