// The user of the operating system that runs the program.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "manifest/manifest.h"

namespace sqlmig {

struct OsUser {
  std::string name;
  std::filesystem::path home;
};

// The account's entry in the password database; a container may run us under a number that has none.
std::optional<OsUser> FindOsUser();

// For the ledger: USER, LOGNAME, the account's name, or its number when there is nothing else.
std::string OsUserName(const Environment& environment);

}  // namespace sqlmig
