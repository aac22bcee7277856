// Where databases are: `url:` and `fleet:`. The only values in which `${VAR}` is replaced. What they become is never
// part of an error, since it may hold a password.
#pragma once

#include <optional>
#include <string>

#include "manifest/manifest.h"
#include "manifest/node_reader.h"

namespace sqlmig {

// Nothing when a variable is not set or nothing is left.
std::optional<std::string> ReadUrl(const NodeReader& reader, const Field& field, const Environment& environment);

// `registry` is not compared with the databases yet.
std::optional<Fleet> ReadFleet(const NodeReader& reader, const Field& field, const Environment& environment);

}  // namespace sqlmig
