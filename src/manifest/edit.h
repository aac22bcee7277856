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
  // Of a squash; empty for others.
  std::vector<MigrationId> replaces = {};
  std::string irreversible = {};           // the reason
  std::vector<std::string> required = {};  // "meta/<id>"
  std::string requires_server = {};        // ">=16"
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

// The manifest's text with the entry in place of the first of those that it replaces, all of which leave. Whatever
// named the last of `entry.replaces` names the entry: `depends_on` of others, `requires` of other databases (any of the
// replaced ids there), tags. Nothing else changes, which is checked as WithMigration does.
// Throws kManifest with the place: a tag or a dependency on another one of the replaced, entries that are not on lines
// of their own, what WithMigration throws.
// REQUIRES: the manifest was loaded without problems, and has all of `entry.replaces` in that database.
std::string WithSquash(const Manifest& manifest, const std::string& database, const NewEntry& entry);

// The text of a manifest without migrations, as `init` writes it.
std::string EmptyManifest(const std::string& project);

}  // namespace sqlmig
