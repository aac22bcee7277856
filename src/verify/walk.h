// One scratch database that is brought forward in plan order, migration by migration.
#pragma once

#include <optional>
#include <vector>

#include "verify/replay.h"
#include "verify/server_turn.h"
#include "verify/subject.h"

namespace sqlmig {

// What several threads share. None of it changes while they run.
struct ProofWorld {
  const Subject& subject;
  Shadow& shadow;
  const ReplaySettings& settings;
  const ScratchDatabase& empty;       // with nothing but the ledger
  bool makes_server_objects = false;  // MakesServerObjects(subject): one job only
  bool keeps_effects = false;         // VerifyOptions::effects
  bool strict = false;                // VerifyOptions::strict
  // Of the subject's probes, those whose answer is other each time: they are not asked. Set by the thread that reaches
  // the end of the plan's order, before any other asks.
  std::vector<char> unsteady = {};

  ServerTurn Turn() const { return {shadow, subject, makes_server_objects}; }
};

class Walk {
 public:
  // Begins with a copy of the empty database.
  explicit Walk(const ProofWorld& world);

  // How many migrations, in plan order, have been gone through.
  std::size_t rank() const noexcept { return rank_; }
  // Whether the next one can be tried: nothing that it depends on has failed.
  bool CanTryNext() const;
  // Goes through the next one: runs its up unless `done` says that it is applied already, or it cannot be tried. Rows
  // are loaded where they belong. An up that fails is left out, with all that depends on it.
  std::optional<Error> Next();
  void NextIsDone();
  void NextHasFailed();  // or is left out

  bool HasFailed(std::size_t rank) const { return failed_[rank] != 0; }
  bool HasRows() const noexcept { return rows_loaded_; }

  Replay& replay() { return *replay_; }
  // A copy of the database as it is. REQUIRES: no transaction is open.
  ScratchDatabase Copy();
  // A walk that goes on from here in such a copy.
  Walk Branch();

 private:
  Walk(const ProofWorld& world, Walk& from);
  void Go(bool applied);
  void LoadRows();

  const ProofWorld& world_;
  ServerTurn turn_;  // longer than the database
  ScratchDatabase database_;
  std::optional<Replay> replay_;
  std::vector<char> failed_;
  std::size_t rank_ = 0;
  bool rows_loaded_ = false;
};

}  // namespace sqlmig
