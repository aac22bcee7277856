#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/embedded_home.h"
#include "cli/exit_status.h"
#include "cli/project.h"
#include "report/embedded_report.h"

namespace sqlmig {
namespace {

using ServerState = EmbeddedStatus::State;

// Stopping and looking must also work while the manifest is being edited and wrong.
Project LoadLeniently(Context& context) {
  std::vector<Error> ignored;
  return LoadProject(context, &ignored);
}

// For servers of other projects, and from folders without one: what the variables say.
EmbeddedSettings HomeOfAll(Context& context) {
  try {
    return EmbeddedHome(LoadLeniently(context).environment);
  } catch (const Error&) {
    return EmbeddedHome(context.environment);
  }
}

// `folder`: of a project that may not be there any more; empty: this project's server.
EmbeddedSettings HomeOf(const std::string& folder, Context& context) {
  if (folder.empty()) return EmbeddedHome(LoadLeniently(context));
  EmbeddedSettings settings = HomeOfAll(context);
  settings.project_folder = folder;
  return settings;
}

int Show(const EmbeddedServer& server, const std::vector<DatabaseEntry>& databases, Context& context,
         const char* action, bool existed = true) {
  EmbeddedReport report;
  report.action = action;
  report.existed = existed;
  report.status = server.Status();
  if (report.status.state == ServerState::kRunning) {
    for (const DatabaseEntry& database : databases) {
      report.databases.push_back({database.name, server.Url(database.name)});
    }
  }
  const bool asked = std::string_view(action) == "status" || context.global.format != Format::kText;
  if (asked || !context.global.quiet) context.out << Render(report, context.global.format) << std::flush;
  return exit_status::kDone;
}

int RunStart(Context& context) {
  const Project project = LoadProject(context);
  EmbeddedServer server(EmbeddedHome(project));
  server.Start(context.interrupt);
  for (const DatabaseEntry& database : project.manifest.databases) server.EnsureDatabase(database.name);
  return Show(server, project.manifest.databases, context, "start");
}

int RunStop(const std::string& folder, Context& context) {
  EmbeddedServer server(HomeOf(folder, context));
  server.Stop();
  return Show(server, {}, context, "stop");
}

int RunEmbeddedStatus(bool all, Context& context) {
  if (all) {
    const EmbeddedListReport report{"embedded", EmbeddedServer::All(HomeOfAll(context))};
    context.out << Render(report, context.global.format) << std::flush;
    return exit_status::kDone;
  }
  const Project project = LoadLeniently(context);
  return Show(EmbeddedServer(EmbeddedHome(project)), project.manifest.databases, context, "status");
}

// `typed`: the whole command, for the error that asks for -d.
const DatabaseEntry& SelectOne(const Project& project, const Context& context, const char* typed) {
  Context named = context;
  named.command = typed;
  return *SelectDatabases(project, named, Selection::kOne).front();
}

int RunUrl(Context& context) {
  const Project project = LoadProject(context);
  const DatabaseEntry& database = SelectOne(project, context, "embedded url");
  const EmbeddedServer server(EmbeddedHome(project));
  if (server.Status().state != ServerState::kRunning) {
    throw Error(ErrorCode::kConnection, "the embedded PostgreSQL does not run")
        .Hint("'sqlmig embedded start' starts it");
  }
  context.out << server.Url(database.name) << "\n" << std::flush;
  return exit_status::kDone;
}

// Becomes psql: no shell in between, and its exit status is ours.
int RunPsql(const std::vector<std::string>& typed, Context& context) {
  const Project project = LoadProject(context);
  const DatabaseEntry& database = SelectOne(project, context, "embedded psql");
  EmbeddedServer server(EmbeddedHome(project));
  server.Start(context.interrupt);
  server.EnsureDatabase(database.name);

  const std::string program = server.Psql().string();
  std::vector<std::string> arguments = {program, "--dbname", server.Conninfo(database.name)};
  const std::vector<std::string> own = ShowNegativeTargets(typed);
  arguments.insert(arguments.end(), own.begin(), own.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  context.out << std::flush;
  context.err << std::flush;
  std::signal(SIGPIPE, SIG_DFL);  // what is ignored stays ignored in the new program, and a pager may be closed early
  execv(program.c_str(), argv.data());
  const int failed = errno;
  std::signal(SIGPIPE, SIG_IGN);
  throw Error(ErrorCode::kConnection, fmt::format("cannot run '{}': {}", program, std::strerror(failed)))
      .Hint("install the client, for example with 'apt-get install postgresql-client'");
}

int RunDestroy(const std::string& folder, Context& context) {
  EmbeddedServer server(HomeOf(folder, context));
  const EmbeddedStatus status = server.Status();
  const bool existed = status.state != ServerState::kAbsent;
  if (existed) {
    AskForConsent(context, "destroying the embedded PostgreSQL and all its databases",
                  fmt::format("  remove  {}\n", status.data_directory.string()));
    server.Destroy();
  }
  return Show(server, {}, context, "destroy", existed);
}

std::shared_ptr<std::string> AddProjectOption(CLI::App* command) {
  const auto folder = std::make_shared<std::string>();
  command->add_option("--project", *folder, "Folder of another project, also one that is gone; 'status --all' has them")
      ->type_name("FOLDER");
  return folder;
}

void AddStartServer(CLI::App& embedded, Selected& selected) {
  Runs(AddCommand(embedded,
                  {"start",
                   {},
                   "Start it, and make a database for each of the manifest's",
                   "Makes the server's data directory at the first time. It goes on running until it is stopped; "
                   "--embedded and the URL 'embedded:' start it by themselves.",
                   "  sqlmig embedded start\n"
                   "  sqlmig embedded start && sqlmig --embedded apply"}),
       selected, "embedded", RunStart);
}

void AddStopServer(CLI::App& embedded, Selected& selected) {
  CLI::App* const stop = AddCommand(embedded, {"stop",
                                               {},
                                               "Stop it; its data stays",
                                               "Ends all sessions and shuts the server down. Nothing to do when it "
                                               "does not run.",
                                               "  sqlmig embedded stop\n"
                                               "  sqlmig embedded stop --project ~/old/shop"});
  Runs(stop, selected, "embedded",
       [folder = AddProjectOption(stop)](Context& context) { return RunStop(*folder, context); });
}

void AddStatusServer(CLI::App& embedded, Selected& selected) {
  CLI::App* const status = AddCommand(
      embedded, {"status",
                 {},
                 "Show whether it runs, and where it is",
                 "Also shows the URL of each of the manifest's databases. --all lists the private servers of "
                 "all projects of this user, also of such as were moved or removed. Starts nothing.",
                 "  sqlmig embedded status\n"
                 "  sqlmig embedded status --all\n"
                 "  sqlmig embedded status --format json"});
  const auto all = std::make_shared<bool>(false);
  status->add_flag("--all", *all, "The servers of all projects");
  Runs(status, selected, "embedded", [all](Context& context) { return RunEmbeddedStatus(*all, context); });
}

void AddDestroyServer(CLI::App& embedded, Selected& selected) {
  CLI::App* const destroy =
      AddCommand(embedded, {"destroy",
                            {},
                            "Stop it and remove its data",
                            "All databases of the private server are gone afterwards. Asks first; --yes answers.",
                            "  sqlmig embedded destroy --yes\n"
                            "  sqlmig embedded destroy --project ~/old/shop"});
  Runs(destroy, selected, "embedded",
       [folder = AddProjectOption(destroy)](Context& context) { return RunDestroy(*folder, context); });
}

void AddClientCommands(CLI::App& embedded, Selected& selected) {
  Runs(
      AddCommand(embedded, {"url",
                            {},
                            "Print the URL of one database",
                            "For other programs of the same user; no password is needed. With several databases in the "
                            "manifest, -d says which.",
                            "  sqlmig embedded url -d meta\n"
                            "  BOT_META_URL=$(sqlmig embedded url -d meta) ./serve"}),
      selected, "embedded", RunUrl, Forms::kText);
  CLI::App* const psql =
      AddCommand(embedded, {"psql",
                            {},
                            "Open psql on one database",
                            "Starts the server if needed and becomes the psql that belongs to it. Options of psql come "
                            "behind '--'.",
                            "  sqlmig embedded psql -d meta\n"
                            "  sqlmig embedded psql -d meta -- -c 'SELECT 1'"});
  const auto arguments = std::make_shared<std::vector<std::string>>();
  psql->add_option("argument", *arguments, "For psql")->type_name("ARG");
  Runs(
      psql, selected, "embedded", [arguments](Context& context) { return RunPsql(*arguments, context); }, Forms::kText);
}

}  // namespace

void AddEmbedded(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"embedded",
       {},
       "The private PostgreSQL of this project",
       "A server for development and trials, started from the installed PostgreSQL as the current user: one for each "
       "project, reachable through a Unix socket only.",
       "  sqlmig embedded start\n"
       "  sqlmig --embedded apply\n"
       "  sqlmig embedded psql -d meta\n"
       "  sqlmig embedded stop"});
  command->require_subcommand(1);
  AddStartServer(*command, selected);
  AddStopServer(*command, selected);
  AddStatusServer(*command, selected);
  AddDestroyServer(*command, selected);
  AddClientCommands(*command, selected);
}

}  // namespace sqlmig
