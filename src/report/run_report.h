// What apply, rollback and redo did.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/difference.h"
#include "exec/row_loss.h"
#include "exec/runner.h"
#include "report/format.h"
#include "report/schema_report.h"

namespace sqlmig {

// What the schema was found to be behind a down whose up is known by its effect.
struct StepProof {
  std::vector<Difference> differences;  // none: what was there before the up is back
  std::string problem;                  // why it could not be looked at; empty: it was
};

struct DatabaseRun {
  std::string name;
  RunResult result;
  std::size_t applied_before = 0;                         // for "nothing to do"
  std::optional<std::vector<std::string>> current_after;  // none: it was not looked at
  bool fake = false;                                      // only the ledger was written
  std::string notice;                                     // why nothing was tried (a fleet without a member)
  std::vector<RowLoss> destroys;                          // that was known before the first step
  std::map<MigrationId, StepProof> proofs;                // of down steps
  std::optional<DatabaseDump> dump;                       // the schema file, when it was asked for
  std::optional<Error> dump_error;                        // why it was not written
  bool begun = true;                                      // of a member: false when its turn did not come
  bool fleet = false;                                     // it stands for `members`, and only they were run
  std::vector<DatabaseRun> members;                       // by their own names, in their order
};

struct RunReport {
  std::string command;
  std::vector<DatabaseRun> databases;
  std::filesystem::path folder = {};  // of the manifest, as seen from here
};

std::string Render(const RunReport& report, Format format);

}  // namespace sqlmig
