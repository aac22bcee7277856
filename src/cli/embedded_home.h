#pragma once

#include "cli/context.h"
#include "cli/os_user.h"
#include "embedded/embedded.h"
#include "pg/conninfo.h"

namespace sqlmig {

struct Project;

// Parent of the private servers' folders: SQLMIG_EMBEDDED_HOME, XDG_STATE_HOME, for root /var/lib, else below the home
// folder, which is HOME or the account's own. Throws kUsage when there is none of them.
std::filesystem::path StateHome(const Environment& environment, bool root, const std::optional<OsUser>& user);

// Where this project's private server keeps itself; environment: SQLMIG_EMBEDDED_HOME, XDG_STATE_HOME, HOME,
// SQLMIG_EMBEDDED_BIN (folder of the server's programs), PATH. The socket is below /tmp: its path must stay short.
EmbeddedSettings EmbeddedHome(const Project& project);
// The same without a project folder.
EmbeddedSettings EmbeddedHome(const Environment& environment);

// Starts the private server if it does not run and makes the database if it is not there.
Conninfo EmbeddedConninfo(const Project& project, const Context& context, const DatabaseEntry& database);

}  // namespace sqlmig
