#include "cli/embedded_home.h"

#include <unistd.h>

#include "cli/project.h"

namespace sqlmig {

EmbeddedSettings EmbeddedHome(const Project& project) {
  const auto variable = [&](const char* name) { return project.environment(name).value_or(""); };
  EmbeddedSettings settings;
  std::error_code ignored;
  settings.project_folder = std::filesystem::canonical(project.manifest.folder(), ignored);
  if (const std::string home = variable("SQLMIG_EMBEDDED_HOME"); !home.empty()) {
    settings.state_home = home;
  } else if (const std::string state = variable("XDG_STATE_HOME"); !state.empty()) {
    settings.state_home = state;
  } else if (geteuid() == 0) {
    // A server refuses root and runs as another user, who cannot enter root's home.
    settings.state_home = "/var/lib";
  } else {
    settings.state_home = std::filesystem::path(variable("HOME")) / ".local" / "state";
  }
  settings.runtime_home = "/tmp";
  if (const std::string bin = variable("SQLMIG_EMBEDDED_BIN"); !bin.empty()) settings.bin_dir = bin;
  settings.path_variable = variable("PATH");
  return settings;
}

Conninfo EmbeddedConninfo(const Project& project, const Context& context, const DatabaseEntry& database) {
  EmbeddedServer server(EmbeddedHome(project));
  server.Start(context.interrupt);
  server.EnsureDatabase(database.name);
  return Conninfo::Parse(server.Conninfo(database.name));
}

}  // namespace sqlmig
