// Graph views for tests of the drawings.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "report/graph_view.h"
#include "testing/dag.h"

namespace sqlmig::testing {

// The view of a graph whose entries are in an order that respects dependencies.
inline GraphView ViewOf(const DagNodes& dag) {
  GraphView view;
  view.database = "main";
  std::map<std::string, std::size_t> index;
  std::vector<std::size_t> dependants(dag.size());
  for (const auto& [id, needs] : dag) {
    GraphNode node;
    node.id = id;
    for (const std::string& need : needs) {
      node.depends_on.push_back(index.at(need));
      ++dependants[index.at(need)];
    }
    node.merge = needs.size() > 1;
    index[id] = view.nodes.size();
    view.nodes.push_back(node);
  }
  for (std::size_t i = 0; i < dag.size(); ++i) {
    view.nodes[i].head = dependants[i] == 0;
    view.nodes[i].branch_point = dependants[i] > 1;
  }
  return view;
}

// The kinds of random graphs that the properties are tried on, by seed.
inline GraphView RandomView(std::uint64_t seed) {
  RandomDagOptions options;
  options.nodes = 1 + seed * 7 % 90;
  options.branches = 1 + seed % 9;
  options.branch_percent = 5 + static_cast<unsigned>(seed * 13 % 50);
  options.merge_percent = static_cast<unsigned>(seed * 5 % 30);
  options.octopus_percent = seed % 3 == 0 ? 3 : 0;
  options.extra_percent = static_cast<unsigned>(seed % 4 * 12);
  options.root_percent = seed % 5 == 0 ? 6 : 0;
  return ViewOf(RandomDag(seed, options));
}

}  // namespace sqlmig::testing
