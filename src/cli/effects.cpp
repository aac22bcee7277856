#include "cli/effects.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "report/effects_file.h"
#include "support/file.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxEffectsBytes = std::size_t{256} << 20U;

const DatabaseEffects* Find(const std::vector<DatabaseEffects>& all, const std::string& database) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const DatabaseEffects& effects) { return effects.database == database; });
  return found == all.end() ? nullptr : &*found;
}

DatabaseEffects Merge(const NewEffects& proved, const DatabaseEffects* old) {
  const Subject& subject = proved.subject;
  DatabaseEffects merged{subject.database().name, proved.effects};
  for (std::size_t rank = 0; old != nullptr && rank < subject.size(); ++rank) {
    if (subject.IsProved(rank)) continue;
    const MigrationRecord& record = subject.Up(rank).record;
    const KnownEffect* const known = old->Find(record.up.tokens, record.down.tokens);
    if (known == nullptr) continue;
    merged.migrations.push_back(*known);
    merged.migrations.back().id = subject.At(rank).id;
  }
  std::sort(merged.migrations.begin(), merged.migrations.end(),
            [](const KnownEffect& a, const KnownEffect& b) { return a.id < b.id; });
  return merged;
}

}  // namespace

std::filesystem::path UsualEffectsFile(const Project& project) {
  const std::filesystem::path& manifest = project.manifest.file;
  return manifest.parent_path() / (manifest.stem().string() + ".effects.json");
}

std::vector<DatabaseEffects> ReadEffects(const std::filesystem::path& file) {
  const std::string text = ReadFile(file, kMaxEffectsBytes);
  try {
    return ParseEffectsFile(text);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("cannot use '{}': {}", file.string(), error.message())).Hint(error.hint());
  }
}

std::vector<DatabaseEffects> ReadOldEffects(const std::filesystem::path& file) {
  std::error_code failed;
  if (!std::filesystem::is_regular_file(file, failed) || std::filesystem::is_empty(file, failed)) return {};
  try {
    return ReadEffects(file);
  } catch (Error& error) {
    error.SetHint("move it away, or name another file with --effects=FILE; it is not replaced");
    throw;
  }
}

std::vector<DatabaseEffects> MergeEffects(const Project& project, const std::vector<DatabaseEffects>& old,
                                          const std::vector<NewEffects>& proved) {
  std::vector<DatabaseEffects> merged;
  for (const DatabaseEntry& database : project.manifest.databases) {
    const DatabaseEffects* const before = Find(old, database.name);
    const auto now = std::find_if(proved.begin(), proved.end(), [&](const NewEffects& effects) {
      return effects.subject.database().name == database.name;
    });
    if (now != proved.end()) {
      merged.push_back(Merge(*now, before));
    } else if (before != nullptr) {
      merged.push_back(*before);
    }
  }
  return merged;
}

}  // namespace sqlmig
