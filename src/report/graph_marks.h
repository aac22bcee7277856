// What all drawings say alike: the words for what a migration is, and the links to its scripts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/graph_view.h"

namespace sqlmig {

// "applied", "pending", ...; empty for kNone.
std::string_view MarkWord(GraphNode::Mark mark);

// In Alembic's words and order: head, merge, branch point, current; then the state's word when the view has states.
std::vector<std::string> MarkWords(const GraphView& view, const GraphNode& node);

// Whether the migration's effects are in the database, whole.
bool IsApplied(GraphNode::Mark mark);

// A path as a relative URL reference: what could be a scheme, an authority or a query is escaped.
std::string RelativeUrl(std::string_view path);

}  // namespace sqlmig
