// The installed PostgreSQL server programs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "embedded/account.h"
#include "embedded/program.h"

namespace sqlmig {

inline constexpr int kOldestMajor = 13;

struct ServerBinaries {
  std::filesystem::path folder;  // holds initdb and postgres
  int major = 0;

  std::filesystem::path Path(std::string_view program) const { return folder / program; }
};

// What the programs of this folder are; nullopt when initdb or postgres is missing there or does not run.
std::optional<ServerBinaries> InspectBinaries(const std::filesystem::path& folder, const Account* account);

// Every installed server of a major version from 13, newest first: `pg_config --bindir`, the usual folders of packages
// and builds, and PATH.
std::vector<ServerBinaries> InstalledBinaries(std::string_view path_variable);

// The programs to make a new cluster with: `explicit_folder` if given, else the newest. Throws kConnection with what
// can be installed.
ServerBinaries NewestBinaries(const std::optional<std::filesystem::path>& explicit_folder,
                              std::string_view path_variable, const Account& account);

// The programs for a cluster of this major version: `explicit_folder` if given, else the folder it was made with, else
// any of that version. Throws kConnection naming both versions.
ServerBinaries BinariesFor(int major, const std::filesystem::path& made_with,
                           const std::optional<std::filesystem::path>& explicit_folder, std::string_view path_variable,
                           const Account& account);

// A run of one of the programs: nothing of our environment but what PostgreSQL needs.
Program ServerProgram(const ServerBinaries& binaries, std::string_view name, const Account& account);

// The libraries that a bundle keeps beside its programs without telling the loader; nothing where there are none.
std::optional<std::filesystem::path> BundledLibraries(const std::filesystem::path& folder);

// The major version that `program --version` tells; 0 when it cannot be run or is not PostgreSQL's. The arguments are
// not used.
int MajorVersionOf(Program program);

// Every executable file of that name: first in PATH, then in the usual folders of packages and builds.
std::vector<std::filesystem::path> FindPrograms(std::string_view program, std::string_view path_variable);

// The first executable file of that name in the folders of PATH.
std::optional<std::filesystem::path> FindInPath(std::string_view program, std::string_view path_variable);

}  // namespace sqlmig
