// How a text of several lines, such as a function's definition, has changed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

// The lines of both, in order: "- " before what only `before` has, "+ " before what only `after` has, "  " before what
// both have. Of the latter only `context` lines around a change are there; "  ..." stands for those left out.
std::vector<std::string> LineDiff(std::string_view before, std::string_view after, std::size_t context);

}  // namespace sqlmig
