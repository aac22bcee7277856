// `probes:` of the manifest: queries whose answers must not depend on the order in which migrations were applied.
#pragma once

#include <string>
#include <vector>

#include "manifest/manifest.h"

namespace sqlmig {

struct ProbeQuery {
  std::string sql;
  TextPosition declared_at;
};

// Those of the whole file first, then the database's own. They are read from the manifest's text when they are asked
// for: only proofs need them. REQUIRES: the manifest has no problems.
std::vector<ProbeQuery> ReadProbes(const Manifest& manifest, const DatabaseEntry& database);

}  // namespace sqlmig
