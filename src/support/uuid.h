#pragma once

#include <string>

namespace sqlmig {

// A random (version 4) UUID in lower case, from the system's generator.
std::string RandomUuid();

}  // namespace sqlmig
