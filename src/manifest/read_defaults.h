// `defaults:` of the file and of a database.
#pragma once

#include "manifest/manifest.h"
#include "manifest/node_reader.h"

namespace sqlmig {

// `base` with what the field says set over it.
Defaults ReadDefaults(const NodeReader& reader, const Field& field, Defaults base);

}  // namespace sqlmig
