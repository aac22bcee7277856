// One entry of `migrations:`.
#pragma once

#include <optional>
#include <string>

#include "manifest/node_reader.h"
#include "model/migration.h"

namespace sqlmig {

// Nothing when the entry has no usable id. `directory` is the database's, as ParseInnerPath gives it.
std::optional<Migration> ReadMigration(const NodeReader& reader, const YamlNode& entry, const std::string& directory);

// `settings:`, `role` and `search_path` of a defaults block or `settings:` of a migration: adds to `target`.
void ReadSettings(const NodeReader& reader, const Field& field, StepSettings& target);

}  // namespace sqlmig
