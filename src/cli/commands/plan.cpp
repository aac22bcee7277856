#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/check_targets.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/fleet_list.h"
#include "cli/frozen_plan.h"
#include "cli/run_flow.h"
#include "cli/version.h"
#include "plan/target.h"
#include "support/file.h"

namespace sqlmig {
namespace {

struct PlanOptions {
  std::vector<std::string> targets;
  std::string out;
  std::shared_ptr<FleetWords> fleet;
};

int RunPlan(const PlanOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  const std::vector<TargetTerm> terms = ParseTargets(ShowNegativeTargets(options.targets));
  CheckTargets(project, selected, terms);
  RunRequest request;
  request.make_plan = [&terms](const DatabaseEntry&, const Situation& situation) {
    return MakePlan(situation, GoalOfApply(terms, situation));
  };
  const FleetOptions fleet = ToFleetOptions(*options.fleet);
  RequireFleet(fleet, project, context, selected);
  if (options.out.empty()) request.fleet = fleet;  // a frozen plan is one database's
  FrozenPlan frozen{kVersion, {}};
  if (!options.out.empty()) {
    // Called with each database's plan, scripts read: just what has to be kept.
    request.check_frozen = [&](const DatabaseEntry& database, const Situation& situation,
                               const std::vector<PreparedStep>& steps) {
      frozen.databases.push_back(Freeze(project, database, situation, steps));
    };
  }
  const int status = PlanSelected(project, context, selected, request);
  if (!options.out.empty() && status == exit_status::kDone) WriteOutput(options.out, PlanFileText(frozen));
  return status;
}

}  // namespace

void AddPlan(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"plan",
       {},
       "Show what apply would do, and why",
       "Lists the steps that 'sqlmig apply' with the same target would run, in their order, with the reason for each. "
       "Only reads. --out freezes the plan: 'sqlmig apply --plan' then runs exactly it, with the same scripts from "
       "the same state, or refuses.",
       "  sqlmig plan\n"
       "  sqlmig plan -d meta +3 --format markdown\n"
       "  sqlmig plan --out release.json"});
  const auto options = std::make_shared<PlanOptions>();
  command->add_option("target", options->targets, "Where to go; all heads without it")->type_name("T");
  command->add_option("--out", options->out, "Freeze the plan in a file")->type_name("FILE");
  options->fleet = AddMemberOptions(command);
  Exclude(command, "--out", {"--only", "--exclude", "--order", "--jobs", "--share"});
  Runs(
      command, selected, "plan", [options](Context& context) { return RunPlan(*options, context); }, Forms::kMarkdown);
}

}  // namespace sqlmig
