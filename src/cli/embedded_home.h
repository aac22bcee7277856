#pragma once

#include "cli/context.h"
#include "embedded/embedded.h"
#include "pg/conninfo.h"

namespace sqlmig {

struct Project;

// Where this project's private server keeps itself; environment: SQLMIG_EMBEDDED_HOME, XDG_STATE_HOME, HOME,
// SQLMIG_EMBEDDED_BIN (folder of the server's programs), PATH. The socket is below /tmp: its path must stay short.
EmbeddedSettings EmbeddedHome(const Project& project);

// Starts the private server if it does not run and makes the database if it is not there.
Conninfo EmbeddedConninfo(const Project& project, const Context& context, const DatabaseEntry& database);

}  // namespace sqlmig
