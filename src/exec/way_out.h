// What helps against errors of the server that no change of the script mends.
#pragma once

#include <string>

#include "exec/script_store.h"
#include "pg/connection.h"

namespace sqlmig {

// An imperative sentence without its end, such as "make room on the server's disk"; empty when it is the statement
// itself that is wrong.
std::string WayOut(const ServerError& error);

// The same with what can be said about a step: which key of the manifest, which role.
std::string WayOut(const PreparedStep& step, const ServerError& error);

}  // namespace sqlmig
