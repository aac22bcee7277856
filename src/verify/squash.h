// One script in the place of several migrations, and the proof that it gives the same: schema, rows and sequences.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/difference.h"
#include "plan/squash_set.h"
#include "verify/replay.h"
#include "verify/scratch.h"
#include "verify/subject.h"

namespace sqlmig {

struct SquashRequest {
  const Subject& subject;
  const SquashSet& set;
  const Migration& squash;  // what the script belongs to
  const ReplaySettings& settings;
  // The SQL that makes schema and rows of a database, without the ledger's schema. `without_rows`: tables and
  // sequences, as SQL names them, whose state is left out. Only called when the set begins at base.
  std::function<std::string(const Conninfo&, const std::vector<std::string>& without_rows, bool owners)> dump;
  std::function<void(std::size_t done, std::size_t total, const std::string& id)> progress;
};

struct SquashedRows {
  std::string table;
  std::int64_t rows = 0;
};

struct SquashProof {
  std::string up;                  // the script
  std::vector<SquashedRows> rows;  // tables that have rows behind the set, and how many
  // Why it is not the same; all empty: it is.
  std::vector<Difference> differences;  // before: the originals; after: the squash
  std::vector<std::string> other_rows;  // "public.users has 2 rows instead of 3"
  std::optional<Error> failed;          // the script does not run

  bool holds() const { return differences.empty() && other_rows.empty() && !failed; }
};

// From base: the dump of what the migrations make. Else: their scripts one after the other. Throws kScript for what
// cannot be one script in one transaction (says which migration and why); what the originals' own scripts fail with.
SquashProof MakeSquash(Shadow& shadow, const SquashRequest& request);

}  // namespace sqlmig
