// Where scratch databases are made: beside a database that a person names, or in the project's private server.
#pragma once

#include <memory>
#include <string>

#include "cli/project.h"
#include "verify/replay.h"
#include "verify/scratch.h"

namespace sqlmig {

// What --url and --embedded say where is: for a command that looks at no database of a person's, the scratch ones.
enum class LiveDatabase { kNone, kRead };

// `url`: of an empty database; empty: SQLMIG_SHADOW_URL, else the private server, which is started if it does not run.
// Throws what Shadow throws, and what starting the server throws; with kNone also kUsage for --url, which names a
// database in use.
std::unique_ptr<Shadow> OpenShadow(const Project& project, const Context& context, const std::string& url,
                                   LiveDatabase live = LiveDatabase::kNone);

// How one database's migrations are replayed there.
ReplaySettings ReplaySettingsOf(const Project& project, const Context& context, const DatabaseEntry& database);

}  // namespace sqlmig
