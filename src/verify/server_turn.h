// Roles, databases and tablespaces belong to the whole server, so a script that makes one fails in the second database
// that it runs in, and what it has made is there when the database is gone. Where scripts do that, scratch databases
// have their turns, one at a time, and each takes what its scripts have made away with it.
#pragma once

#include <optional>
#include <string>

#include "verify/replay.h"
#include "verify/scratch.h"
#include "verify/subject.h"

namespace sqlmig {

// Whether any up script holds a CREATE ROLE, GROUP, USER, DATABASE or TABLESPACE; or this one.
bool MakesServerObjects(const Subject& subject);
bool MakesServerObjects(const ParsedScript& script);

// What was there before verify began and a script would take away for good, or change (ALTER SYSTEM): its step is not
// run.
class ServerGuard {
 public:
  explicit ServerGuard(Shadow& shadow) : before_(shadow.Objects()) {}

  // The same settings, and steps that must not be run are refused (kUsage). The guard outlives them.
  ReplaySettings Guarded(ReplaySettings settings) const;

 private:
  std::optional<Error> Refusal(const PreparedStep& step) const;

  ServerObjects before_;
};

class ServerTurn {
 public:
  // Does nothing unless `active`.
  ServerTurn(Shadow& shadow, const Subject& subject, bool active);
  // Drops what is new and the scripts name. REQUIRES: the databases of this turn are gone.
  ~ServerTurn();
  ServerTurn(const ServerTurn&) = delete;
  ServerTurn& operator=(const ServerTurn&) = delete;

 private:
  Shadow& shadow_;
  const Subject& subject_;
  bool active_;
  ServerObjects before_;
};

}  // namespace sqlmig
