#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/check_targets.h"
#include "cli/commands.h"
#include "cli/fleet_list.h"
#include "cli/frozen_plan.h"
#include "cli/offline_sql.h"
#include "cli/run_flow.h"
#include "cli/schema_dump.h"
#include "plan/target.h"

namespace sqlmig {
namespace {

struct ApplyOptions {
  std::vector<std::string> targets;
  bool dry_run = false;
  bool sql = false;
  bool single_transaction = false;
  bool fake = false;
  bool receipts = false;
  bool dump = false;
  std::string plan_file;
  std::string wait_db;
  std::string lock_wait = "60s";
  std::string reconnect_wait = "30s";
  int max_blocked = -1;
  std::string max_blocked_time;
  std::shared_ptr<FleetWords> fleet;
};

int RunApply(const ApplyOptions& options, Context& context) {
  RequireForm(context, options.sql ? Forms::kText : options.dry_run ? Forms::kMarkdown : Forms::kJson);
  RunRequest request;
  const bool connects = !options.sql && !options.dry_run;
  const Project project = LoadProject(context, [&](const Project& head) {
    if (connects) request.early = BeginEarlyRun(head, context);
  });
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  const std::vector<std::string> targets = ShowNegativeTargets(options.targets);
  if (options.sql) {
    return WriteOfflineSql(project, context, selected, {targets, Direction::kUp, false, options.single_transaction});
  }

  const std::vector<TargetTerm> terms = ParseTargets(targets);
  CheckTargets(project, selected, terms);
  request.target = fmt::format("{}", fmt::join(targets, " "));
  request.make_plan = [&terms](const DatabaseEntry&, const Situation& situation) {
    return MakePlan(situation, GoalOfApply(terms, situation));
  };
  request.all_heads = terms.empty();
  request.single_transaction = options.single_transaction;
  request.fake = options.fake;
  request.receipts = options.receipts;
  request.lock_wait = ParseDurationOption("--lock-wait", options.lock_wait);
  request.reconnect_wait = ParseDurationOption("--reconnect-wait", options.reconnect_wait);
  if (options.max_blocked >= 0) request.max_blocked = options.max_blocked;
  if (!options.max_blocked_time.empty()) {
    request.max_blocked_time = ParseDurationOption("--max-blocked-time", options.max_blocked_time);
  }
  if (!options.wait_db.empty()) request.wait_for_server = ParseDurationOption("--wait-db", options.wait_db);

  std::optional<FrozenPlan> frozen;
  if (!options.plan_file.empty()) {
    if (!targets.empty()) throw Error(ErrorCode::kUsage, "--plan has its target already").Hint("leave the target out");
    frozen = ReadFrozenPlan(options.plan_file);
    UseFrozenPlan(*frozen, project, &request);
  }
  const FleetOptions fleet = ToFleetOptions(*options.fleet);
  RequireFleet(fleet, project, context, selected);
  if (!frozen) request.fleet = fleet;  // a frozen plan is one database's
  if (options.dry_run) return PlanSelected(project, context, selected, request);
  if (options.dump) request.dump = SchemaDumper(project, context, selected.size());
  return RunSelected(project, context, selected, request);
}

}  // namespace

void AddApply(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app, {"apply",
            {"upgrade", "up", "migrate"},
            "Apply pending migrations",
            "Brings each selected database to the target: what is applied stays, and the target's ancestors that are "
            "missing are applied, each in a transaction of its own that also writes its row in the ledger. Without a "
            "target: all heads. Nothing to do is quick: it takes no lock and reads no script, so edited "
            "ones are found when something is pending, or by 'sqlmig status'.\n"
            "A target is head, heads, +N, @tag, an id, a unique prefix of an id or of its name, or id+N.",
            "  sqlmig apply                      # everything that is pending, in every database\n"
            "  sqlmig apply -d meta create_bots  # up to one migration, by the beginning of its name\n"
            "  sqlmig upgrade +1                 # the next step\n"
            "  sqlmig apply --dry-run            # only show the plan\n"
            "  sqlmig apply --sql > release.sql  # a script for psql, with the bookkeeping\n"
            "  sqlmig apply --plan release.json  # exactly what 'sqlmig plan --out release.json' showed"});
  const auto options = std::make_shared<ApplyOptions>();
  command->add_option("target", options->targets, "Where to go; all heads without it")->type_name("T");
  command->add_flag("--dry-run", options->dry_run, "Show the plan; no lock, no write");
  command->add_flag("--sql", options->sql, "Write an SQL script for psql instead of connecting; target T or FROM:T");
  command->add_option("--plan", options->plan_file, "Run a plan that 'sqlmig plan --out' froze, and nothing else")
      ->type_name("FILE");
  command->add_option("--wait-db", options->wait_db, "Wait for a server that is still starting (60s without a value)")
      ->type_name("TIME")
      ->expected(0, 1)
      ->default_str("60s");
  command->add_option("--lock-wait", options->lock_wait, "How long to wait for another run")
      ->type_name("TIME")
      ->capture_default_str();
  command->add_option("--reconnect-wait", options->reconnect_wait, "How long to try again after a lost connection")
      ->type_name("TIME")
      ->capture_default_str();
  command
      ->add_option("--max-blocked", options->max_blocked,
                   "Withdraw a step that keeps more sessions waiting, and try it again; 0: no limit (5; none for "
                   "concurrent builds of indexes and VACUUM)")
      ->type_name("N")
      ->check(Count(0));
  command
      ->add_option("--max-blocked-time", options->max_blocked_time,
                   "The same when one of them has waited that long; 0: no limit (1s)")
      ->type_name("TIME");
  command->add_flag("--single-transaction", options->single_transaction,
                    "One transaction for the whole run: all or nothing");
  command->add_flag("--fake", options->fake, "Only write the ledger: the migrations count as applied, no SQL is run");
  command->add_flag("--receipts", options->receipts,
                    "Record what each step locked, not only those of 0.1 s and more; 'sqlmig show' tells");
  options->fleet = AddFleetOptions(command);
  command->add_flag("--dump", options->dump, "Then refresh the schema file, as 'sqlmig dump' does");
  // Nothing connects then, so they would mean nothing.
  Exclude(command, "--sql",
          {"--dry-run", "--plan", "--wait-db", "--lock-wait", "--reconnect-wait", "--fake", "--max-blocked",
           "--max-blocked-time", "--receipts", "--dump"});
  Exclude(command, "--sql", {"--only", "--exclude", "--order", "--jobs", "--share", "--max-failures"});
  // A frozen plan is one database's.
  Exclude(command, "--plan", {"--only", "--exclude", "--order", "--jobs", "--share", "--max-failures"});
  Exclude(command, "--dry-run", {"--dump"});
  Runs(
      command, selected, "apply", [options](Context& context) { return RunApply(*options, context); },
      Forms::kMarkdown);
}

}  // namespace sqlmig
