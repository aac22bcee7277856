#include "manifest/probes.h"

#include "manifest/problems.h"
#include "manifest/yaml_document.h"

namespace sqlmig {
namespace {

const YamlNode* Value(const YamlDocument& document, const YamlNode& map, std::string_view name) {
  const YamlNode* found = nullptr;
  ForEachPair(map, [&](const YamlNode& key, const YamlNode& value) {
    if (document.Text(key) == name) found = &value;
  });
  return found;
}

void AddProbes(const YamlDocument& document, const YamlNode& map, std::vector<ProbeQuery>* probes) {
  const YamlNode* const list = Value(document, map, "probes");
  if (list == nullptr) return;
  ForEachItem(*list, [&](const YamlNode& item) {
    probes->push_back({std::string(document.Text(item)), document.At(item)});
  });
}

}  // namespace

std::vector<ProbeQuery> ReadProbes(const Manifest& manifest, const DatabaseEntry& database) {
  Problems none;
  const YamlDocument document = YamlDocument::Parse(manifest.text, none);
  std::vector<ProbeQuery> probes;
  if (document.root() == nullptr) return probes;
  AddProbes(document, *document.root(), &probes);
  const YamlNode* const databases = Value(document, *document.root(), "databases");
  const YamlNode* const own = databases == nullptr ? nullptr : Value(document, *databases, database.name);
  if (own != nullptr) AddProbes(document, *own, &probes);
  return probes;
}

}  // namespace sqlmig
