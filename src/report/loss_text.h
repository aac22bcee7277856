// Rows that go with what a rollback drops, as lines for people.
#pragma once

#include <string>
#include <vector>

#include "exec/row_loss.h"

namespace sqlmig {

// "add_email drops column public.users.email with about 1200 values".
std::string LossText(const RowLoss& loss);

// One line each, indented as the steps of a plan are.
std::string LossLines(const std::vector<RowLoss>& losses);

}  // namespace sqlmig
