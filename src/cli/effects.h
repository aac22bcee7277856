// The file of effects that is committed with the migrations.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/project.h"
#include "verify/known_effect.h"
#include "verify/subject.h"

namespace sqlmig {

// migrations.effects.json beside migrations.yaml.
std::filesystem::path UsualEffectsFile(const Project& project);

// Throws kIo: it cannot be read, or is no such file; the file is named.
std::vector<DatabaseEffects> ReadEffects(const std::filesystem::path& file);

// What was proved of one database now.
struct NewEffects {
  const Subject& subject;
  std::vector<KnownEffect> effects;
};

// What the file is to hold: what is new; of what was not proved now what is in the file and is still of these scripts;
// other databases as they are in it. By id. A file that cannot be read counts as none.
std::vector<DatabaseEffects> MergeEffects(const Project& project, const std::filesystem::path& file,
                                          const std::vector<NewEffects>& proved);

}  // namespace sqlmig
