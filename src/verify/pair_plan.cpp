#include "verify/pair_plan.h"

#include <algorithm>
#include <queue>
#include <tuple>

namespace sqlmig {
namespace {

PairTask TaskFor(const Subject& subject, std::size_t first, std::size_t second) {
  PairTask task;
  task.first = first;
  task.second = second;
  const auto is_below = [&](std::size_t rank) {
    return (rank < first && subject.DependsOn(first, rank)) || (rank < second && subject.DependsOn(second, rank));
  };
  while (task.trunk < second && is_below(task.trunk)) ++task.trunk;
  for (std::size_t rank = task.trunk; rank < second; ++rank) {
    if (is_below(rank)) task.rest.push_back(rank);
  }
  const auto is_transactional = [&](std::size_t rank) { return subject.Up(rank).step.transactional; };
  task.in_copy = !is_transactional(first) || !is_transactional(second) ||
                 !std::all_of(task.rest.begin(), task.rest.end(), is_transactional);
  return task;
}

}  // namespace

PairPlan PlanPairs(const Subject& subject, const std::vector<std::optional<Effect>>& effects) {
  PairPlan plan;
  for (std::size_t second = 0; second < subject.size(); ++second) {
    if (!subject.HasPair(second)) continue;
    for (std::size_t first = 0; first < second; ++first) {
      if (!subject.IsPair(first, second)) continue;
      ++plan.summary.unordered;
      if (!effects[first] || !effects[second]) {
        ++plan.summary.inconclusive;
        plan.untried.emplace_back(first, second);
      } else if (MayInterfere(*effects[first], *effects[second])) {
        plan.tasks.push_back(TaskFor(subject, first, second));
      } else {
        ++plan.summary.pruned;
      }
    }
  }
  const auto key = [](const PairTask& task) { return std::tie(task.trunk, task.rest, task.first, task.second); };
  std::sort(plan.tasks.begin(), plan.tasks.end(),
            [&](const PairTask& a, const PairTask& b) { return key(a) < key(b); });
  return plan;
}

std::vector<std::size_t> OtherOrder(const Subject& subject) {
  const Graph& graph = subject.graph();
  std::vector<std::size_t> waits(subject.size());
  // What need not be proved stays in the plan's order, and as late as possible.
  const auto is_less_urgent = [&](std::size_t a, std::size_t b) {
    if (subject.IsProved(a) != subject.IsProved(b)) return subject.IsProved(b);
    return subject.IsProved(a) ? a < b : a > b;
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(is_less_urgent)> ready(is_less_urgent);
  for (std::size_t rank = 0; rank < subject.size(); ++rank) {
    waits[rank] = graph.DependenciesOf(subject.NodeAt(rank)).size();
    if (waits[rank] == 0) ready.push(rank);
  }
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    const std::size_t rank = ready.top();
    ready.pop();
    order.push_back(rank);
    for (const Node dependant : graph.DependantsOf(subject.NodeAt(rank))) {
      const std::size_t next = graph.Rank(dependant);
      if (--waits[next] == 0) ready.push(next);
    }
  }
  return order;
}

}  // namespace sqlmig
