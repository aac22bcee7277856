// `drift:` of the file and of a database.
#pragma once

#include <vector>

#include "manifest/manifest.h"
#include "manifest/node_reader.h"
#include "model/ignore_pattern.h"

namespace sqlmig {

// `base` with the patterns of the field behind it; what is wrong is reported.
std::vector<IgnorePattern> ReadDrift(const NodeReader& reader, const Field& field, std::vector<IgnorePattern> base);

// What is not to be told of a database: the file's patterns, then its own. They are read from the manifest's text when
// they are asked for, which only one command does. REQUIRES: the manifest has no problems.
std::vector<IgnorePattern> ReadIgnoredDrift(const Manifest& manifest, const DatabaseEntry& database);

}  // namespace sqlmig
