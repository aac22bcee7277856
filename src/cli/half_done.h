// Steps without a transaction that were interrupted half-way: nothing may be built on them.
#pragma once

#include "manifest/manifest.h"
#include "model/plan.h"
#include "plan/situation.h"
#include "support/error.h"

namespace sqlmig {

// kInterrupted, with the ways out.
Error HalfDoneIn(const DatabaseEntry& database, const AppliedMigration& row, const Situation& situation);

// What is half done is finished before anything else, in the direction in which it was begun. Throws kInterrupted for a
// plan that does not want that: nobody knows what half a script means for other steps.
void ResumeFirst(const DatabaseEntry& database, const Situation& situation, Plan* plan);

}  // namespace sqlmig
