#include "cli/embedded_home.h"

#include <unistd.h>

#include "cli/project.h"

namespace sqlmig {

std::filesystem::path StateHome(const Environment& environment, bool root, const std::optional<OsUser>& user) {
  const auto variable = [&](const char* name) { return std::filesystem::path(environment(name).value_or("")); };
  if (const auto home = variable("SQLMIG_EMBEDDED_HOME"); !home.empty()) return home;
  // The specification of XDG_STATE_HOME wants a relative path to be ignored; a relative HOME means as little.
  if (const auto state = variable("XDG_STATE_HOME"); state.is_absolute()) return state;
  // A server refuses root and runs as another user, who cannot enter root's home.
  if (root) return "/var/lib";
  std::filesystem::path home = variable("HOME");
  if (!home.is_absolute() && user) home = user->home;
  if (home.is_absolute()) return home / ".local" / "state";
  throw Error(ErrorCode::kUsage, "there is no place for the private PostgreSQL: this user has no home folder")
      .Hint("set HOME, or SQLMIG_EMBEDDED_HOME to a folder of this user");
}

EmbeddedSettings EmbeddedHome(const Environment& environment) {
  EmbeddedSettings settings;
  settings.state_home = StateHome(environment, geteuid() == 0, FindOsUser());
  settings.runtime_home = "/tmp";
  const std::string bin = environment("SQLMIG_EMBEDDED_BIN").value_or("");
  if (!bin.empty()) settings.bin_dir = bin;
  settings.path_variable = environment("PATH").value_or("");
  return settings;
}

EmbeddedSettings EmbeddedHome(const Project& project) {
  EmbeddedSettings settings = EmbeddedHome(project.environment);
  std::error_code ignored;
  settings.project_folder = std::filesystem::canonical(project.manifest.folder(), ignored);
  return settings;
}

Conninfo EmbeddedConninfo(const Project& project, const Context& context, const DatabaseEntry& database) {
  EmbeddedServer server(EmbeddedHome(project));
  server.Start(context.interrupt);
  server.EnsureDatabase(database.name);
  return Conninfo::Parse(server.Conninfo(database.name));
}

}  // namespace sqlmig
