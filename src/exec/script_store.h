// Reads the scripts of a plan: each once, checked, hashed and parsed before the first step; the buffer that was read is
// the one that is executed.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger_sql.h"
#include "manifest/manifest.h"
#include "model/plan.h"
#include "plan/situation.h"
#include "sqltext/schema_writes.h"
#include "sqltext/script.h"
#include "support/file.h"

namespace sqlmig {

// How far a step without a transaction had come.
struct Resume {
  int done = 0;   // finished units
  int begun = 0;  // the unit that was begun last without a transaction, from 1; 0: none
};

// A step with all that is needed to run it.
struct PreparedStep {
  Step step;
  const Migration* migration = nullptr;  // null: from the ledger
  std::filesystem::path path;            // as people know the script: file, or "ledger:<id>/down.sql"
  ParsedScript script;                   // no statements: no SQL
  StepSettings settings;                 // the migration's over the defaults
  MigrationRecord record;                // what an up step writes; run and attempt are filled in later
  std::vector<std::string> progress;     // ProgressHashes of a script without a transaction
  std::optional<Resume> resume;          // it is half done
};

// Gives the down script that the ledger stored for an id.
using StoredDownScript = std::function<std::string(const MigrationId&)>;
// For plans that undo nothing by a script that is not in the checkout.
inline std::string NoStoredScript(const MigrationId&) {
  return {};
}

class ScriptStore {
 public:
  // The manifest outlives the store. Throws kIo when its folder cannot be opened.
  ScriptStore(const Manifest& manifest, const DatabaseEntry& database);

  // Throws kScript, all problems of all scripts at once; kEdited when what has run of a half-done script is not what
  // its beginning says now.
  std::vector<PreparedStep> Prepare(const Plan& plan, const Situation& situation, const StoredDownScript& stored);

  // Hashes of a migration's scripts as they are in the checkout, and how its way back is to be recorded. Throws
  // kScript.
  MigrationRecord Record(const Migration& migration);

  enum class EditKind { kNone, kLayout, kTokens };
  // Whether the up script differs from what was applied: not at all, only in comments and white space, or really.
  // A script that cannot be read counts as kTokens; `problem` then says why.
  EditKind Edited(const Migration& migration, const AppliedMigration& row, std::string* problem = nullptr);

  // The same of the way back: its script, or whether there is one. kNone while a step is half done.
  EditKind EditedDown(const Migration& migration, const AppliedMigration& row);

  // The settings of a step: the migration's own over the database's defaults.
  StepSettings Merged(const Migration& migration) const;

 private:
  const std::string& Text(const std::filesystem::path& path);

  const DatabaseEntry& database_;
  FileRoot root_;
  KeptTables ledger_;
  std::map<std::filesystem::path, std::string> texts_;
};

}  // namespace sqlmig
