// Differences of schemas as lines for people.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catalog/difference.h"

namespace sqlmig {

// One line each, as a unified diff has it, "- " what only `before` has, "+ " what only `after` has, "~ " what has
// another property; after `limit` of them how many more there are. Each line ends with a newline.
std::string DifferenceLines(const std::vector<Difference>& differences, std::size_t limit);

}  // namespace sqlmig
