#include "graph/graph.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <fmt/format.h>

#include "graph/cycle.h"
#include "graph/cycle_text.h"

namespace sqlmig {
namespace {

using Csr = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                               boost::no_property, Node, std::uint32_t>;

Csr MakeCsr(std::size_t nodes, const Edges& edges) {
  return {boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(), static_cast<Node>(nodes)};
}

// In compressed sparse row form a vertex's neighbours lie side by side.
std::span<const Node> Neighbours(const Csr& graph, Node node) {
  const auto [first, last] = boost::adjacent_vertices(node, graph);
  if (first == last) return {};
  return {&*first, static_cast<std::size_t>(std::distance(first, last))};
}

// Marks what a search reaches in the set itself, which serves as the colour map.
class ReachMap {
 public:
  using key_type = Node;
  using value_type = boost::default_color_type;
  using reference = boost::default_color_type;
  using category = boost::read_write_property_map_tag;

  explicit ReachMap(NodeSet* reached) : reached_(reached) {}

  friend boost::default_color_type get(const ReachMap& map, Node node) {
    return map.reached_->Contains(node) ? boost::black_color : boost::white_color;
  }
  friend void put(const ReachMap& map, Node node, boost::default_color_type color) {
    if (color != boost::white_color) map.reached_->Insert(node);
  }

 private:
  NodeSet* reached_;
};

NodeSet Reachable(const Csr& graph, const NodeSet& from) {
  NodeSet reached(from.universe());
  boost::queue<Node> queue;
  from.ForEach([&](Node node) {
    if (reached.Contains(node)) return;
    boost::breadth_first_visit(graph, node, queue, boost::default_bfs_visitor(), ReachMap(&reached));
  });
  return reached;
}

// Kahn's algorithm; boost::topological_sort gives an order that depends on how edges were inserted.
std::vector<Node> PlanOrder(const Csr& dependencies, const Csr& dependants, std::size_t nodes) {
  std::vector<std::uint32_t> missing(nodes);
  std::priority_queue<Node, std::vector<Node>, std::greater<>> ready;
  for (Node node = 0; node < nodes; ++node) {
    missing[node] = static_cast<std::uint32_t>(Neighbours(dependencies, node).size());
    if (missing[node] == 0) ready.push(node);
  }
  std::vector<Node> order;
  order.reserve(nodes);
  while (!ready.empty()) {
    const Node node = ready.top();
    ready.pop();
    order.push_back(node);
    for (const Node dependant : Neighbours(dependants, node)) {
      if (--missing[dependant] == 0) ready.push(dependant);
    }
  }
  return order;
}

}  // namespace

struct Graph::Impl {
  std::vector<MigrationId> ids;
  std::unordered_map<std::string_view, Node> by_id;
  Csr dependencies;
  Csr dependants;
  std::vector<Node> order;
  std::vector<std::size_t> rank;
};

Graph::Graph(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;

Graph Graph::Build(std::vector<Input> inputs) {
  auto impl = std::make_unique<Impl>();
  impl->ids.reserve(inputs.size());
  for (Input& input : inputs) impl->ids.push_back(std::move(input.id));
  impl->by_id.reserve(inputs.size());
  for (Node node = 0; node < impl->ids.size(); ++node) {
    if (!impl->by_id.emplace(impl->ids[node].str(), node).second) {
      throw Error(ErrorCode::kGraph, fmt::format("duplicate migration '{}'", impl->ids[node].str()));
    }
  }

  Edges edges;
  for (Node node = 0; node < inputs.size(); ++node) {
    const auto first = static_cast<std::ptrdiff_t>(edges.size());
    for (const MigrationId& dependency : inputs[node].depends_on) {
      const auto found = impl->by_id.find(dependency.str());
      if (found == impl->by_id.end()) {
        throw Error(ErrorCode::kGraph,
                    fmt::format("'{}' depends on '{}', which does not exist", impl->ids[node].str(), dependency.str()));
      }
      edges.emplace_back(node, found->second);
    }
    // How a list is ordered, and whether it repeats itself, must not be seen anywhere.
    std::sort(edges.begin() + first, edges.end());
    edges.erase(std::unique(edges.begin() + first, edges.end()), edges.end());
  }
  const std::size_t nodes = inputs.size();
  impl->dependencies = MakeCsr(nodes, edges);
  for (auto& [from, to] : edges) std::swap(from, to);
  impl->dependants = MakeCsr(nodes, edges);
  impl->order = PlanOrder(impl->dependencies, impl->dependants, nodes);
  if (impl->order.size() != nodes) {
    for (auto& [from, to] : edges) std::swap(from, to);
    const auto cycles = FindCycles(nodes, std::move(edges));
    throw Error(ErrorCode::kGraph, fmt::format("dependency cycle: {}", CycleText(cycles.at(0), impl->ids)));
  }
  impl->rank.resize(nodes);
  for (std::size_t i = 0; i < nodes; ++i) impl->rank[impl->order[i]] = i;
  return Graph(std::move(impl));
}

std::size_t Graph::size() const noexcept {
  return impl_->ids.size();
}
const MigrationId& Graph::id(Node node) const {
  return impl_->ids[node];
}

std::optional<Node> Graph::Find(std::string_view id) const {
  const auto found = impl_->by_id.find(id);
  return found == impl_->by_id.end() ? std::nullopt : std::optional(found->second);
}

std::span<const Node> Graph::DependenciesOf(Node node) const {
  return Neighbours(impl_->dependencies, node);
}
std::span<const Node> Graph::DependantsOf(Node node) const {
  return Neighbours(impl_->dependants, node);
}
std::span<const Node> Graph::Order() const noexcept {
  return impl_->order;
}
std::size_t Graph::Rank(Node node) const {
  return impl_->rank[node];
}

std::vector<Node> Graph::Sorted(const NodeSet& nodes) const {
  std::vector<Node> sorted;
  sorted.reserve(nodes.size());
  for (const Node node : impl_->order) {
    if (nodes.Contains(node)) sorted.push_back(node);
  }
  return sorted;
}

NodeSet Graph::All() const {
  NodeSet all = EmptySet();
  for (const Node node : impl_->order) all.Insert(node);
  return all;
}

NodeSet Graph::Heads() const {
  return HeadsOf(All());
}

NodeSet Graph::Roots() const {
  NodeSet roots = EmptySet();
  for (const Node node : impl_->order) {
    if (DependenciesOf(node).empty()) roots.Insert(node);
  }
  return roots;
}

NodeSet Graph::HeadsOf(const NodeSet& nodes) const {
  NodeSet heads = nodes;
  nodes.ForEach([&](Node node) {
    for (const Node dependency : DependenciesOf(node)) heads.Erase(dependency);
  });
  return heads;
}

NodeSet Graph::AncestorsOf(const NodeSet& nodes) const {
  return Reachable(impl_->dependencies, nodes);
}
NodeSet Graph::DescendantsOf(const NodeSet& nodes) const {
  return Reachable(impl_->dependants, nodes);
}

bool Graph::IsClosed(const NodeSet& nodes) const {
  bool closed = true;
  nodes.ForEach([&](Node node) {
    for (const Node dependency : DependenciesOf(node)) closed = closed && nodes.Contains(dependency);
  });
  return closed;
}

}  // namespace sqlmig
