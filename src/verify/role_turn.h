// Roles belong to the whole server, so a script that makes one fails in the second database that it runs in. Where
// scripts do that, scratch databases have their turns, one at a time, and each takes its roles away with it.
#pragma once

#include <set>
#include <string>

#include "verify/scratch.h"
#include "verify/subject.h"

namespace sqlmig {

// Whether any up script holds a CREATE ROLE, GROUP or USER; or this one.
bool MakesRoles(const Subject& subject);
bool MakesRoles(const ParsedScript& script);

class RoleTurn {
 public:
  // Does nothing unless `active`.
  RoleTurn(Shadow& shadow, const Subject& subject, bool active);
  // Drops the roles that are new and that the scripts name. REQUIRES: the databases of this turn are gone.
  ~RoleTurn();
  RoleTurn(const RoleTurn&) = delete;
  RoleTurn& operator=(const RoleTurn&) = delete;

 private:
  Shadow& shadow_;
  const Subject& subject_;
  bool active_;
  std::set<std::string> before_;
};

}  // namespace sqlmig
