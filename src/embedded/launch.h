// Starting the server process and waiting for it.
#pragma once

#include "embedded/binaries.h"
#include "embedded/layout.h"
#include "embedded/postmaster.h"

namespace sqlmig {

// Starts the server and returns when it accepts connections. It is stopped again when that fails, is interrupted or
// takes too long. Throws kConnection with the end of the server's log, kSignal.
void LaunchServer(const Layout& layout, const Account& account, const ServerBinaries& binaries,
                  const Deadline& deadline);

// Waits until a server that somebody else started accepts connections, or has ended; whether it does.
bool AwaitReady(const Layout& layout, const Account& account, const ServerProcess& process, const Deadline& deadline);

}  // namespace sqlmig
