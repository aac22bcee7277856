#pragma once

#include "cli/project.h"
#include "report/status_report.h"

namespace sqlmig {

// Looks at one database and compares it with the manifest; reads only. A database that cannot be reached is a state,
// not an exception.
void LookAtDatabase(const Project& project, Context& context, const DatabaseEntry& database, std::size_t selected,
                    DatabaseStatus* status);

}  // namespace sqlmig
