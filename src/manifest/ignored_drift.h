// `drift: {ignore: [...]}` of the manifest: differences from what the migrations say that are not to be told.
#pragma once

#include <vector>

#include "manifest/manifest.h"
#include "model/ignore_pattern.h"

namespace sqlmig {

// The file's patterns, then the database's own. They are read from the manifest's text when they are asked for, which
// only one command does. REQUIRES: the manifest has no problems.
std::vector<IgnorePattern> ReadIgnoredDrift(const Manifest& manifest, const DatabaseEntry& database);

}  // namespace sqlmig
