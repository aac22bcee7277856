// Somebody who looks at what a step has left in the database, before its COMMIT or behind it.
#pragma once

#include "exec/script_store.h"
#include "pg/connection.h"

namespace sqlmig {

class StepWitness {
 public:
  virtual ~StepWitness() = default;

  // Whether the COMMIT of a transactional step waits for Look(): it is a message of its own then.
  virtual bool HoldsCommit(const PreparedStep& step) const = 0;

  // The step has been run. A transaction that is open is left as it was. What is thrown stops the run: a step whose
  // COMMIT is held is rolled back, and tried again where a lock was not to be had; any other step stays.
  virtual void Look(const PreparedStep& step, Connection& connection) = 0;
};

}  // namespace sqlmig
