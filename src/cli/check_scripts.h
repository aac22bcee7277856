// What `check` finds in the scripts of one database, and in its folder and its schema file.
#pragma once

#include <string>
#include <vector>

#include "cli/project.h"
#include "report/check_report.h"

namespace sqlmig {

// Reads and parses every script of every migration, each file once; counts them in `scripts`.
std::vector<Finding> CheckScripts(const Project& project, const DatabaseEntry& database, std::size_t* scripts);

// Scripts in the database's folder that no migration of the manifest names. A folder in which nothing is named is one
// finding.
std::vector<Finding> CheckFolder(const Project& project, const DatabaseEntry& database);

// Whether the database's schema file has all that the manifest has, and its scripts as they are. A file that was not
// written by `dump` is none of ours unless the manifest names it.
std::vector<Finding> CheckSchemaFile(const Project& project, const DatabaseEntry& database);

}  // namespace sqlmig
