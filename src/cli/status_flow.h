#pragma once

#include "cli/fleet_options.h"
#include "cli/project.h"
#include "report/status_report.h"

namespace sqlmig {

// Looks at one database and compares it with the manifest; reads only. A database that cannot be reached is a state,
// not an exception.
void LookAtDatabase(const Project& project, Context& context, const DatabaseEntry& database, std::size_t selected,
                    DatabaseStatus* status);

// The same for all members of a fleet; gives what went wrong with them, in their order. Throws as ListMembers
// (cli/fleet_list.h) does. REQUIRES: IsFleet().
std::vector<Error> LookAtFleet(const Project& project, Context& context, const DatabaseEntry& database,
                               const FleetOptions& options, DatabaseStatus* status);

}  // namespace sqlmig
