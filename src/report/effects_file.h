// Effects as a file that is committed with the migrations: JSON that is the same for the same effects, a property a
// line.
#pragma once

#include <string>
#include <vector>

#include "verify/known_effect.h"

namespace sqlmig {

// Number of the format; changed when a file of another could not be used any more.
inline constexpr int kEffectsFileVersion = 1;

std::string EffectsFileText(const std::vector<DatabaseEffects>& effects);
// Throws kIo, as a sentence about "this", when the text is no such file, or of an unknown version.
std::vector<DatabaseEffects> ParseEffectsFile(const std::string& text);

}  // namespace sqlmig
