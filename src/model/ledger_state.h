#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/migration.h"

namespace sqlmig {

// What identifies a script's contents; lower-case hexadecimal, empty where there is no script.
struct ScriptHashes {
  std::string bytes;   // SHA-256 of the file
  std::string tokens;  // SHA-256 of its tokens: comments and white space do not count

  friend bool operator==(const ScriptHashes&, const ScriptHashes&) = default;
};

// How the way back was when the migration was applied.
enum class DownKind {
  kScript,        // stored in the ledger
  kSecret,        // a script that is not stored because it sets a password; only its hash is
  kNone,          // nothing to undo
  kIrreversible,  // no way back
};

enum class AppliedStatus {
  kApplied,
  kApplying,   // a non-transactional up was interrupted
  kReverting,  // a non-transactional down was interrupted
};

// One row of the ledger's `migration` table.
struct AppliedMigration {
  MigrationId id;
  std::string description;
  std::vector<MigrationId> depends_on;  // when applied
  std::int64_t ordinal = 0;             // order in which it was applied
  std::string run;
  std::string applied_at;  // RFC 3339, UTC
  std::int64_t duration_ms = 0;
  ScriptHashes up;
  ScriptHashes down;
  int hash_algorithm = 0;
  bool up_transaction = true;
  bool down_transaction = true;
  DownKind down_kind = DownKind::kScript;
  AppliedStatus status = AppliedStatus::kApplied;
  std::string attempt;      // that wrote the row, or took the half-done step over
  int statements_done = 0;  // of an interrupted step: its finished units
  int statement_begun = 0;  // the unit that was begun last without a transaction, from 1; 0: none
  std::string progress;     // identifies the finished units (ProgressHashes in sqltext/script.h)
  // Identifies these and the unit that was begun, when it may have run and is not recorded; else empty.
  std::string begun_progress;
  // No row of the ledger: a squash that counts as applied because all that it replaces has a row; put together from
  // those, without hashes.
  bool through_replaced = false;
};

// What a ledger says of one scope at one moment.
struct LedgerState {
  bool exists = false;                       // the ledger's tables are there
  int version = 0;                           // of its tables
  std::vector<AppliedMigration> rows;        // by ordinal
  std::vector<std::string> unfinished_runs;  // runs that have no recorded end
  // (scope, id) of rows under other scopes, read only when this scope has none.
  std::vector<std::pair<std::string, MigrationId>> other_scopes;

  const AppliedMigration* Find(const MigrationId& id) const {
    for (const AppliedMigration& row : rows) {
      if (row.id == id) return &row;
    }
    return nullptr;
  }
};

}  // namespace sqlmig
