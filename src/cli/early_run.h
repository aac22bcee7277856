// The connection of `apply`, begun while the manifest is still being read: the server needs about as long to start a
// session as we need to read a thousand migrations.
#pragma once

#include <memory>
#include <string>

#include "cli/project.h"
#include "pg/opening.h"

namespace sqlmig {

struct EarlyRun {
  std::string id;  // of the run, which the session names
  std::unique_ptr<Opening> opening;
};

// Null when `head` (project.h) does not say for sure where the run will go. Never throws: what is wrong is found, and
// said, when the manifest has been read.
std::shared_ptr<EarlyRun> BeginEarlyRun(const Project& head, const Context& context);

}  // namespace sqlmig
