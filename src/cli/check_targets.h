#pragma once

#include <vector>

#include "cli/project.h"
#include "plan/target.h"

namespace sqlmig {

// A target that some of several databases know and others do not was meant for the former: throws kTarget (kHeads for a
// `head` that is several) before any of them is changed. What no checkout knows may still be known to a ledger.
void CheckTargets(const Project& project, const std::vector<const DatabaseEntry*>& selected,
                  const std::vector<TargetTerm>& terms);

}  // namespace sqlmig
