// Small graphs for tests: written by hand in one line, or random from a seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sqlmig::testing {

// Ids in order of declaration, each with the ids it depends on.
using DagNodes = std::vector<std::pair<std::string, std::vector<std::string>>>;

inline std::string Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

inline std::vector<std::string> SplitAt(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    if (std::string part = Trimmed(text.substr(0, end)); !part.empty()) parts.push_back(std::move(part));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Dag("a; b<-a; c<-a; d<-b,c"): a is a root, d merges b and c. Blanks are free. Order and names are taken as written,
// so that broken graphs (unknown names, cycles) can be written too.
inline DagNodes Dag(std::string_view text) {
  DagNodes nodes;
  for (const std::string& entry : SplitAt(text, ';')) {
    const std::size_t arrow = entry.find("<-");
    if (arrow == std::string::npos) {
      nodes.emplace_back(entry, std::vector<std::string>{});
      continue;
    }
    nodes.emplace_back(Trimmed(std::string_view(entry).substr(0, arrow)),
                       SplitAt(std::string_view(entry).substr(arrow + 2), ','));
  }
  return nodes;
}

// What a random graph looks like. The defaults give what projects have: mostly a chain, a few branches side by side,
// merged after a while.
struct RandomDagOptions {
  std::size_t nodes = 40;
  std::size_t branches = 4;      // at most this many open side by side
  unsigned branch_percent = 10;  // how often a node starts a branch from one of the newest nodes
  unsigned merge_percent = 8;    // how often a node merges two open branches
  unsigned octopus_percent = 0;  // how often it merges all of them
  unsigned extra_percent = 0;    // how often a node depends on one more earlier node, anywhere
  unsigned root_percent = 0;     // how often a node depends on nothing
};

// The same for a seed on every platform: only the generator is the library's, no distribution is. Every node depends on
// earlier ones only, names are n0, n1, ...
class RandomDagMaker {
 public:
  RandomDagMaker(std::uint64_t seed, const RandomDagOptions& options) : random_(seed), options_(options) {}

  DagNodes Make() {
    for (std::size_t i = 0; i < options_.nodes; ++i) AddNode(i);
    return std::move(nodes_);
  }

 private:
  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  bool Chance(unsigned percent) { return Below(100) < percent; }

  void AddNode(std::size_t i) {
    std::vector<std::size_t> needs = Dependencies(i);
    if (i > 0 && !needs.empty() && Chance(options_.extra_percent)) needs.push_back(Below(i));
    std::vector<std::string> names;
    for (const std::size_t need : needs) {
      const std::string name = "n" + std::to_string(need);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    nodes_.emplace_back("n" + std::to_string(i), std::move(names));
  }

  // Also keeps the list of open branches, by their newest nodes.
  std::vector<std::size_t> Dependencies(std::size_t i) {
    if (open_.empty() || (open_.size() < options_.branches && Chance(options_.root_percent))) {
      open_.push_back(i);
      return {};
    }
    if (open_.size() > 1 && Chance(options_.octopus_percent)) return std::exchange(open_, {i});
    if (open_.size() > 1 && Chance(options_.merge_percent)) {
      const std::size_t kept = Below(open_.size() - 1);
      const std::size_t gone = kept + 1 + Below(open_.size() - kept - 1);
      const std::vector<std::size_t> merged = {open_[kept], open_[gone]};
      open_[kept] = i;
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(gone));
      return merged;
    }
    if (open_.size() < options_.branches && Chance(options_.branch_percent)) {
      open_.push_back(i);
      return {i - 1 - Below(std::min<std::size_t>(i, 6))};
    }
    std::size_t& branch = open_[Below(open_.size())];
    return {std::exchange(branch, i)};
  }

  std::mt19937_64 random_;
  RandomDagOptions options_;
  DagNodes nodes_;
  std::vector<std::size_t> open_;
};

inline DagNodes RandomDag(std::uint64_t seed, const RandomDagOptions& options = {}) {
  return RandomDagMaker(seed, options).Make();
}

}  // namespace sqlmig::testing
