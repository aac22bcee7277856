#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/format.h"
#include "report/graph_view.h"
#include "support/error.h"

namespace sqlmig {

struct GraphReport {
  std::string command = "graph";
  std::vector<GraphView> graphs;                      // kMermaid and kSvg draw exactly one
  std::vector<std::pair<std::string, Error>> errors;  // of databases that could not be looked at; only JSON shows them
  GraphTextOptions text = {};
};

std::string Render(const GraphReport& report, Format format);

}  // namespace sqlmig
