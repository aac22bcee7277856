// A connection string as other programs of PostgreSQL take it: in their environment, where no other user can see it.
#pragma once

#include <string>
#include <vector>

#include "pg/conninfo.h"

namespace sqlmig {

struct ClientEnvironment {
  std::vector<std::string> variables;  // "PGHOST=db.example.org"; the password too
  std::string conninfo;                // what libpq has no variable for, as key='value' pairs: no secret; may be empty
};

// Throws kUsage for a secret that libpq takes from no variable (sslpassword).
ClientEnvironment EnvironmentOf(const Conninfo& conninfo);

// The same server that a connection to one of several hosts has reached: only `host` is left, with its address and
// port. Unchanged when there is one.
Conninfo OnlyHost(Conninfo conninfo, const std::string& host);

}  // namespace sqlmig
