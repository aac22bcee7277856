// The ledger's journal: runs, and what happened in them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/format.h"
#include "support/error.h"

namespace sqlmig {

// Everything as the ledger has it: times RFC 3339 UTC, empty where there is nothing.
struct LogEvent {
  std::string id;
  std::string at;
  std::string run;
  std::string migration;
  std::string direction;
  std::string kind;
  std::string duration_ms;
  std::string statement;
  std::string sqlstate;
  std::string message;
};

struct LogRun {
  std::string id;
  std::string command;
  std::string target;
  std::string tool_version;
  std::string db_user;
  std::string os_user;
  std::string host;
  std::string started_at;
  std::string ended_at;  // empty: it runs now, or it died
  std::string outcome;
  std::vector<LogEvent> events;  // of the one run that was asked for, oldest first
};

struct DatabaseLog {
  std::string name;
  std::vector<LogRun> runs;         // newest first
  std::vector<LogEvent> events;     // of LogReport::Kind::kEvents, newest first
  std::string notice;               // why it was not looked at (a fleet without a member)
  std::optional<Error> error = {};  // why nothing is known of it; only JSON shows it
};

struct LogReport {
  enum class Kind { kRuns, kOneRun, kEvents };
  std::string command = "log";
  Kind kind = Kind::kRuns;
  std::vector<DatabaseLog> databases;
};

std::string Render(const LogReport& report, Format format);

}  // namespace sqlmig
