// Where the members of a fleet are listed: by a query in the registry, a file or a command.
#pragma once

#include <vector>

#include "cli/fleet_options.h"
#include "cli/project.h"
#include "fleet/member.h"

namespace sqlmig {

// Whether the entry stands for its members here: --url, or SQLMIG_<NAME>_URL, names one of them, and with --embedded it
// is one private database as any other.
bool IsFleet(const Project& project, const Context& context, const DatabaseEntry& database);

// All members that the options choose, in the order that they ask for. REQUIRES: IsFleet(). Throws what reading the
// list throws: kMember, kIo, kNoUrl and kConnection (of the registry), kSql, kScript (of the query), kTarget.
std::vector<Member> ListMembers(const Project& project, const Context& context, const DatabaseEntry& database,
                                const FleetOptions& options);

// Throws kUsage when options for fleets are given, and none of the selected databases is one.
void RequireFleet(const FleetOptions& options, const Project& project, const Context& context,
                  const std::vector<const DatabaseEntry*>& selected);

// The server that a member is on, for caps: members with the same text share it.
std::string ServerOf(const Member& member);

}  // namespace sqlmig
