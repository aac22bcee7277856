#include "verify/round_trip.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "verify/failure.h"
#include "verify/one_owner.h"

namespace sqlmig {

using Way = MigrationProof::Way;

// The states of one round trip; what was not reached is empty.
struct RoundTrips::Schemas {
  Snapshot before;
  Snapshot after;
  std::optional<Snapshot> restored;  // by down
  std::optional<Snapshot> again;     // by the second up
  RowDigests rows_before;
  RowDigests rows_after;
  RowDigests rows_restored;
  RowDigests rows_again;
  bool had_rows = false;  // before the up
  bool has_rows = false;  // behind it
};

RoundTripResult RoundTrips::Next() {
  const std::size_t rank = walk_.rank();
  const Subject& subject = world_.subject;
  RoundTripResult result;
  result.proof.id = subject.At(rank).id;
  if (!walk_.CanTryNext()) {
    result.proof.up = result.proof.down = result.proof.up_again = Way::kNotTried;
    walk_.NextHasFailed();
    return result;
  }
  if (subject.IsProved(rank) || subject.HasPair(rank)) {
    Prove(rank, &result);
    return result;
  }
  if (const auto error = walk_.Next()) AddFailure(rank, VerifyCode::kUpFailed, *error, &result);
  schema_.reset();
  return result;
}

RowDigests RoundTrips::ReadRowsIf(bool wanted, Replay& replay) {
  return wanted ? ReadRows(replay.connection(), world_.settings.ledger.schema()) : RowDigests();
}

void RoundTrips::AddFailure(std::size_t rank, VerifyCode code, const Error& error, RoundTripResult* result) {
  result->findings.push_back(FailureOf(world_.subject.At(rank), code, error));
  if (code == VerifyCode::kUpFailed) {
    result->proof.up = Way::kFailed;
    result->proof.down = result->proof.up_again = Way::kNotTried;
  } else if (code == VerifyCode::kDownFailed) {
    result->proof.down = Way::kFailed;
    result->proof.up_again = Way::kNotTried;
  } else {
    result->proof.up_again = Way::kFailed;
  }
}

void RoundTrips::Prove(std::size_t rank, RoundTripResult* result) {
  Schemas schemas;
  schemas.had_rows = walk_.HasRows();
  schemas.before = schema_ ? std::move(*schema_) : walk_.replay().ReadSchema();
  schema_.reset();
  schemas.rows_before = ReadRowsIf(schemas.had_rows, walk_.replay());
  if (!RunUp(rank, result, &schemas)) {
    schema_ = std::move(schemas.before);  // a failed up leaves nothing
    return;
  }
  if (world_.subject.IsProved(rank)) {
    const Migration& migration = world_.subject.At(rank);
    if (migration.down.kind == ScriptRef::Kind::kMissing) {
      result->proof.down = result->proof.up_again = Way::kIrreversible;
    } else {
      schemas.has_rows = walk_.HasRows();
      const bool inside = world_.subject.Up(rank).step.transactional && world_.subject.Down(rank).step.transactional;
      if (!inside || !GoBackInside(rank, &schemas)) GoBackInCopy(rank, result, &schemas);
    }
    if (world_.keeps_effects) KeepEffect(rank, schemas, result);
    JudgeSchemas(rank, schemas, result);
    JudgeRows(rank, schemas, result);
  }
  schema_ = std::move(schemas.after);
}

// The first up, which stays in the walk's database. False: it failed.
bool RoundTrips::RunUp(std::size_t rank, RoundTripResult* result, Schemas* schemas) {
  const bool transactional = world_.subject.Up(rank).step.transactional;
  return transactional ? RunUpInside(rank, result, schemas) : RunUpInCopyFirst(rank, result, schemas);
}

// In the transaction that is still open the locks tell what the script has used.
bool RoundTrips::RunUpInside(std::size_t rank, RoundTripResult* result, Schemas* schemas) {
  Replay& replay = walk_.replay();
  const PreparedStep& up = world_.subject.Up(rank);
  Replay::Locks locks;
  std::optional<Error> error = replay.RunInside(up);
  if (!error) {
    const bool wanted = world_.subject.HasPair(rank);
    if (wanted) locks = replay.ReadLocks(world_.shadow);
    schemas->after = replay.ReadSchema();
    error = replay.Commit();
    if (!error && wanted) {
      result->effect = EffectOf(up.script.sql, schemas->before, schemas->after, locks.relations);
      result->effect->reads_catalog |= locks.reads_catalog;
    }
  }
  if (error) {
    AddFailure(rank, VerifyCode::kUpFailed, *error, result);
    walk_.NextHasFailed();
    return false;
  }
  walk_.NextIsDone();
  return true;
}

// What a script without a transaction leaves when it fails would stay.
bool RoundTrips::RunUpInCopyFirst(std::size_t rank, RoundTripResult* result, Schemas* schemas) {
  const PreparedStep& up = world_.subject.Up(rank);
  result->proof.in_copy = true;
  {
    const ServerTurn turn = world_.Turn();
    const ScratchDatabase copy = walk_.Copy();
    Replay replay(world_.settings, copy);
    if (const auto error = replay.Run(up)) {
      AddFailure(rank, VerifyCode::kUpFailed, *error, result);
      walk_.NextHasFailed();
      return false;
    }
  }
  if (const auto error = walk_.Next()) {
    AddFailure(rank, VerifyCode::kUpFailed, *error, result);
    return false;
  }
  schemas->after = walk_.replay().ReadSchema();
  if (world_.subject.HasPair(rank)) {
    result->effect = EffectOf(up.script.sql, schemas->before, schemas->after, {});
    // Its locks are gone with each of its statements.
    result->effect->reads_catalog = true;
  }
  return true;
}

// Down and up again in one transaction that is rolled back, so that what an inexact down leaves does not disturb the
// proofs that follow. False: a step failed, which in a transaction of its own it might not.
bool RoundTrips::GoBackInside(std::size_t rank, Schemas* schemas) {
  Replay& replay = walk_.replay();
  schemas->rows_after = ReadRowsIf(schemas->has_rows, replay);
  if (replay.RunInside(world_.subject.Down(rank))) return false;
  schemas->restored = replay.ReadSchema();
  schemas->rows_restored = ReadRowsIf(schemas->has_rows, replay);
  if (replay.RunInside(world_.subject.Up(rank))) return false;
  schemas->again = replay.ReadSchema();
  schemas->rows_again = ReadRowsIf(schemas->has_rows, replay);
  replay.RollBack();
  return true;
}

void RoundTrips::GoBackInCopy(std::size_t rank, RoundTripResult* result, Schemas* schemas) {
  result->proof.in_copy = true;
  schemas->restored.reset();
  schemas->again.reset();
  const ServerTurn turn = world_.Turn();
  const ScratchDatabase copy = walk_.Copy();
  Replay replay(world_.settings, copy);
  schemas->rows_after = ReadRowsIf(schemas->has_rows, replay);
  if (const auto error = replay.Run(world_.subject.Down(rank))) {
    return AddFailure(rank, VerifyCode::kDownFailed, *error, result);
  }
  schemas->restored = replay.ReadSchema();
  schemas->rows_restored = ReadRowsIf(schemas->has_rows, replay);
  if (const auto error = replay.Run(world_.subject.Up(rank))) {
    return AddFailure(rank, VerifyCode::kUpAgainFailed, *error, result);
  }
  schemas->again = replay.ReadSchema();
  schemas->rows_again = ReadRowsIf(schemas->has_rows, replay);
}

// Of an inexact down, too: with it a rollback is told what it leaves.
void RoundTrips::KeepEffect(std::size_t rank, const Schemas& schemas, RoundTripResult* result) {
  const Migration& migration = world_.subject.At(rank);
  if (migration.down.kind == ScriptRef::Kind::kMissing) return;
  const MigrationRecord& record = world_.subject.Up(rank).record;
  KnownEffect known{migration.id, record.up.tokens, record.down.tokens, {}, world_.shadow.server_version() / 10000};
  if (schemas.before.fingerprint() != schemas.after.fingerprint()) {
    const auto owners = ReadOwners(walk_.replay().connection(), world_.settings.ledger.schema());
    known.objects = TouchedObjects(WithOneOwner(schemas.before, owners), WithOneOwner(schemas.after, owners));
  }
  result->known = std::move(known);
}

void RoundTrips::JudgeSchemas(std::size_t rank, const Schemas& schemas, RoundTripResult* result) {
  const Migration& migration = world_.subject.At(rank);
  const TextLocation manifest = world_.subject.manifest().Location(migration.down.declared_at);
  if (migration.down.kind == ScriptRef::Kind::kMissing) {
    result->findings.push_back(Irreversible(migration, manifest));
    return;
  }
  const bool none = migration.down.kind == ScriptRef::Kind::kNone;
  if (none && result->proof.down == Way::kProved) result->proof.down = Way::kNone;
  if (none && schemas.after.fingerprint() != schemas.before.fingerprint()) {
    result->proof.down = Way::kFailed;
    result->findings.push_back(DownNoneButChanges(migration, manifest, Compare(schemas.before, schemas.after)));
    // That up fails the second time follows from it.
    std::erase_if(result->findings,
                  [](const VerifyFinding& finding) { return finding.code == VerifyCode::kUpAgainFailed; });
    return;
  }
  if (!none && schemas.restored && schemas.restored->fingerprint() != schemas.before.fingerprint()) {
    VerifyFinding inexact = DownInexact(migration, Compare(schemas.before, *schemas.restored));
    if (inexact.code != VerifyCode::kColumnOrder || world_.strict) result->proof.down = Way::kFailed;
    result->findings.insert(result->findings.begin(), std::move(inexact));
  }
  if (schemas.again && schemas.again->fingerprint() != schemas.after.fingerprint()) {
    VerifyFinding differs = UpAgainDiffers(migration, Compare(schemas.after, *schemas.again));
    if (differs.code != VerifyCode::kColumnOrder || world_.strict) result->proof.up_again = Way::kFailed;
    result->findings.push_back(std::move(differs));
  }
}

void RoundTrips::JudgeRows(std::size_t rank, const Schemas& schemas, RoundTripResult* result) {
  const Migration& migration = world_.subject.At(rank);
  if (!schemas.has_rows || !schemas.restored) return;
  std::vector<std::string> changed;
  if (schemas.had_rows) changed = Changed(schemas.rows_before, schemas.rows_restored);
  const RowDigests stayed = WithOldNames(schemas.rows_after, schemas.rows_restored);
  if (schemas.again) {
    RowDigests kept = schemas.rows_after;
    // What down destroyed, up makes anew; that it is empty then is no surprise.
    KeepWhatStayed(stayed, &kept);
    for (std::string& text : Changed(kept, schemas.rows_again)) {
      const bool said = std::find(changed.begin(), changed.end(), text) != changed.end();
      if (!said) changed.push_back(std::move(text));
    }
  }
  if (!changed.empty()) {
    result->proof.down = Way::kFailed;
    result->findings.push_back(DataLost(migration, changed));
  }
  const std::vector<std::string> destroyed = Destroyed(schemas.rows_after, stayed);
  if (!destroyed.empty()) result->findings.push_back(RowsDestroyed(migration, destroyed));
}

}  // namespace sqlmig
