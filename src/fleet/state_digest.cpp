#include "fleet/state_digest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/sha256.h"

namespace sqlmig {

std::string StateDigest(const LedgerState& state) {
  std::string text = fmt::format("{} {} {}\n", state.exists, state.version, state.unfinished_runs.size());
  const auto hashes = [](const ScriptHashes& script) { return script.bytes + " " + script.tokens; };
  for (const AppliedMigration& row : state.rows) {  // by ordinal: their order counts, the numbers do not
    text += fmt::format("{} {} {} {} {} {} {} {} {} {} {}", row.id.str(), static_cast<int>(row.status), hashes(row.up),
                        hashes(row.down), row.hash_algorithm, row.up_transaction, row.down_transaction,
                        static_cast<int>(row.down_kind), row.statements_done, row.statement_begun, row.progress);
    for (const MigrationId& id : row.depends_on) text += " " + id.str();
    text += " " + row.begun_progress + "\n";
  }
  for (const auto& [scope, id] : state.other_scopes) text += fmt::format("{} {}\n", scope, id.str());
  return Sha256Hex(text);
}

}  // namespace sqlmig
