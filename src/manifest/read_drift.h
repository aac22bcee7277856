// `drift:` of the file and of a database.
#pragma once

#include <vector>

#include "manifest/node_reader.h"
#include "model/ignore_pattern.h"

namespace sqlmig {

// `base` with the patterns of the field behind it; what is wrong is reported.
std::vector<IgnorePattern> ReadDrift(const NodeReader& reader, const Field& field, std::vector<IgnorePattern> base);

}  // namespace sqlmig
