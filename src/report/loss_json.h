// Only for report/*.cpp.
#pragma once

#include <vector>

#include "exec/row_loss.h"
#include "report/json.h"

namespace sqlmig {

// [{"id", "kind", "name", "rows", "estimated"}]; rows is null where they could not be counted.
Json LossesJson(const std::vector<RowLoss>& losses);

}  // namespace sqlmig
