#include "plan/wording.h"

#include <fmt/format.h>

namespace sqlmig {

std::string List(const std::vector<Node>& nodes, const Graph& graph) {
  std::vector<MigrationId> ids;
  ids.reserve(nodes.size());
  for (const Node node : nodes) ids.push_back(graph.id(node));
  return List(ids);
}

std::string List(const std::vector<MigrationId>& ids) {
  constexpr std::size_t kShown = 10;
  std::string text;
  for (std::size_t i = 0; i < ids.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + ids[i].str();
  if (ids.size() > kShown) text += fmt::format(" and {} more", ids.size() - kShown);
  return text;
}

}  // namespace sqlmig
