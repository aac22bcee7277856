#include "verify/walk.h"

namespace sqlmig {

Walk::Walk(const ProofWorld& world)
    : world_(world), turn_(world.Turn()), database_(world.shadow.Copy(world.empty)), failed_(world.subject.size(), 0) {
  replay_.emplace(world.settings, database_);
  LoadRows();
}

Walk::Walk(const ProofWorld& world, Walk& from)
    : world_(world),
      turn_(world.Turn()),
      database_(from.Copy()),
      failed_(from.failed_),
      rank_(from.rank_),
      rows_loaded_(from.rows_loaded_) {
  replay_.emplace(world.settings, database_);
}

bool Walk::CanTryNext() const {
  for (std::size_t before = 0; before < rank_; ++before) {
    if (failed_[before] != 0 && world_.subject.DependsOn(rank_, before)) return false;
  }
  return true;
}

std::optional<Error> Walk::Next() {
  std::optional<Error> error;
  const bool can = CanTryNext();
  if (can) error = replay_->Run(world_.subject.Up(rank_));
  Go(can && !error);
  return error;
}

void Walk::NextIsDone() {
  Go(true);
}

void Walk::NextHasFailed() {
  Go(false);
}

void Walk::Go(bool applied) {
  failed_[rank_] = applied ? 0 : 1;
  ++rank_;
  LoadRows();
}

// A file of rows that does not fit its state is no finding: nobody has proved anything by it.
void Walk::LoadRows() {
  const std::optional<DataFile>& data = world_.subject.data();
  if (!data || rows_loaded_ || rank_ != world_.subject.data_rank()) return;
  rows_loaded_ = true;
  std::optional<Error> error = replay_->RunScript(data->script, data->path);
  if (!error) return;
  error->SetHint(
      rank_ == 0
          ? "the rows are loaded before the first migration; write --data FILE.sql@ID to load them behind another"
          : "the rows are loaded behind " + world_.subject.At(rank_ - 1).id.str() +
                "; write --data FILE.sql@ID to load them behind another migration");
  throw *error;
}

ScratchDatabase Walk::Copy() {
  replay_.reset();
  ScratchDatabase copy = world_.shadow.Copy(database_);
  replay_.emplace(world_.settings, database_);
  return copy;
}

Walk Walk::Branch() {
  return {world_, *this};
}

}  // namespace sqlmig
