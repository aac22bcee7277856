// The migrations of one database and what they depend on: an immutable DAG. Built once, then shared freely between
// threads.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/node_set.h"
#include "model/migration.h"
#include "support/error.h"

namespace sqlmig {

class Graph {
 public:
  struct Input {
    MigrationId id;
    std::vector<MigrationId> depends_on;
  };

  // Nodes are numbered in the order given, which breaks ties in the plan order. Throws kGraph for a duplicate id, an
  // unknown dependency or a cycle (spelled out); CheckGraph finds the same with places, all at once.
  static Graph Build(std::vector<Input> inputs);

  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

  std::size_t size() const noexcept;
  const MigrationId& id(Node node) const;
  std::optional<Node> Find(std::string_view id) const;

  // Both ascending, each node once.
  std::span<const Node> DependenciesOf(Node node) const;
  std::span<const Node> DependantsOf(Node node) const;

  // Plan order: dependencies first; among those that are ready, the one that was given first. Linear in nodes and
  // edges but for the logarithm of how many are ready at once.
  std::span<const Node> Order() const noexcept;
  // Place in Order().
  std::size_t Rank(Node node) const;
  // The set's nodes in plan order.
  std::vector<Node> Sorted(const NodeSet& nodes) const;

  NodeSet EmptySet() const { return NodeSet(size()); }
  NodeSet All() const;
  // Nothing depends on them.
  NodeSet Heads() const;
  // They depend on nothing.
  NodeSet Roots() const;
  // Members that no other member depends on.
  NodeSet HeadsOf(const NodeSet& nodes) const;

  // With the given nodes themselves.
  NodeSet AncestorsOf(const NodeSet& nodes) const;
  NodeSet DescendantsOf(const NodeSet& nodes) const;
  bool IsClosed(const NodeSet& nodes) const;

  bool IsMerge(Node node) const { return DependenciesOf(node).size() > 1; }
  bool IsBranchPoint(Node node) const { return DependantsOf(node).size() > 1; }

 private:
  struct Impl;
  explicit Graph(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Everything that is wrong with the dependencies of one database's migrations: unknown ids (with "did you mean"),
// self-dependencies, and a shortest cycle of each knot of cycles. `file` and `text` are the manifest's, for places and
// excerpts. Duplicate ids are the manifest's own finding; here the first one counts. After a hundred findings the
// others are only counted, by one last error.
std::vector<Error> CheckGraph(std::span<const Migration> migrations, const std::filesystem::path& file,
                              std::string_view text);

}  // namespace sqlmig
