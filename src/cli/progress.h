#pragma once

#include <string>

#include "cli/context.h"
#include "exec/events.h"
#include "pg/connection.h"

namespace sqlmig {

// Shows a run's events on stderr (a live line on a terminal, one line a step elsewhere) and writes them to the log.
// `named`: every line says which database it is about. The context outlives the observer.
Observer MakeObserver(Context& context, const std::string& database, const std::string& run, bool named);

// What the server says beside results: to the log, warnings also to stderr, notices with -v.
std::function<void(const Notice&)> MakeNoticeHandler(Context& context, const std::string& database,
                                                     const std::string& run);

// "warning: ..." on stderr unless --quiet, and in the log.
void Warn(Context& context, const std::string& text);

// One line in the log.
void LogLine(Context& context, const std::string& run, const std::string& text);
void LogError(Context& context, const std::string& run, const Error& error);

}  // namespace sqlmig
