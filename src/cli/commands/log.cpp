#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/project.h"
#include "report/log_report.h"

namespace sqlmig {
namespace {

struct JournalOptions {
  int number = 20;
  std::string run;
  bool events = false;
};

constexpr int kNoLimit = std::numeric_limits<int>::max();

LogRun RunOf(const Rows& rows, std::size_t r) {
  LogRun run;
  std::size_t column = 0;
  for (std::string* field : {&run.id, &run.command, &run.target, &run.tool_version, &run.db_user, &run.os_user,
                             &run.host, &run.started_at, &run.ended_at, &run.outcome}) {
    *field = rows.At(r, column++);
  }
  return run;
}

LogEvent EventOf(const Rows& rows, std::size_t r) {
  LogEvent event;
  std::size_t column = 0;
  for (std::string* field : {&event.id, &event.at, &event.run, &event.migration, &event.direction, &event.kind,
                             &event.duration_ms, &event.statement, &event.sqlstate, &event.message}) {
    *field = rows.At(r, column++);
  }
  return event;
}

std::vector<LogRun> ReadRuns(PgSession& session, int limit) {
  const Rows rows = session.connection().Query(session.ledger().ReadRuns(limit)).at(0);
  std::vector<LogRun> runs;
  for (std::size_t r = 0; r < rows.size(); ++r) runs.push_back(RunOf(rows, r));
  return runs;
}

std::vector<LogEvent> ReadEvents(PgSession& session, int limit, const std::string& run) {
  const Rows rows = session.connection().Query(session.ledger().ReadEvents(limit, run)).at(0);
  std::vector<LogEvent> events;
  for (std::size_t r = 0; r < rows.size(); ++r) events.push_back(EventOf(rows, r));
  return events;
}

// The runs whose id begins with `prefix`; "last" is the newest.
std::vector<LogRun> FindRuns(PgSession& session, const std::string& prefix) {
  if (prefix == "last") return ReadRuns(session, 1);
  std::vector<LogRun> runs = ReadRuns(session, kNoLimit);
  const auto differs = [&](const LogRun& run) { return !run.id.starts_with(prefix); };
  runs.erase(std::remove_if(runs.begin(), runs.end(), differs), runs.end());
  return runs;
}

void ReadLog(const Project& project, Context& context, const DatabaseEntry& database, std::size_t selected,
             const JournalOptions& options, DatabaseLog* log) {
  const auto conninfo = FindConninfo(project, context, database, selected);
  if (!conninfo) {
    log->notice = FleetNotice(database);
    return;
  }
  const auto session = Connect(project, context, database, *conninfo, {});
  if (!session->ReadGlance().ledger_exists) return;
  if (options.events) {
    log->events = ReadEvents(*session, options.number, "");
  } else if (options.run.empty()) {
    log->runs = ReadRuns(*session, options.number);
  } else {
    log->runs = FindRuns(*session, options.run);
    for (LogRun& run : log->runs) {
      if (log->runs.size() > 1) break;  // too many to be the one that is meant
      run.events = ReadEvents(*session, kNoLimit, run.id);
      std::reverse(run.events.begin(), run.events.end());
    }
  }
}

void RequireOneRun(const LogReport& report, const std::string& wanted) {
  std::vector<std::string> found;
  for (const DatabaseLog& database : report.databases) {
    for (const LogRun& run : database.runs) found.push_back(run.id);
  }
  if (found.empty()) {
    throw Error(ErrorCode::kTarget, fmt::format("the ledger has no run '{}'", wanted))
        .Hint("'sqlmig log' lists the runs; any unique beginning of an id names one");
  }
  if (found.size() == 1 || wanted == "last") return;
  const std::size_t shown = std::min<std::size_t>(found.size(), 5);
  throw Error(ErrorCode::kTarget,
              fmt::format("'{}' is the beginning of {} runs: {}{}", wanted, found.size(),
                          fmt::join(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                          found.size() > shown ? ", ..." : ""))
      .Hint("type more of the run's id");
}

int RunLog(const JournalOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  LogReport report;
  report.kind = options.events         ? LogReport::Kind::kEvents
                : !options.run.empty() ? LogReport::Kind::kOneRun
                                       : LogReport::Kind::kRuns;
  std::vector<Error> errors;
  for (const DatabaseEntry* database : selected) {
    DatabaseLog& log = report.databases.emplace_back();
    log.name = database->name;
    log.error = TryDatabase(context, *database, selected.size(),
                            [&] { ReadLog(project, context, *database, selected.size(), options, &log); });
    if (log.error) errors.push_back(*log.error);
  }
  // A run that was not found may be one of a database that could not be asked.
  if (report.kind == LogReport::Kind::kOneRun && errors.empty()) RequireOneRun(report, options.run);
  context.out << Render(report, context.global.format) << std::flush;
  return ReportErrors(context, errors, selected.size());
}

}  // namespace

void AddLog(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"log",
       {},
       "Show the ledger's runs and events",
       "Who ran what, when, and how it ended, newest first, as the database itself remembers it. --run shows one run "
       "with all that happened in it, --events what happened regardless of runs. Only reads.",
       "  sqlmig log -d meta\n"
       "  sqlmig log -d meta -n 100 --format json\n"
       "  sqlmig log -d meta --run 3f2a9c1b   # one run, by the beginning of its id\n"
       "  sqlmig log -d meta --run last\n"
       "  sqlmig log -d meta --events"});
  const auto options = std::make_shared<JournalOptions>();
  command->add_option("-n,--number", options->number, "How many, at most")
      ->type_name("N")
      ->check(Count())
      ->capture_default_str();
  CLI::Option* const run =
      command->add_option("--run", options->run, "One run: its id, a unique beginning of it, or 'last'")
          ->type_name("ID");
  command->add_flag("--events", options->events, "Events instead of runs")->excludes(run);
  Runs(command, selected, "log", [options](Context& context) { return RunLog(*options, context); });
}

}  // namespace sqlmig
