#include "cli/project.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/embedded_home.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "graph/graph.h"
#include "manifest/dotenv.h"
#include "pg/connect_error.h"
#include "support/edit_distance.h"
#include "support/file.h"

namespace sqlmig {
namespace {

constexpr const char* kEmbedded = "embedded:";
constexpr std::size_t kMaxEnvBytes = 1U << 20U;

// The real environment, and below it the file's variables.
Environment WithDotEnv(const Context& context, const std::filesystem::path& folder) {
  std::filesystem::path file = context.global.env_file;
  if (file.empty()) {
    file = folder / ".env";
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return context.environment;
  }
  // What a person names may be a pipe, or /dev/null to read none at all.
  const bool named = !context.global.env_file.empty();
  const std::string text = named ? ReadStream(file, kMaxEnvBytes) : ReadFile(file, kMaxEnvBytes);
  auto variables =
      std::make_shared<EnvironmentMap>(ParseDotenv(text, named ? std::filesystem::absolute(file) : ".env"));
  return [real = context.environment, variables](std::string_view name) -> std::optional<std::string> {
    if (auto value = real(name)) return value;
    const auto found = variables->find(name);
    return found == variables->end() ? std::nullopt : std::optional(found->second);
  };
}

void OpenLog(Context& context, const Project& project) {
  std::string file = context.global.log_file;
  if (file.empty()) file = project.environment("SQLMIG_LOG_FILE").value_or("");
  const bool own = !file.empty();
  if (!own) file = project.manifest.log.file;
  const auto level =
      ParseLogLevel(context.global.log_level.empty() ? project.manifest.log.level : context.global.log_level);
  if (file == "off" || !level) return;
  // The manifest's log lies beside it; what a person names is relative to where they stand.
  const std::filesystem::path path = own ? std::filesystem::path(file) : project.manifest.folder() / file;
  context.log = std::make_shared<Log>(path, *level, [&context](const std::string& text) {
    if (!context.global.quiet) context.err << "warning: " << text << "\n";
  });
}

// As FindConninfo says; empty: none.
std::string FindUrl(const Project& project, const Context& context, const DatabaseEntry& database,
                    std::size_t selected) {
  std::string url = context.global.url;
  const auto look = [&](const std::string& variable) {
    if (url.empty()) url = project.environment(variable).value_or("");
  };
  look(UrlVariable(database.name));
  if (url.empty()) url = database.url.value_or("");
  for (const char* name : {"SQLMIG_URL", "DATABASE_URL"}) {
    if (selected == 1) look(name);
  }
  return url;
}

// What stands before the first line that begins a list of migrations.
std::string HeadOf(std::string_view text) {
  constexpr std::string_view kKey = "migrations:";
  for (std::size_t at = text.find(kKey); at != std::string_view::npos; at = text.find(kKey, at + 1)) {
    const std::size_t line = text.rfind('\n', at) + 1;  // npos + 1 == 0: the first line
    if (text.substr(line, at - line).find_first_not_of(' ') == std::string_view::npos)
      return std::string(text.substr(0, line));
  }
  return std::string(text);
}

// Whether libpq's own variables say where a database is.
bool NamesServer(const Environment& environment) {
  const std::array names = {"PGDATABASE", "PGHOST", "PGSERVICE"};
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return !environment(name).value_or("").empty(); });
}

Error NoUrl(const DatabaseEntry& database) {
  return Error(ErrorCode::kNoUrl, fmt::format("no connection is configured for database '{}'", database.name))
      .Hint(fmt::format("set {} (or DATABASE_URL, for one database), put 'url: ${{...}}' into the manifest, or use "
                        "--embedded for a private PostgreSQL",
                        UrlVariable(database.name)));
}

}  // namespace

bool Context::ColorFor(bool terminal) const {
  if (global.color != ColorMode::kAuto) return global.color == ColorMode::kAlways;
  const auto no_color = environment("NO_COLOR");
  return terminal && (!no_color || no_color->empty()) && environment("TERM").value_or("") != "dumb";
}

std::string Context::NameOf(const DatabaseEntry& database) const {
  return member.empty() ? database.name : database.name + "/" + member;
}

std::filesystem::path FindManifest(const Context& context) {
  if (!context.global.manifest.empty()) return context.global.manifest;
  std::error_code failed;
  const std::filesystem::path start = std::filesystem::current_path(failed);
  std::filesystem::path up;
  for (std::filesystem::path folder = start; !folder.empty(); folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "migrations.yaml", failed)) return up / "migrations.yaml";
    up /= "..";
    if (folder == folder.root_path()) break;
  }
  throw Error(ErrorCode::kUsage, "there is no migrations.yaml in this folder or above")
      .Hint("'sqlmig init' makes one; -f names one that is elsewhere");
}

