// What a proof has shown, as values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/difference.h"
#include "model/migration_id.h"
#include "support/error.h"
#include "verify/known_effect.h"

namespace sqlmig {

// What can be found; VerifyCodeName() gives the word for scripts. The README lists them.
enum class VerifyCode {
  kUpFailed,            // the up script fails
  kDownFailed,          // the down script fails
  kDownInexact,         // down does not restore the schema of before
  kUpAgainFailed,       // after down, up fails
  kUpAgainDiffers,      // after down, up gives another schema than the first time
  kDownNoneButChanges,  // `down: none`, and up changes the schema
  kNotCommuting,        // two migrations that do not depend on each other give different schemas by order
  kOrdersDiffer,        // another order of all migrations gives another schema, and no pair explains it
  kProbeUnsteady,       // a probe query gives another answer each time it is asked
  kProbeFailed,         // a probe query fails when all is applied
  kDataLost,            // rows that down keeps are others afterwards
  kColumnOrder,         // only the order of columns differs
  kDownDisturbs,        // down is exact, but not where another that it does not depend on is applied, too
  kRowsDestroyed,       // how many rows or values a down destroys
  kIrreversible,        // declared so: there is no way back to be proved
};
std::string_view VerifyCodeName(VerifyCode code);
// Codes that do not fail the proof by themselves.
bool IsNote(VerifyCode code);

struct VerifyFinding {
  VerifyCode code = VerifyCode::kUpFailed;
  bool note = false;  // shown, but no failure
  MigrationId migration = {};
  MigrationId other = {};  // of a pair, the one that is later in plan order is `migration`; empty: none
  std::string message = {};
  TextLocation location = {};
  std::string excerpt = {};
  std::string hint = {};
  std::vector<Difference> differences = {};
};

// One migration.
struct MigrationProof {
  enum class Way { kProved, kFailed, kNone, kIrreversible, kNotTried };
  MigrationId id;
  Way up = Way::kProved;
  Way down = Way::kProved;  // kNone: declared, and nothing to undo; kIrreversible: declared
  Way up_again = Way::kProved;
  bool in_copy = false;     // a step runs without a transaction, or failed within one: it was tried in a copy
  std::string reason = {};  // why it was not tried
  bool alone = false;       // from what it depends on alone, because it fails or disturbs where others are applied
};

// Two migrations of which neither depends on the other, and of which is not known that they touch nothing in common.
struct PairProof {
  enum class Verdict {
    kCommutes,
    kColumnOrder,
    kDiffers,
    kNotTried,      // one of them fails, or what it depends on does
    kInconclusive,  // their common state cannot be reached, or one fails there in any order for another reason
  };
  MigrationId first;  // in plan order
  MigrationId second;
  Verdict verdict = Verdict::kCommutes;
  std::string reason = {};  // of kNotTried and kInconclusive
};

struct PairSummary {
  std::size_t unordered = 0;  // pairs of which at least one migration is to be proved
  std::size_t checked = 0;
  std::size_t pruned = 0;  // they touch nothing in common
  std::size_t inconclusive = 0;
  std::size_t swapped = 0;  // pairs that the other order of all has the other way round
};

struct DatabaseProof {
  std::string database;
  std::vector<MigrationProof> migrations;  // in plan order
  std::vector<PairProof> pairs;            // that may touch something in common, in plan order
  PairSummary summary;
  std::size_t in_base = 0;              // migrations that were only applied
  std::vector<VerifyFinding> findings;  // in the order of the migrations they are about
  std::vector<KnownEffect> effects;     // when they were asked for: of what was proved and has a way back
  std::string notice = {};              // why there is nothing to prove; empty: none

  bool ok() const {
    for (const VerifyFinding& finding : findings) {
      if (!finding.note) return false;
    }
    return true;
  }
};

}  // namespace sqlmig
