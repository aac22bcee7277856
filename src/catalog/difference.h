// What distinguishes two schemas, one thing after the other.
#pragma once

#include <string>
#include <vector>

#include "catalog/snapshot.h"

namespace sqlmig {

struct Difference {
  std::string kind;    // of the object
  std::string object;  // its name
  std::string what;    // the property, or "object" when all of it is missing or new, or "column order"
  std::string before;  // empty: not there, or at its default
  std::string after;

  bool operator==(const Difference&) const = default;
};

// Ordered as the objects; empty exactly if the fingerprints are equal. What is missing or new together with its parent
// (columns of a table, the index of a constraint, a sequence owned by a column) is not listed again: the parent's
// summary has it. Nor is the sequence of a column that is or was no identity.
std::vector<Difference> Compare(const Snapshot& before, const Snapshot& after);

// Only the order of the columns that both sides have: branches that both add columns differ in it.
bool IsColumnOrder(const Difference& difference);

}  // namespace sqlmig
