#include "manifest/read_drift.h"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "manifest/ignored_drift.h"

namespace sqlmig {
namespace {

constexpr std::array<std::string_view, 1> kKeys = {"ignore"};

Field FieldOf(const NodeReader& reader, const YamlNode* map, std::string_view name) {
  Field field{name};
  if (map == nullptr) return field;
  ForEachPair(*map, [&](const YamlNode& key, const YamlNode& value) {
    if (reader.Text(key) == name) field = {name, &key, &value};
  });
  return field;
}

}  // namespace

std::vector<IgnorePattern> ReadDrift(const NodeReader& reader, const Field& field, std::vector<IgnorePattern> base) {
  const auto fields = reader.Map(field, kKeys);
  if (!fields) return base;
  const Field list = (*fields)[0];
  if (!reader.IsList(list, "\"table public.tmp_*\"")) return base;
  std::map<std::string_view, const YamlNode*> places;
  ForEachItem(*list.value, [&](const YamlNode& item) {
    const Field pattern{list.name, nullptr, &item};
    const auto text = reader.NonEmpty(pattern);
    if (!text) return;
    const auto [place, added] = places.emplace(*text, &item);
    if (!added) {
      return reader.Report(item, fmt::format("{} is listed twice in 'ignore'", Quoted(*text)),
                           reader.KeepOne(*place->second));
    }
    try {
      base.push_back(ParseIgnorePattern(*text));
    } catch (const Error& error) {
      reader.Report(item, fmt::format("the pattern {} {}", Quoted(*text), error.message()), error.hint());
    }
  });
  return base;
}

std::vector<IgnorePattern> ReadIgnoredDrift(const Manifest& manifest, const DatabaseEntry& database) {
  Problems none;
  const YamlDocument document = YamlDocument::Parse(manifest.text, none);
  const NodeReader reader(document, none);
  std::vector<IgnorePattern> patterns = ReadDrift(reader, FieldOf(reader, document.root(), "drift"), {});
  const Field databases = FieldOf(reader, document.root(), "databases");
  const Field own = FieldOf(reader, databases.value, database.name);
  return ReadDrift(reader, FieldOf(reader, own.value, "drift"), std::move(patterns));
}

}  // namespace sqlmig
