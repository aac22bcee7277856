// What distinguishes a live schema from the one that it should be.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "catalog/difference.h"
#include "model/ignore_pattern.h"
#include "model/migration_id.h"
#include "verify/remedy.h"
#include "verify/remedy_order.h"

namespace sqlmig {

// A schema with what one must know of its server to compare it with one from elsewhere.
struct DescribedSchema {
  Snapshot snapshot;
  std::vector<std::string> owners;      // ReadOwners()
  int server_version = 0;               // 150014
  std::string database;                 // its name in the manifest
  std::vector<MigrationId> migrations;  // applied, in their order
};

// The migration that made, or last changed, what is expected.
struct DriftCause {
  MigrationId migration;
  TextLocation at;  // of the statement; without a line: of the script; without a file: it has none
};

struct DriftItem {
  Difference difference;            // from what is expected to what is there
  bool expected = false;            // the object is among what is expected
  std::optional<DriftCause> cause;  // nothing: not known
  Remedy heal;                      // brings back what is expected
  Remedy accept;                    // what a migration would hold that makes it expected
};

struct PatternUse {
  std::string pattern;
  std::size_t matched = 0;
};

struct Drift {
  std::vector<DriftItem> items;    // in the order in which they are healed; those that nothing heals come last
  std::vector<RemedyStep> heal;    // all statements, in an order in which they can be executed in one go
  std::vector<RemedyStep> accept;  // without those that an earlier one repeats
  std::size_t ignored = 0;
  std::vector<PatternUse> patterns;
};

// Roles that stand for the owner, on either side, count as one (verify/one_owner.h). Causes are not known yet.
Drift FindDrift(const DescribedSchema& expected, const DescribedSchema& found,
                const std::vector<IgnorePattern>& patterns);

// Both sides' owners, each once: what WithOneOwner is to be given before the two are compared.
std::vector<std::string> AllOwners(const DescribedSchema& expected, const DescribedSchema& found);

}  // namespace sqlmig
