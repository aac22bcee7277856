#include "support/edit_distance.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace sqlmig {
namespace {

// Stops early: returns limit + 1 when the distance is above limit.
std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > limit) return limit + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    std::size_t best = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
      best = std::min(best, row[j]);
    }
    if (best > limit) return limit + 1;
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> DidYouMean(std::string_view word, std::span<const std::string> candidates) {
  std::size_t limit = std::max<std::size_t>(word.size() / 3, 2);
  if (word.size() < 3) limit = 1;
  const std::string* nearest = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = EditDistance(word, candidate, limit);
    if (distance > limit) continue;
    nearest = &candidate;
    if (distance == 0) break;
    limit = distance - 1;
  }
  return nearest == nullptr ? std::nullopt : std::optional(*nearest);
}

}  // namespace sqlmig
