#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exec/row_loss.h"
#include "model/plan.h"
#include "report/format.h"
#include "support/error.h"

namespace sqlmig {

struct DatabasePlan {
  std::string name;
  Plan plan;
  std::size_t applied = 0;
  std::vector<std::string> warnings;
  std::vector<RowLoss> destroys;  // with what the steps drop
  std::string notice;             // why there is no plan (a fleet without a member)
  std::optional<Error> error;     // why there is none although there should be
  bool fleet = false;             // it stands for `members`, and only they have plans
  std::vector<DatabasePlan> members;
};

struct PlanReport {
  std::string command;
  std::vector<DatabasePlan> databases;
};

std::string Render(const PlanReport& report, Format format);

// The steps, one a line, as `plan` shows them: for prompts.
std::string PlanLines(const Plan& plan);

}  // namespace sqlmig
