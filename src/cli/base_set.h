// The migrations that another state of the manifest has: of a branch, of a release.
#pragma once

#include <map>
#include <set>
#include <string>

#include "cli/project.h"

namespace sqlmig {

// Ids by the name of their database.
using BaseSet = std::map<std::string, std::set<std::string>>;

// `base`: a file that is there, else a commit of the git repository that the manifest lies in, whose manifest of the
// same name is read. Throws kUsage when it is neither (with what git says), kManifest when that manifest is wrong.
BaseSet ReadBaseSet(const Project& project, const Context& context, const std::string& base);

}  // namespace sqlmig