Project LoadProject(Context& context, std::vector<Error>* problems,
                    const std::function<void(const Project& head)>& begin) {
  const std::filesystem::path file = FindManifest(context);
  context.folder = file.parent_path();
  Project project;
  project.environment = WithDotEnv(context, file.has_parent_path() ? file.parent_path() : ".");
  std::string text = ReadManifestText(file);
  if (begin) begin({ParseManifest(file, HeadOf(text), project.environment).manifest, project.environment});
  LoadedManifest loaded = ParseManifest(file, std::move(text), project.environment);
  project.manifest = std::move(loaded.manifest);
  *problems = std::move(loaded.problems);
  for (const DatabaseEntry& database : project.manifest.databases) {
    std::vector<Error> wrong = CheckGraph(database.migrations, project.manifest.file.filename(), project.manifest.text);
    problems->insert(problems->end(), std::make_move_iterator(wrong.begin()), std::make_move_iterator(wrong.end()));
  }
  std::stable_sort(problems->begin(), problems->end(), [](const Error& a, const Error& b) {
    return std::pair(a.location().at.line, a.location().at.column) <
           std::pair(b.location().at.line, b.location().at.column);
  });
  OpenLog(context, project);
  return project;
}

Project LoadProject(Context& context, const std::function<void(const Project& head)>& begin) {
  std::vector<Error> problems;
  Project project = LoadProject(context, &problems, begin);
  ThrowAll(std::move(problems));
  return project;
}

std::vector<const DatabaseEntry*> SelectDatabases(const Project& project, const Context& context, Selection selection) {
  const std::string& wanted = context.global.database;
  if (!wanted.empty()) {
    if (const DatabaseEntry* found = project.manifest.Find(wanted)) return {found};
    std::vector<std::string> names;
    for (const DatabaseEntry& database : project.manifest.databases) names.push_back(database.name);
    const auto near = DidYouMean(wanted, names);
    throw Error(ErrorCode::kUsage, fmt::format("the manifest has no database '{}'", wanted))
        .Hint(near ? fmt::format("did you mean '{}'?", *near) : fmt::format("it has: {}", fmt::join(names, ", ")));
  }
  std::vector<const DatabaseEntry*> all;
  std::vector<std::string> names;
  for (const DatabaseEntry& database : project.manifest.databases) {
    all.push_back(&database);
    names.push_back(database.name);
  }
  if (selection == Selection::kOne && all.size() > 1) {
    throw Error(ErrorCode::kUsage, fmt::format("'{}' works on one database, the manifest has several", context.command))
        .Hint(fmt::format("choose one with -d: {}", fmt::join(names, ", ")));
  }
  return all;
}

bool IsEmbedded(const Project& project, const Context& context, const DatabaseEntry& database, std::size_t selected) {
  if (context.global.url.empty() && context.global.embedded) return true;
  return FindUrl(project, context, database, selected) == kEmbedded;
}

std::optional<Conninfo> FindConninfo(const Project& project, const Context& context, const DatabaseEntry& database,
                                     std::size_t selected) {
  const GlobalOptions& global = context.global;
  if (!global.url.empty() && selected > 1) {
    throw Error(ErrorCode::kUsage, "--url names one database, and several are selected").Hint("choose one with -d");
  }
  if (IsEmbedded(project, context, database, selected)) return EmbeddedConninfo(project, context, database);
  const std::string url = FindUrl(project, context, database, selected);
  const bool variables = selected == 1 && NamesServer(project.environment);
  if (url.empty() && !variables) {
    if (database.fleet) return std::nullopt;
    throw NoUrl(database);
  }
  // libpq sees the real environment only, not what .env adds to it.
  Conninfo conninfo = Conninfo::Parse(url);
  conninfo.AddFrom(project.environment);
  return conninfo;
}

std::string FleetNotice(const DatabaseEntry& database) {
  return fmt::format("{}: fleet: give --url for one member", database.name);
}

SessionSettings SettingsOf(const DatabaseEntry& database) {
  const StepSettings& defaults = database.defaults.settings;
  SessionSettings settings;
  settings.lock_timeout = defaults.lock_timeout.value_or(std::chrono::seconds(3));
  settings.statement_timeout = defaults.statement_timeout.value_or(std::chrono::milliseconds(0));
  return settings;
}

SessionSettings SettingsOf(const DatabaseEntry& database, const std::string& run, bool writes) {
  SessionSettings settings = SettingsOf(database);
  settings.application_name = run.empty() ? "sqlmig" : "sqlmig " + run;
  settings.writes = writes;
  return settings;
}

std::unique_ptr<PgSession> Connect(const Project& project, Context& context, const DatabaseEntry& database,
                                   const Conninfo& conninfo, ConnectOptions options) {
  PgSessionOptions session;
  session.conninfo = conninfo;
  session.interrupt = context.interrupt;
  session.allow_pooler = context.global.allow_pooler == "session";
  session.ledger_readers = project.manifest.ledger.readers;
  session.settings = SettingsOf(database, options.run, options.writes);
  const auto start = context.waiter.now();
  while (true) {
    try {
      auto opened = PgSession::Open(session, project.Ledger(database), std::move(options.begun));
      if (const auto doubt = opened->connection().tls_doubt()) {
        Warn(context, fmt::format("{}: {}; use sslmode=verify-full", context.NameOf(database), *doubt));
      }
      return opened;
    } catch (Error& error) {
      if (!WaitingMayHelp(error)) throw;
      if (context.waiter.now() - start >= options.wait_for_server) {
        const bool may_wait = context.command == "apply" && error.sql().sqlstate != "3D000";
        if (may_wait) error.SetHint(error.hint() + "; --wait-db waits for a server that is still starting");
        throw;
      }
      if (!context.waiter.sleep(std::chrono::milliseconds(250)))
        throw Error(ErrorCode::kSignal, "stopped while waiting for the server");
    }
  }
}

}  // namespace sqlmig
