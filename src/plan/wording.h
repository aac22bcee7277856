// Only for plan/*.cpp: how migrations are put into messages.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace sqlmig {

// "a, b, c"; a long list ends in "and 7 more".
std::string List(const std::vector<Node>& nodes, const Graph& graph);
std::string List(const std::vector<MigrationId>& ids);

}  // namespace sqlmig
