// Up, down, up again: whether a migration's way back restores the schema that was there.
#pragma once

#include <optional>
#include <vector>

#include "verify/effect.h"
#include "verify/result.h"
#include "verify/row_digest.h"
#include "verify/walk.h"

namespace sqlmig {

// One migration's part of the result.
struct RoundTripResult {
  MigrationProof proof;
  std::vector<VerifyFinding> findings;
  std::optional<Effect> effect;      // of its up; nothing: it was not asked for, or up failed
  std::optional<KnownEffect> known;  // the same of one that is proved and has a way back
};

// Goes with a walk through a range of migrations and proves those that are to be proved.
class RoundTrips {
 public:
  RoundTrips(const ProofWorld& world, Walk& walk) : world_(world), walk_(walk) {}

  // Proves the walk's next migration, or only applies it when it need not be proved.
  RoundTripResult Next();

 private:
  struct Schemas;
  void Prove(std::size_t rank, RoundTripResult* result);
  bool RunUp(std::size_t rank, RoundTripResult* result, Schemas* schemas);
  bool RunUpInside(std::size_t rank, RoundTripResult* result, Schemas* schemas);
  bool RunUpInCopyFirst(std::size_t rank, RoundTripResult* result, Schemas* schemas);
  bool GoBackInside(std::size_t rank, Schemas* schemas);
  void GoBackInCopy(std::size_t rank, RoundTripResult* result, Schemas* schemas);
  void KeepEffect(std::size_t rank, const Schemas& schemas, RoundTripResult* result);
  void JudgeSchemas(std::size_t rank, const Schemas& schemas, RoundTripResult* result);
  void JudgeRows(std::size_t rank, const Schemas& schemas, RoundTripResult* result);
  RowDigests ReadRowsIf(bool wanted, Replay& replay);
  void AddFailure(std::size_t rank, VerifyCode code, const Error& error, RoundTripResult* result);

  const ProofWorld& world_;
  Walk& walk_;
  std::optional<Snapshot> schema_;  // of the walk's database as it is; nothing: not known
};

}  // namespace sqlmig
