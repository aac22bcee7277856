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

// What is in a file that is to be written anew; nothing where there is none. Throws kIo rather than let a file be
// replaced that is something else.
std::vector<DatabaseEffects> ReadOldEffects(const std::filesystem::path& file);

// What the file is to hold: what is new; of what was not proved now what is old and still of these scripts; other
// databases as they were. By id.
std::vector<DatabaseEffects> MergeEffects(const Project& project, const std::vector<DatabaseEffects>& old,
                                          const std::vector<NewEffects>& proved);

}  // namespace sqlmig
