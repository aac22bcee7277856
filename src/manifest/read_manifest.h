// The manifest's top: databases, defaults, fleets, tags, ledger and log.
#pragma once

#include "manifest/manifest.h"
#include "manifest/node_reader.h"
#include "manifest/yaml_document.h"

namespace sqlmig {

// Fills `manifest` with what the document says; what is wrong goes to `problems`.
void ReadManifest(const YamlDocument& document, const Environment& environment, Problems& problems, Manifest& manifest);

}  // namespace sqlmig
