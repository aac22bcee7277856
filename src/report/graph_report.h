#pragma once

#include <string>
#include <vector>

#include "report/format.h"
#include "report/graph_view.h"

namespace sqlmig {

struct GraphReport {
  std::string command = "graph";
  std::vector<GraphView> graphs;  // kMermaid and kSvg draw exactly one
  GraphTextOptions text = {};
};

std::string Render(const GraphReport& report, Format format);

}  // namespace sqlmig
