// How a command goes through the members of a fleet: several at once, each with what it says kept apart.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/fleet_list.h"
#include "report/run_report.h"
#include "report/status_report.h"

namespace sqlmig {

// One member's turn, in a thread of its own: `context` is its own, too, and names the member. What goes wrong is in
// what is given back.
using MemberTurn = std::function<std::optional<Error>(std::size_t i, Context& context, const Conninfo& conninfo)>;

struct FleetTurns {
  std::vector<std::optional<Error>> errors;  // of each member, its problem from the list included
  std::vector<bool> begun;
  bool over_budget = false;
};

// What the members say (warnings) goes to stderr when their turn is over; a line of progress tells how far all are.
FleetTurns VisitMembers(Context& context, const DatabaseEntry& database, const std::vector<Member>& members,
                        const FleetOptions& options, const MemberTurn& turn);

// What went wrong with members, for stderr: some of the errors in full, and one for all. Nothing: nothing did.
std::optional<Error> SummedUp(Context& context, const DatabaseEntry& database, const std::vector<Member>& members,
                              const FleetTurns& turns);

}  // namespace sqlmig
