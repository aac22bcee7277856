#include "cli/shadow_place.h"

#include <fmt/format.h>

#include "cli/embedded_home.h"

namespace sqlmig {

std::unique_ptr<Shadow> OpenShadow(const Project& project, const Context& context, const std::string& url,
                                   LiveDatabase live) {
  const bool embedded = live == LiveDatabase::kNone && context.global.embedded;
  if (live == LiveDatabase::kNone && !context.global.url.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' never touches the database that --url names", context.command))
        .Hint("name an empty database with --shadow-url; without it a private PostgreSQL is used");
  }
  std::string shadow = url;
  if (shadow.empty() && !embedded) shadow = project.environment("SQLMIG_SHADOW_URL").value_or("");
  if (!shadow.empty() && embedded) {
    throw Error(ErrorCode::kUsage, "--embedded and --shadow-url both say where scratch databases are made")
        .Hint("give one of them");
  }
  ShadowOptions options;
  options.settings.application_name = "sqlmig " + context.command;
  options.interrupt = context.interrupt;
  if (shadow.empty()) {
    EmbeddedServer server(EmbeddedHome(project));
    server.Start(context.interrupt);
    options.conninfo = Conninfo::Parse(server.Conninfo("postgres"));
  } else {
    options.must_be_empty = true;
    options.conninfo = Conninfo::Parse(shadow);
    options.conninfo.AddFrom(project.environment);
  }
  return std::make_unique<Shadow>(std::move(options));
}

ReplaySettings ReplaySettingsOf(const Project& project, const Context& context, const DatabaseEntry& database) {
  ReplaySettings settings{SettingsOf(database, context.command, true), project.Ledger(database), context.interrupt,
                          context.waiter, database.defaults.settings};
  // Several threads use it, and nobody else is there to be met by chance.
  settings.waiter.random = [] { return 0.5; };
  return settings;
}

}  // namespace sqlmig
