// What wait found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/format.h"

namespace sqlmig {

struct DatabaseWait {
  std::string name;
  bool ready = false;
  std::int64_t waited_ms = 0;
  std::vector<std::string> missing;      // in plan order
  std::vector<std::string> interrupted;  // half-done steps
  std::string running;                   // who is migrating it just now; empty: nobody
  std::string unreachable;               // why there is no connection; empty: there is one
  std::vector<std::string> abandoned;    // runs that died; what they committed is there, but may not be on disk
  std::string notice;                    // why it was not looked at (a fleet without a member)
};

struct WaitReport {
  std::string command = "wait";
  std::vector<DatabaseWait> databases;
};

// "3 migrations are missing: a, b, c": what is waited for; empty when there is nothing.
std::string WhyNotReady(const DatabaseWait& database);

std::string Render(const WaitReport& report, Format format);

}  // namespace sqlmig
