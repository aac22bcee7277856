#include "plan/wording.h"

#include <fmt/format.h>

namespace sqlmig {

std::string List(const std::vector<Node>& nodes, const Graph& graph) {
  constexpr std::size_t kShown = 10;
  std::string text;
  for (std::size_t i = 0; i < nodes.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + graph.id(nodes[i]).str();
  if (nodes.size() > kShown) text += fmt::format(" and {} more", nodes.size() - kShown);
  return text;
}

}  // namespace sqlmig
