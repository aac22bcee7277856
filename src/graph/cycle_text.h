#pragma once

#include <string>
#include <vector>

#include "graph/node_set.h"
#include "model/migration_id.h"

namespace sqlmig {

// "a -> b -> a"; the middle of a very long cycle is counted, not spelled.
std::string CycleText(const std::vector<Node>& cycle, const std::vector<MigrationId>& ids);

}  // namespace sqlmig
