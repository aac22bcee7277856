// How errors become words and an exit status: of one command, or of several databases.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "cli/context.h"
#include "manifest/manifest.h"

namespace sqlmig {

// Writes the error to stderr and the log, with --format json also its document to stdout; gives the exit status.
int ReportError(Context& context, const Error& error);

// Writes what went wrong in the databases to stderr, and gives the exit status: that of a signal if there was one; that
// of the errors if each of the `selected` databases has the same; kPartial otherwise.
int ReportErrors(Context& context, const std::vector<Error>& errors, std::size_t selected);
// Only the status.
int StatusOfErrors(const Context& context, const std::vector<Error>& errors, std::size_t selected);

// Looks at one of the `selected` databases. What goes wrong is logged and given back, so that the others are still
// looked at; thrown when it concerns them all: a signal, the only database, a --url for several.
std::optional<Error> TryDatabase(Context& context, const DatabaseEntry& database, std::size_t selected,
                                 const std::function<void()>& look);

}  // namespace sqlmig
