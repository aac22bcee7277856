// The DDL of a database by PostgreSQL's own pg_dump, run without a shell, its password nowhere to be seen.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pg/conninfo.h"
#include "support/interrupt.h"

namespace sqlmig {

struct PgDumpPlaces {
  std::optional<std::filesystem::path> named;   // by a person: this one, or an error
  std::optional<std::filesystem::path> folder;  // of the server's own programs, when they are known
  std::string path_variable;                    // PATH
  std::vector<std::string> environment;         // "HOME=/home/deploy": what else the program gets of ours
};

struct PgDumpProgram {
  std::filesystem::path path;
  int major = 0;
};

// The pg_dump to use with a server of this major version: of the same version if there is one, for each version writes
// a little differently, else the next newer. Throws kServerVersion when all are older, kConnection when there is none.
PgDumpProgram FindPgDump(const PgDumpPlaces& places, int server_major);

struct PgDumpRequest {
  Conninfo conninfo;
  std::string left_out;  // schema that is not dumped
  std::string snapshot;  // exported by the session that reads the ledger: both then see the same state
  bool owners = false;
  bool privileges = true;
  bool rows = false;  // the contents too
  std::vector<std::string>
      without_rows;  // with `rows`: tables and sequences, as SQL names them, whose state is left out
  bool pins = true;  // settings that the output depends on are given as start-up options, which poolers refuse
  std::chrono::milliseconds lock_timeout{3000};  // for each table; 0: no limit
};

// What it writes to stdout. Throws kSql with what it says on stderr, kLockTimeout when a table was locked for too long,
// kSignal.
std::string RunPgDump(const PgDumpProgram& program, const PgDumpPlaces& places, const PgDumpRequest& request,
                      const Interrupt* interrupt);

}  // namespace sqlmig
