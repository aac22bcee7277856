#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/ledger_state.h"
#include "report/format.h"
#include "report/unparsed_script.h"
#include "support/error.h"

namespace sqlmig {

struct MembersStatus;

struct DatabaseStatus {
  enum class State { kEmpty, kCurrent, kBehind, kDiverged, kInterrupted, kUnreachable };

  std::string name;
  std::string choice = {};                       // what chooses it on a command line; empty: -d and its name
  std::optional<State> state;                    // none: it could not be looked at, `notice` or `error` says why
  std::vector<const AppliedMigration*> applied;  // by ordinal
  std::vector<std::string> pending;              // in plan order
  std::vector<std::string> late;
  std::vector<std::string> edited;
  std::vector<std::string> relaid;  // scripts that differ only in comments and white space
  std::vector<std::string> unknown;
  struct Halfway {
    std::string id;                    // of a squash
    std::vector<std::string> applied;  // what it replaces and the database has
    std::vector<std::string> missing;
  };
  std::vector<Halfway> halfway;
  std::vector<std::string> interrupted;
  std::vector<std::string> heads;
  std::vector<std::string> current;
  std::vector<std::string> unfinished_runs;
  std::vector<UnparsedScript> not_parsed;  // up scripts of what is pending
  std::string notice;                      // why it was not looked at (a fleet without a member)
  std::optional<Error> error;
  LedgerState ledger;                                           // owns what `applied` points to,
  std::vector<std::unique_ptr<AppliedMigration>> put_together;  // or these do
  bool fleet = false;                                           // it stands for the members of `groups`
  std::vector<MembersStatus> groups;
};

// Members of a fleet that are in the same state; those that could not be looked at are each of them alone.
struct MembersStatus {
  std::vector<std::string> names;
  DatabaseStatus status;
};

struct StatusReport {
  std::string command = "status";
  std::vector<DatabaseStatus> databases;
  bool verbose = false;               // text: also list what is applied
  std::filesystem::path folder = {};  // of the manifest, as seen from here
};

const char* StateName(DatabaseStatus::State state);
std::string Render(const StatusReport& report, Format format, bool color);

}  // namespace sqlmig
