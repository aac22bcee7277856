// Only for manifest/edit*.cpp: finding one's way in a manifest's nodes, and the text of an entry.
#pragma once

#include <string>
#include <string_view>

#include "manifest/edit.h"
#include "manifest/yaml_document.h"

namespace sqlmig {

// A map's key with its value; null when it is not there.
struct Pair {
  const YamlNode* key = nullptr;
  const YamlNode* value = nullptr;
};

Pair FindKey(const YamlDocument& document, const YamlNode& map, std::string_view name);

// The map that holds a database's `migrations:`; null when there is none.
const YamlNode* FindOwner(const YamlDocument& document, const Manifest& manifest, std::string_view database);

// An id that would mean nothing without quotes has them.
std::string QuotedId(const MigrationId& id);

// {id: ..., depends_on: [...], description: "..."}
std::string EntryText(const NewEntry& entry);

// Whether the migration is what the entry says.
bool IsEntry(const Migration& migration, const NewEntry& entry);

// Throws kManifest when it cannot be added: the id is taken, the description cannot be written.
void CheckEntry(const Manifest& manifest, const std::string& database, const NewEntry& entry);

}  // namespace sqlmig
