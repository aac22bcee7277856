#include "cli/check_targets.h"

#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/database_view.h"

namespace sqlmig {

void CheckTargets(const Project& project, const std::vector<const DatabaseEntry*>& selected,
                  const std::vector<TargetTerm>& terms) {
  if (selected.size() < 2 || terms.empty() || NeedLedger(terms)) return;
  std::vector<std::string> known;
  std::optional<Error> failure;
  for (const DatabaseEntry* database : selected) {
    const LedgerState nothing;
    try {
      ResolveTargets(terms, MakeSituation(*database, project.manifest, nothing));
      known.push_back(database->name);
    } catch (const Error& error) {
      if (failure) continue;
      failure = Error(error.code(), fmt::format("{}: {}", database->name, error.message())).Hint(error.hint());
    }
  }
  if (known.empty() || !failure) return;
  if (failure->code() == ErrorCode::kTarget) {
    failure->SetHint(
        fmt::format("choose where it is known with -d: {}; no database was changed", fmt::join(known, ", ")));
  }
  throw *failure;
}

}  // namespace sqlmig
