#pragma once

#include <string>

#include "pg/conninfo.h"
#include "support/error.h"

namespace sqlmig {

// What libpq said when a connection could not be made, as an error with a way out. The library keeps no SQLSTATE of a
// failed connection: it is told by the server's English words where they leave no doubt, else it stays empty.
Error ConnectError(const Conninfo& conninfo, const std::string& raw);

// Whether a server, a database or a connection that becomes free may mend it: not a wrong password or a missing role.
bool WaitingMayHelp(const Error& error);

}  // namespace sqlmig
