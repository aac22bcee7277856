// A run, or its plan, through all members of a fleet.
#pragma once

#include "cli/run_flow.h"

namespace sqlmig {

// RunDatabase for each of the members. The error of the whole is in the result, and has been shown with those of the
// members. Throws as ListMembers (cli/fleet_list.h) does. REQUIRES: request.fleet, and IsFleet().
DatabaseRun RunFleet(const Project& project, Context& context, const DatabaseEntry& database,
                     const RunRequest& request);

// The same of PlanDatabase.
DatabasePlan PlanFleet(const Project& project, Context& context, const DatabaseEntry& database,
                       const RunRequest& request);

}  // namespace sqlmig
