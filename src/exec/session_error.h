// What a server's answer means for a run, whatever part of it was sent.
#pragma once

#include <string>
#include <vector>

#include "pg/connection.h"
#include "support/error.h"

namespace sqlmig {

// Locks, deadlocks and serialization failures leave nothing behind and may go away.
bool IsRetryable(const std::string& sqlstate);

// Each with its semicolon on a line of its own.
std::string AsMessage(const std::vector<std::string>& statements);

// REQUIRES: outcome.lost.
Error LostError(const MessageOutcome& outcome);

// A signal has ended a write of ours.
Error StoppedError();

// An error of a statement about the ledger.
Error LedgerError(const ServerError& error);

}  // namespace sqlmig
