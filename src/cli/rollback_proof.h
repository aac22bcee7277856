// Holds what a down leaves in the live database against what the file of effects says was there before its up.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/project.h"
#include "exec/step_witness.h"
#include "plan/situation.h"
#include "report/run_report.h"
#include "verify/known_effect.h"

namespace sqlmig {

struct ProofRequest {
  bool required = false;  // a step that does not restore the schema is rolled back; else it is a warning
  std::string file = {};  // of effects; empty: the usual one, which may be missing where nothing is required
};

class RollbackProof : public StepWitness {
 public:
  // Reads the file, unless there is none and there need not be. All outlive it. Throws kIo when it cannot be used;
  // where nobody has asked for it that is a warning.
  RollbackProof(const Project& project, Context& context, const DatabaseEntry& database, const ProofRequest& request);

  // Finds the effects of the down steps. Throws kUnproved when one is to be proved and its effect is not known, or was
  // kept from another major version than that of the server (as libpq gives it).
  void Prepare(const std::vector<PreparedStep>& steps, const Situation& situation, int server_version);

  // Only where a proof is required: the lock of a step is not held for a comparison that nobody has asked for.
  bool HoldsCommit(const PreparedStep& step) const override;
  // Throws kNotRestored, and what keeps it from looking, where a proof is required.
  void Look(const PreparedStep& step, Connection& connection) override;

  // What was seen of the steps that are done or failed; of the former it warns.
  std::map<MigrationId, StepProof> Finish(const RunResult& result);

 private:
  Snapshot ReadSchema(Connection& connection) const;

  const Project& project_;
  Context& context_;
  const DatabaseEntry& database_;
  bool required_;
  DatabaseEffects effects_;
  std::map<MigrationId, KnownEffect> known_;  // of the steps to come
  std::map<MigrationId, StepProof> seen_;
};

}  // namespace sqlmig
