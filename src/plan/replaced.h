// A look at bare ids: what a squash means where nobody has built a graph.
#pragma once

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "model/migration.h"

namespace sqlmig {

using IdSet = std::unordered_set<std::string_view>;

// Whether the migration is applied, or all that it replaces is.
inline bool IsThere(const Migration& migration, const IdSet& applied) {
  if (applied.contains(migration.id.str())) return true;
  return !migration.replaces.empty() && std::all_of(migration.replaces.begin(), migration.replaces.end(),
                                                    [&](const MigrationId& id) { return applied.contains(id.str()); });
}

}  // namespace sqlmig
