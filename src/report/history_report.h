#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/format.h"
#include "report/migration_info.h"
#include "support/error.h"

namespace sqlmig {

struct DatabaseHistory {
  std::string name;
  std::vector<MigrationInfo> migrations;  // in the order in which they are shown
  std::string notice;                     // why its ledger was not looked at (a fleet without a member)
  std::optional<Error> error = {};        // why nothing is known of it; only JSON shows it
};

// What `history`, `heads`, `branches` and `current` show: a list of migrations for each database.
struct HistoryReport {
  enum class Style {
    kLines,     // parents -> id (marks), description
    kIds,       // id (marks)
    kCurrent,   // the same; that they are current goes without saying
    kBranches,  // id (marks), and what it branches into
  };
  std::string command;
  Style style = Style::kLines;
  bool verbose = false;
  std::vector<DatabaseHistory> databases;
};

// In text, each database has a heading when there are several.
std::string Render(const HistoryReport& report, Format format);

}  // namespace sqlmig
