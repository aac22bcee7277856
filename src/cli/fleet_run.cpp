#include "cli/fleet_run.h"

#include <fmt/format.h>

#include "cli/fleet_flow.h"
#include "cli/progress.h"

namespace sqlmig {

DatabaseRun RunFleet(const Project& project, Context& context, const DatabaseEntry& database,
                     const RunRequest& request) {
  DatabaseRun fleet;
  fleet.name = database.name;
  fleet.fleet = true;
  if (request.dump) Warn(context, fmt::format("{}: --dump writes no schema file of a fleet", database.name));
  const std::vector<Member> members = ListMembers(project, context, database, *request.fleet);
  fleet.members.resize(members.size());
  const FleetTurns turns = VisitMembers(context, database, members, *request.fleet,
                                        [&](std::size_t i, Context& own, const Conninfo& conninfo) {
                                          fleet.members[i] = RunDatabase(project, own, database, conninfo, request);
                                          return fleet.members[i].result.error;
                                        });
  for (std::size_t i = 0; i < members.size(); ++i) {
    DatabaseRun& run = fleet.members[i];
    run.name = members[i].name;
    run.begun = turns.begun[i];
    if (!turns.errors[i]) continue;
    run.result.error = turns.errors[i];
    run.result.outcome = ErrorCodeName(turns.errors[i]->code());
  }
  fleet.result.error = SummedUp(context, database, members, turns);
  fleet.result.outcome = fleet.result.error ? ErrorCodeName(fleet.result.error->code()) : "done";
  return fleet;
}

DatabasePlan PlanFleet(const Project& project, Context& context, const DatabaseEntry& database,
                       const RunRequest& request) {
  DatabasePlan fleet;
  fleet.name = database.name;
  fleet.fleet = true;
  const std::vector<Member> members = ListMembers(project, context, database, *request.fleet);
  fleet.members.resize(members.size());
  const FleetTurns turns = VisitMembers(context, database, members, *request.fleet,
                                        [&](std::size_t i, Context& own, const Conninfo& conninfo) {
                                          fleet.members[i] = PlanDatabase(project, own, database, conninfo, request);
                                          return fleet.members[i].error;
                                        });
  for (std::size_t i = 0; i < members.size(); ++i) {
    fleet.members[i].name = members[i].name;
    if (turns.errors[i]) fleet.members[i].error = turns.errors[i];
  }
  fleet.error = SummedUp(context, database, members, turns);
  return fleet;
}

}  // namespace sqlmig
