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

using State = EmbeddedStatus::State;

// Stopping and looking must also work while the manifest is being edited and wrong.
Project LoadLeniently(Context& context) {
  std::vector<Error> ignored;
  return LoadProject(context, &ignored);
}

int Show(const EmbeddedServer& server, const Project& project, Context& context, const char* action) {
  EmbeddedReport report;
  report.action = action;
  report.status = server.Status();
  if (report.status.state == State::kRunning) {
    for (const DatabaseEntry& database : project.manifest.databases) {
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
  return Show(server, project, context, "start");
}

int RunStop(Context& context) {
  const Project project = LoadLeniently(context);
  EmbeddedServer server(EmbeddedHome(project));
  server.Stop();
  return Show(server, project, context, "stop");
}

int RunEmbeddedStatus(Context& context) {
  const Project project = LoadLeniently(context);
  return Show(EmbeddedServer(EmbeddedHome(project)), project, context, "status");
}

int RunUrl(Context& context) {
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
  const EmbeddedServer server(EmbeddedHome(project));
  if (server.Status().state != State::kRunning) {
    throw Error(ErrorCode::kConnection, "the embedded PostgreSQL does not run")
        .Hint("'sqlmig embedded start' starts it");
  }
  context.out << server.Url(database.name) << "\n" << std::flush;
  return exit_status::kDone;
}

// Becomes psql: no shell in between, and its exit status is ours.
int RunPsql(const std::vector<std::string>& typed, Context& context) {
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
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

int RunDestroy(Context& context) {
  const Project project = LoadLeniently(context);
  EmbeddedServer server(EmbeddedHome(project));
  const EmbeddedStatus status = server.Status();
  if (status.state != State::kAbsent) {
    AskForConsent(context, "destroying the embedded PostgreSQL and all its databases",
                  fmt::format("  remove  {}\n", status.data_directory.string()));
    server.Destroy();
  }
  return Show(server, project, context, "destroy");
}

void AddServerCommands(CLI::App& embedded, Selected& selected) {
  Runs(AddCommand(embedded,
                  {"start",
                   {},
                   "Start it, and make a database for each of the manifest's",
                   "Makes the server's data directory at the first time. It goes on running until it is stopped; "
                   "--embedded and the URL 'embedded:' start it by themselves.",
                   "  sqlmig embedded start\n"
                   "  sqlmig embedded start && sqlmig --embedded apply"}),
       selected, "embedded", RunStart);
  Runs(AddCommand(embedded, {"stop",
                             {},
                             "Stop it; its data stays",
                             "Ends all sessions and shuts the server down. Nothing to do when it does not run.",
                             "  sqlmig embedded stop"}),
       selected, "embedded", RunStop);
  Runs(AddCommand(embedded, {"status",
                             {},
                             "Show whether it runs, and where it is",
                             "Also shows the URL of each of the manifest's databases. Starts nothing.",
                             "  sqlmig embedded status\n"
                             "  sqlmig embedded status --format json"}),
       selected, "embedded", RunEmbeddedStatus);
  Runs(AddCommand(embedded, {"destroy",
                             {},
                             "Stop it and remove its data",
                             "All databases of the private server are gone afterwards. Asks first; --yes answers.",
                             "  sqlmig embedded destroy --yes"}),
       selected, "embedded", RunDestroy);
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
  AddServerCommands(*command, selected);
  AddClientCommands(*command, selected);
}

}  // namespace sqlmig
