#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/offline_sql.h"
#include "cli/progress.h"
#include "cli/rollback_proof.h"
#include "cli/run_flow.h"
#include "cli/schema_dump.h"
#include "plan/target.h"
#include "report/loss_text.h"
#include "support/counted.h"

namespace sqlmig {
namespace {

// How many sessions a step may keep waiting, as typed.
struct BlockedLimits {
  int count = -1;
  std::string time;
};

void AddBlockedLimits(CLI::App* command, BlockedLimits& limits) {
  command
      ->add_option("--max-blocked", limits.count,
                   "Withdraw a step that keeps more sessions waiting, and try it again; 0: no limit (5; none for "
                   "concurrent builds of indexes and VACUUM)")
      ->type_name("N")
      ->check(Count(0));
  command
      ->add_option("--max-blocked-time", limits.time,
                   "The same when one of them has waited that long; 0: no limit (1s)")
      ->type_name("TIME");
}

void SetBlockedLimits(const BlockedLimits& limits, RunRequest* request) {
  if (limits.count >= 0) request->max_blocked = limits.count;
  if (!limits.time.empty()) request->max_blocked_time = ParseDurationOption("--max-blocked-time", limits.time);
}

struct RollbackOptions {
  std::vector<std::string> targets;
  bool exact = false;
  std::string run;
  bool dry_run = false;
  bool sql = false;
  bool single_transaction = false;
  bool receipts = false;
  bool dump = false;
  std::string lock_wait = "60s";
  std::string reconnect_wait = "30s";
  BlockedLimits blocked;
  bool prove = false;
  std::string effects;
};

// What goes for good is said: with the question, where one is asked, else as a warning.
void AskOrWarn(Context& context, const DatabaseEntry& database, const Plan& plan, const std::vector<RowLoss>& losses,
               bool asks) {
  if (asks && !context.global.yes) {
    const std::string rows = losses.empty() ? "" : " and losing the rows named above";
    AskForConsent(context,
                  fmt::format("rolling back {} of {}{}", Counted(plan.steps.size(), "migration"), database.name, rows),
                  PlanLines(plan) + LossLines(losses));
    return;
  }
  for (const RowLoss& loss : losses) Warn(context, fmt::format("{}: {}", database.name, LossText(loss)));
}

int RunRollback(const RollbackOptions& options, Context& context) {
  RequireForm(context, options.sql ? Forms::kText : options.dry_run ? Forms::kMarkdown : Forms::kJson);
  const Project project = LoadProject(context);
  const auto selected = SelectDatabases(project, context, Selection::kOne);
  const std::vector<std::string> targets = ShowNegativeTargets(options.targets);
  if (options.sql) {
    return WriteOfflineSql(project, context, selected,
                           {targets, Direction::kDown, options.exact, options.single_transaction});
  }

  RollbackRequest rollback;
  rollback.terms = ParseTargets(targets);
  rollback.exact = options.exact;
  if (!options.run.empty()) rollback.run = options.run;

  RunRequest request;
  request.forward = false;
  request.target = options.run.empty() ? fmt::format("{}{}", options.exact ? "--exact " : "", fmt::join(targets, " "))
                                       : "--run " + options.run;
  request.make_plan = [&rollback](const DatabaseEntry&, const Situation& situation) {
    return MakePlan(situation, GoalOfRollback(rollback, situation));
  };
  request.single_transaction = options.single_transaction;
  request.receipts = options.receipts;
  request.lock_wait = ParseDurationOption("--lock-wait", options.lock_wait);
  request.reconnect_wait = ParseDurationOption("--reconnect-wait", options.reconnect_wait);
  SetBlockedLimits(options.blocked, &request);
  request.finds_losses = true;
  request.proof = std::make_shared<RollbackProof>(project, context, *selected.front(),
                                                  ProofRequest{options.prove, options.effects});
  if (options.dry_run) return PlanSelected(project, context, selected, request);
  request.confirm = [&context, &options](const DatabaseEntry& database, const Plan& plan,
                                         const std::vector<RowLoss>& losses) {
    const bool terminal = context.in_is_terminal && context.err_is_terminal;
    const bool asks = plan.steps.size() > 1 || options.exact || (terminal && !losses.empty());
    AskOrWarn(context, database, plan, losses, asks);
  };
  if (options.dump) request.dump = SchemaDumper(project, context, selected.size());
  return RunSelected(project, context, selected, request);
}

// Takes back the last applied step and applies it again, as it is in the checkout now.
Plan RedoPlan(const DatabaseEntry&, const Situation& situation) {
  const Plan back = MakePlan(situation, GoalOfRollback({}, situation));
  Plan plan = back;
  for (auto step = back.steps.rbegin(); step != back.steps.rend(); ++step) {
    Step again = *step;
    const Migration* migration = situation.migration[situation.graph.Find(step->id.str()).value()];
    if (migration == nullptr) {
      throw Error(ErrorCode::kTarget,
                  fmt::format("'{}' cannot be applied again: this checkout lacks it", step->id.str()))
          .Hint("use 'sqlmig rollback' to undo it");
    }
    again.direction = Direction::kUp;
    again.transactional = migration->up_transaction;
    again.reason = "applied again";
    plan.steps.push_back(std::move(again));
  }
  return plan;
}

struct RedoOptions {
  BlockedLimits blocked;
  bool receipts = false;
  bool dump = false;
};

int RunRedo(const RedoOptions& options, Context& context) {
  const Project project = LoadProject(context);
  RunRequest request;
  request.forward = false;
  request.make_plan = RedoPlan;
  SetBlockedLimits(options.blocked, &request);
  request.receipts = options.receipts;
  const auto selected = SelectDatabases(project, context, Selection::kOne);
  request.finds_losses = true;
  request.confirm = [&context](const DatabaseEntry& database, const Plan& plan, const std::vector<RowLoss>& losses) {
    AskOrWarn(context, database, plan, losses, false);
  };
  request.proof = std::make_shared<RollbackProof>(project, context, *selected.front(), ProofRequest{});
  if (options.dump) request.dump = SchemaDumper(project, context, 1);
  return RunSelected(project, context, selected, request);
}

}  // namespace

void AddRollback(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"rollback",
       {"downgrade", "down"},
       "Undo applied migrations",
       "Without a target the last applied step is undone; -N undoes the last N in recorded order. With a target T "
       "everything is undone that depends on T, and T stays (what Alembic's downgrade does). --exact keeps T's "
       "ancestors and nothing else. A step's down.sql comes from the checkout, or, when the checkout lacks the "
       "migration, from the ledger. More than one step asks first, and so does one that drops rows, on a terminal; "
       "--yes answers.\n"
       "Where the file of effects ('sqlmig verify --effects') knows a step's scripts, what the down has left is "
       "compared with what was there before the up, and what differs is a warning. With --prove the step is rolled "
       "back then, and a step that is not known is refused before anything is changed.",
       "  sqlmig rollback                   # the last step\n"
       "  sqlmig downgrade -1               # the same\n"
       "  sqlmig rollback create_bots       # all that depends on it\n"
       "  sqlmig rollback base --yes        # everything\n"
       "  sqlmig rollback --exact @v1.4.0   # back to a release\n"
       "  sqlmig rollback --run last        # what the last run applied\n"
       "  sqlmig rollback --prove           # or nothing, if the down is wrong"});
  const auto options = std::make_shared<RollbackOptions>();
  command->add_option("target", options->targets, "What stays; -N: how many steps to undo")->type_name("T");
  command->add_flag("--exact", options->exact, "Keep only the ancestors of the targets");
  command->add_option("--run", options->run, "Undo what one run applied: its id, or 'last'")->type_name("ID");
  command->add_flag("--dry-run", options->dry_run, "Show the plan; no lock, no write");
  command->add_flag("--sql", options->sql, "Write an SQL script for psql instead of connecting; target FROM:T");
  command->add_flag("--single-transaction", options->single_transaction,
                    "One transaction for the whole run: all or nothing");
  command->add_option("--lock-wait", options->lock_wait, "How long to wait for another run")
      ->type_name("TIME")
      ->capture_default_str();
  command->add_option("--reconnect-wait", options->reconnect_wait, "How long to try again after a lost connection")
      ->type_name("TIME")
      ->capture_default_str();
  AddBlockedLimits(command, options->blocked);
  command->add_flag("--receipts", options->receipts,
                    "Record what each step locked, not only those of 0.1 s and more; 'sqlmig show' tells");
  command->add_flag("--prove", options->prove,
                    "Take a step back unless its down brings back what was there before its up");
  command
      ->add_option("--effects", options->effects,
                   "What the ups did, as 'verify --effects' wrote it; without it migrations.effects.json")
      ->type_name("FILE");
  command->add_flag("--dump", options->dump, "Then refresh the schema file, as 'sqlmig dump' does");
  // Nothing connects then, so they would mean nothing.
  Exclude(command, "--sql",
          {"--run", "--dry-run", "--lock-wait", "--reconnect-wait", "--max-blocked", "--max-blocked-time", "--receipts",
           "--prove", "--effects", "--dump"});
  Exclude(command, "--dry-run", {"--dump"});
  Runs(
      command, selected, "rollback", [options](Context& context) { return RunRollback(*options, context); },
      Forms::kMarkdown);
}

void AddRedo(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app, {"redo",
            {},
            "Undo the last step and apply it again, for development",
            "Rolls back the migration that was applied last and applies it as its script is now: edit, redo, look.",
            "  sqlmig redo -d meta\n"
            "  sqlmig redo --dump   # and refresh schema.sql\n"
            "  sqlmig redo --receipts && sqlmig show --with-database current   # what it locks, both ways"});
  const auto options = std::make_shared<RedoOptions>();
  AddBlockedLimits(command, options->blocked);
  command->add_flag("--receipts", options->receipts,
                    "Record what each step locked, not only those of 0.1 s and more; 'sqlmig show' tells");
  command->add_flag("--dump", options->dump, "Then refresh the schema file, as 'sqlmig dump' does");
  Runs(command, selected, "redo", [options](Context& context) { return RunRedo(*options, context); });
}

}  // namespace sqlmig
