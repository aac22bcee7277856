#include "manifest/manifest.h"

#include <algorithm>
#include <utility>

#include "manifest/problems.h"
#include "manifest/read_manifest.h"
#include "manifest/yaml_document.h"
#include "support/file.h"

namespace sqlmig {

std::filesystem::path Manifest::folder() const {
  std::filesystem::path parent = file.parent_path();
  return parent.empty() ? "." : parent;
}

const DatabaseEntry* Manifest::Find(std::string_view database) const {
  const auto found = std::find_if(databases.begin(), databases.end(),
                                  [&](const DatabaseEntry& entry) { return entry.name == database; });
  return found == databases.end() ? nullptr : &*found;
}

std::string UrlVariable(std::string_view database) {
  std::string name = "SQLMIG_";
  for (const char c : database) name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name + "_URL";
}

std::string ReadManifestText(const std::filesystem::path& file) {
  return ReadFile(file, kMaxManifestBytes);
}

LoadedManifest LoadManifest(const std::filesystem::path& file, const Environment& environment) {
  return ParseManifest(file, ReadManifestText(file), environment);
}

LoadedManifest ParseManifest(std::filesystem::path file, std::string text, const Environment& environment) {
  LoadedManifest loaded;
  Manifest& manifest = loaded.manifest;
  manifest.file = std::move(file);
  manifest.text = std::move(text);
  Problems problems;
  const YamlDocument document = YamlDocument::Parse(manifest.text, problems);
  if (document.root() == nullptr && document.complete()) {
    problems.Add({1, 1}, "the manifest is empty", "start with 'version: 1' and 'migrations: []', or run 'sqlmig init'");
  }
  ReadManifest(document, environment, problems, manifest);
  if (manifest.databases.empty()) manifest.databases.emplace_back().name = "default";
  loaded.problems = std::move(problems).ToErrors(manifest.file.filename(), manifest.text);
  return loaded;
}

}  // namespace sqlmig
