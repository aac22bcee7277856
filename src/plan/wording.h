// Only for plan/*.cpp: how migrations and numbers are put into messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace sqlmig {

// "a, b, c"; a long list ends in "and 7 more".
std::string List(const std::vector<Node>& nodes, const Graph& graph);

// "1 migration", "2 migrations".
std::string Counted(std::size_t number, std::string_view noun);

}  // namespace sqlmig
