// From the words of testing/dag.h to graphs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "testing/dag.h"

namespace sqlmig::testing {

inline std::vector<Graph::Input> InputsOf(const DagNodes& nodes) {
  std::vector<Graph::Input> inputs;
  inputs.reserve(nodes.size());
  for (const auto& [id, depends_on] : nodes) {
    Graph::Input input{MigrationId::Trusted(id), {}};
    for (const std::string& dependency : depends_on) input.depends_on.push_back(MigrationId::Trusted(dependency));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

inline Graph Build(const DagNodes& nodes) {
  return Graph::Build(InputsOf(nodes));
}
inline Graph Build(std::string_view dag) {
  return Build(Dag(dag));
}

template <class Nodes>
std::string NamesOf(const Graph& graph, const Nodes& nodes) {
  std::string text;
  for (const Node node : nodes) text += (text.empty() ? "" : " ") + graph.id(node).str();
  return text;
}
// In plan order.
inline std::string NamesOf(const Graph& graph, const NodeSet& nodes) {
  return NamesOf(graph, graph.Sorted(nodes));
}

inline NodeSet SetOf(const Graph& graph, std::string_view ids) {
  NodeSet set = graph.EmptySet();
  for (const std::string& id : SplitAt(ids, ' ')) set.Insert(graph.Find(id).value());
  return set;
}

}  // namespace sqlmig::testing
