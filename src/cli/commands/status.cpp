#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/fleet_list.h"
#include "cli/progress.h"
#include "cli/status_flow.h"

namespace sqlmig {
namespace {

struct StatusOptions {
  bool exit_code = false;
  std::shared_ptr<FleetWords> fleet;
};

bool Differs(const DatabaseStatus& status) {
  return status.state && status.state != DatabaseStatus::State::kCurrent;
}

std::size_t MembersOf(const DatabaseStatus& fleet) {
  std::size_t members = 0;
  for (const MembersStatus& group : fleet.groups) members += group.names.size();
  return members;
}

int RunStatus(const StatusOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  const FleetOptions fleet = ToFleetOptions(*options.fleet);
  RequireFleet(fleet, project, context, selected);
  StatusReport report;
  report.verbose = context.global.verbose > 0;
  report.folder = context.folder;
  std::vector<Error> errors;
  std::size_t looked_at = 0;  // databases, each member of a fleet counted
  report.databases.reserve(selected.size());
  for (const DatabaseEntry* database : selected) {
    DatabaseStatus status;
    std::vector<Error> of_members;
    const auto error = TryDatabase(context, *database, selected.size(), [&] {
      if (IsFleet(project, context, *database)) {
        of_members = LookAtFleet(project, context, *database, fleet, &status);
      } else {
        LookAtDatabase(project, context, *database, selected.size(), &status);
      }
    });
    if (error) {
      status = {};
      status.error = error;
    }
    status.name = database->name;
    if (status.error) errors.push_back(*status.error);
    looked_at += status.fleet && !status.error ? MembersOf(status) : 1;
    errors.insert(errors.end(), of_members.begin(), of_members.end());
    report.databases.push_back(std::move(status));
  }
  context.out << Render(report, context.global.format, context.ColorFor(context.out_is_terminal)) << std::flush;
  for (const DatabaseStatus& status : report.databases) {
    if (!status.state) continue;
    LogLine(context, "",
            fmt::format("db={} status: {}, {} applied, {} pending", status.name, StateName(*status.state),
                        status.applied.size(), status.pending.size()));
  }
  // They are part of the result, so they are not said on stderr again.
  if (!errors.empty()) return StatusOfErrors(context, errors, looked_at);
  const bool differs = std::any_of(report.databases.begin(), report.databases.end(), [](const DatabaseStatus& status) {
    return Differs(status) || std::any_of(status.groups.begin(), status.groups.end(),
                                          [](const MembersStatus& group) { return Differs(group.status); });
  });
  return options.exit_code && differs ? exit_status::kNo : exit_status::kDone;
}

}  // namespace

void AddStatus(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"status",
       {},
       "Show what is applied and what is pending",
       "For each selected database: its state (empty, current, behind, diverged, interrupted, unreachable), what is "
       "pending, late (merged below what is applied), edited since it was applied, unknown to this checkout, and "
       "interrupted; and which scripts that are to be run the parser does not understand. -v lists what is applied. "
       "Only reads.",
       "  sqlmig status\n"
       "  sqlmig status -d meta --exit-code   # exit 1 unless the state is current\n"
       "  sqlmig status --format json"});
  const auto options = std::make_shared<StatusOptions>();
  command->add_flag("--exit-code", options->exit_code,
                    "Exit with 1 unless everything is applied, as it is here, and nothing else");
  options->fleet = AddMemberOptions(command);
  Runs(
      command, selected, "status", [options](Context& context) { return RunStatus(*options, context); },
      Forms::kMarkdown);
}

}  // namespace sqlmig
