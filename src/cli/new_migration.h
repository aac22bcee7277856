// What `new` and `merge` share: a new migration in the manifest, with or without script files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/database_view.h"
#include "manifest/edit.h"
#include "report/created_report.h"
#include "support/folder_lock.h"

namespace sqlmig {

// Keeps other processes from editing the manifest between reading and writing it: taken before LoadProject. Throws kIo
// when another one does not let go, kSignal.
FolderLock LockManifest(const Context& context);

// Lower-case ASCII letters and digits of `name`, marks of Latin letters left out, words joined by '_', at most 60
// characters. Throws kUsage when nothing is left.
std::string SlugFrom(std::string_view name);

// YYYYMMDDHHMMSS_slug in UTC; later by seconds until no migration and no folder of the database begins so.
MigrationId NewId(const Project& project, const Context& context, const DatabaseEntry& database,
                  const std::string& slug);

// Throws kTarget when one of the nodes is an ancestor of another: depending on both says nothing more.
void RequireUnrelated(const std::vector<Node>& nodes, const Graph& graph);

// Writes the scripts (unless the entry has none) and then the manifest's line; when the line cannot be written the
// scripts are taken back. Never overwrites a file.
// `scripts`: what to write into them instead of what says how to begin.
struct NewScripts {
  std::optional<std::string> up;
  std::optional<std::string> down;
};
NewReport AddMigration(const Project& project, const Context& context, const DatabaseView& view, const NewEntry& entry,
                       const NewScripts& scripts = {});

}  // namespace sqlmig
