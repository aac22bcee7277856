// Changes to migrations.yaml that leave every other byte as it is: comments, order and style are kept.
#pragma once

#include <string>
#include <vector>

#include "manifest/manifest.h"

namespace sqlmig {

struct NewEntry {
  MigrationId id;
  std::vector<MigrationId> depends_on;
  std::string description;
  bool without_scripts = false;      // up: none, down: none
  bool without_transaction = false;  // transaction: false
};

// The manifest's text with one more line in the database's `migrations:`, written
//   - {id: ..., depends_on: [...], description: "..."}
// after the last entry, indented like its neighbours, with the file's own line ends; `migrations: []` and a missing
// `migrations:` key become a block, and a [...] list over several lines gets a line with its own comma. The result is
// parsed again and must differ from the old manifest by exactly this migration, else kInternal is thrown and nothing is
// written by anybody.
// Throws kManifest when the id is taken, the database or the description is none, or the list is written so that a line
// cannot be added without changing others (all on one line, say); the error says how to write it.
// REQUIRES: the manifest was loaded without problems.
std::string WithMigration(const Manifest& manifest, const std::string& database, const NewEntry& entry);

// The text of a manifest without migrations, as `init` writes it.
std::string EmptyManifest(const std::string& project);

}  // namespace sqlmig
