// A migration as the reading commands show it: history, heads, branches, current, show.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/ledger_state.h"
#include "model/migration.h"

namespace sqlmig {

struct MigrationInfo {
  std::string id;
  std::string description;
  std::vector<std::string> depends_on;  // as declared
  std::vector<std::string> dependants;
  bool head = false;
  bool merge = false;
  bool branch_point = false;
  bool with_state = false;  // a ledger was read: `current` and `row` are known
  bool current = false;
  const Migration* migration = nullptr;   // null: this checkout lacks it
  std::filesystem::path folder = {};      // of the manifest, as seen from here
  const AppliedMigration* row = nullptr;  // null: not in the ledger
};

// "applied", "applying", "reverting" (a non-transactional step is half done); "pending" without a row.
const char* StatusWord(const AppliedMigration* row);

// " (head) (merge) (branch point) (current)": what holds, each with a space before it.
std::string MarksText(const MigrationInfo& info);

// "a, b -> c (head) (merge), description", as Alembic's history.
std::string BriefLine(const MigrationInfo& info);

// Several lines, "Rev: ..." and so on, as Alembic's history -v.
std::string VerboseEntry(const MigrationInfo& info);

}  // namespace sqlmig
