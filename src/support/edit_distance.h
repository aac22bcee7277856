#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sqlmig {

// The candidate nearest to `word` by Levenshtein distance, if it is near enough to be what was meant: at most a third
// of the word's length (at least 2) away. Ties go to the earlier candidate.
std::optional<std::string> DidYouMean(std::string_view word, std::span<const std::string> candidates);

}  // namespace sqlmig
