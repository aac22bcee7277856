// What stamp and repair wrote, and what repair found.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/format.h"

namespace sqlmig {

struct DatabaseStamp {
  std::string name;
  std::string run;  // empty: nothing was written
  std::vector<std::string> stamped;
  std::vector<std::string> removed;
  std::vector<std::string> purged;
  std::size_t applied = 0;  // rows afterwards
  std::string notice;       // why nothing was tried (a fleet without a member)
};

struct StampReport {
  std::string command = "stamp";
  std::vector<DatabaseStamp> databases;
};

std::string Render(const StampReport& report, Format format);

// One thing that repair can mend, or has mended.
struct RepairItem {
  enum class Kind { kEdited, kInterrupted, kScope };
  Kind kind = Kind::kEdited;
  std::string subject;                // a migration's id, or another scope
  std::string detail;                 // what is the matter, or what was written
  std::vector<std::string> commands;  // what a person can type, when it is not mended yet
};

struct DatabaseRepair {
  std::string name;
  std::string run;                    // empty: nothing was written
  std::vector<RepairItem> decisions;  // what waits for a person
  std::vector<RepairItem> repaired;
  std::string notice;
  std::vector<std::string> scopes = {};  // whose rows the ledger has: "shop/default (3 rows)"
};

struct RepairReport {
  std::string command = "repair";
  std::vector<DatabaseRepair> databases;
};

std::string Render(const RepairReport& report, Format format);

// "edited", "interrupted", "scope".
const char* KindName(RepairItem::Kind kind);

}  // namespace sqlmig
