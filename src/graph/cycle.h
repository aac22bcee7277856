// Only for graph/*.cpp: the adjacency that they share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/node_set.h"

namespace sqlmig {

using Edges = std::vector<std::pair<Node, Node>>;  // from a node to what it depends on

// For each strongly connected part with a cycle: a shortest cycle through its first node, that node first and not
// repeated at the end. Parts are in the order of their first nodes; the order of `edges` does not matter.
std::vector<std::vector<Node>> FindCycles(std::size_t nodes, Edges edges);

}  // namespace sqlmig
