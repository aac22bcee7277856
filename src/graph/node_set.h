#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sqlmig {

// A migration within one Graph: its position there.
using Node = std::uint32_t;

// A set of nodes of one graph, dense. All sets that meet in one operation have the graph's size.
class NodeSet {
 public:
  NodeSet() = default;
  explicit NodeSet(std::size_t universe) : has_(universe, 0) {}

  bool Contains(Node node) const { return has_[node] != 0; }
  // Whether the node was new.
  bool Insert(Node node) {
    if (has_[node] != 0) return false;
    has_[node] = 1;
    ++count_;
    return true;
  }
  bool Erase(Node node) {
    if (has_[node] == 0) return false;
    has_[node] = 0;
    --count_;
    return true;
  }
  void InsertAll(const NodeSet& other) {
    other.ForEach([this](Node node) { Insert(node); });
  }
  void EraseAll(const NodeSet& other) {
    other.ForEach([this](Node node) { Erase(node); });
  }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  std::size_t universe() const noexcept { return has_.size(); }

  // In ascending node number.
  template <class Function>
  void ForEach(Function&& function) const {
    for (std::size_t i = 0; i < has_.size(); ++i) {
      if (has_[i] != 0) function(static_cast<Node>(i));
    }
  }
  std::vector<Node> ToVector() const {
    std::vector<Node> nodes;
    nodes.reserve(count_);
    ForEach([&](Node node) { nodes.push_back(node); });
    return nodes;
  }
  bool IsSubsetOf(const NodeSet& other) const {
    for (std::size_t i = 0; i < has_.size(); ++i) {
      if (has_[i] != 0 && other.has_[i] == 0) return false;
    }
    return true;
  }

  friend bool operator==(const NodeSet& a, const NodeSet& b) { return a.has_ == b.has_; }

 private:
  std::vector<std::uint8_t> has_;
  std::size_t count_ = 0;
};

}  // namespace sqlmig
