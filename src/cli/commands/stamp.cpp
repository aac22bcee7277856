#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/bookkeeping.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/run_flow.h"
#include "plan/planner.h"
#include "report/bookkeeping_report.h"
#include "support/counted.h"
#include "support/uuid.h"

namespace sqlmig {
namespace {

struct StampOptions {
  std::vector<std::string> targets;
  bool purge = false;
  std::string lock_wait = "60s";
};

// Takes the rows of migrations that the checkout lacks out of `state`, and gives their ids. What a squash replaces is
// left: without it the squash would have to be run.
std::vector<MigrationId> TakeUnknown(const DatabaseEntry& database, LedgerState* state) {
  std::vector<MigrationId> unknown;
  const auto is_unknown = [&](const AppliedMigration& row) {
    return std::none_of(database.migrations.begin(), database.migrations.end(), [&](const Migration& migration) {
      return migration.id == row.id ||
             std::find(migration.replaces.begin(), migration.replaces.end(), row.id) != migration.replaces.end();
    });
  };
  for (const AppliedMigration& row : state->rows) {
    if (is_unknown(row)) unknown.push_back(row.id);
  }
  state->rows.erase(std::remove_if(state->rows.begin(), state->rows.end(), is_unknown), state->rows.end());
  return unknown;
}

// What a stamp writes for one state of the ledger.
class Stamp {
 public:
  Stamp(const Project& project, const DatabaseEntry& database, const StampOptions& options)
      : project_(project),
        database_(database),
        purge_(options.purge),
        targets_(ShowNegativeTargets(options.targets)),
        terms_(ParseTargets(targets_)),
        store_(project.manifest, database) {}

  std::string Target() const { return fmt::format("{}{}", purge_ ? "--purge " : "", fmt::join(targets_, " ")); }

  LedgerChange Make(LedgerState state) {
    result_ = {};
    result_.name = database_.name;
    LedgerChange change;
    // First of all: recorded dependencies of purged rows may be what keeps the rest from fitting together.
    const std::vector<MigrationId> unknown = purge_ ? TakeUnknown(database_, &state) : std::vector<MigrationId>{};
    const Situation situation = MakeSituation(database_, project_.manifest, state);
    CheckState(project_, database_, situation, state);
    for (auto id = unknown.rbegin(); id != unknown.rend(); ++id) Remove(*id, event_kind::kPurged, &change);
    result_.applied = situation.applied.size();
    if (!terms_.empty()) {
      const Goal goal = GoalOfStamp(terms_, situation);
      const Plan plan = MakePlan(situation, goal);
      for (const Step& step : plan.steps) Make(step, situation, &change);
      AddSquashes(goal, situation, &change);
      result_.applied = goal.applied.size();
    }
    const std::size_t gone = change.work.removals.size();
    if (gone > 0) {
      change.question = fmt::format("removing {} from the ledger of {}", Counted(gone, "migration"), database_.name);
    }
    return change;
  }

  DatabaseStamp Result(const std::string& run) {
    result_.run = run;
    return result_;
  }

 private:
  void Make(const Step& step, const Situation& situation, LedgerChange* change) {
    const Node node = situation.graph.Find(step.id.str()).value();
    if (step.direction == Direction::kUp) return Add(*situation.migration[node], change);
    const AppliedMigration& row = *situation.row[node];
    if (!row.through_replaced) Remove(step.id, event_kind::kUnstamped, change);
    // Its rows would make the squash count as applied again.
    const auto behind = situation.behind.find(node);
    if (behind == situation.behind.end()) return;
    for (auto id = behind->second.rbegin(); id != behind->second.rend(); ++id) {
      Remove(*id, event_kind::kUnstamped, change);
    }
  }

  // A squash that is known by what it replaces gets a row of its own, so that 'replaces' can leave the manifest.
  void AddSquashes(const Goal& goal, const Situation& situation, LedgerChange* change) {
    for (const Node node : situation.graph.Sorted(goal.applied)) {
      const AppliedMigration* const row = situation.row[node];
      if (row != nullptr && row->through_replaced) Add(*situation.migration[node], change);
    }
  }

  void Remove(const MigrationId& id, const char* kind, LedgerChange* change) {
    const bool purged = std::string_view(kind) == event_kind::kPurged;
    change->work.removals.push_back({id, kind});
    change->lines.push_back(fmt::format("{}  {}", purged ? "purge " : "remove", id.str()));
    (purged ? result_.purged : result_.removed).push_back(id.str());
  }

  void Add(const Migration& migration, LedgerChange* change) {
    MigrationRecord record = store_.Record(migration);
    record.event = event_kind::kStamped;
    record.attempt = RandomUuid();
    change->work.stamps.push_back(std::move(record));
    change->lines.push_back(fmt::format("stamp   {}", migration.id.str()));
    result_.stamped.push_back(migration.id.str());
  }

  const Project& project_;
  const DatabaseEntry& database_;
  bool purge_;
  std::vector<std::string> targets_;
  std::vector<TargetTerm> terms_;
  ScriptStore store_;
  DatabaseStamp result_;
};

int RunStamp(const StampOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
  if (options.targets.empty() && !options.purge) {
    throw Error(ErrorCode::kUsage, "a stamp needs to know what shall count as applied")
        .Hint("name it, for instance 'sqlmig stamp heads'; --purge alone forgets what this checkout lacks");
  }
  StampReport report;
  Stamp stamp(project, database, options);
  if (const auto conninfo = FindConninfo(project, context, database, 1)) {
    ChangeRequest request;
    request.target = stamp.Target();
    request.lock_wait = ParseDurationOption("--lock-wait", options.lock_wait);
    request.make = [&stamp](const LedgerState& state) { return stamp.Make(state); };
    const std::string run = ChangeLedger(project, context, database, *conninfo, request);
    report.databases.push_back(stamp.Result(run));
  } else {
    report.databases.emplace_back().name = database.name;
    report.databases.back().notice = FleetNotice(database);
  }
  if (!context.global.quiet || context.global.format != Format::kText) {
    context.out << Render(report, context.global.format) << std::flush;
  }
  return exit_status::kDone;
}

}  // namespace

void AddStamp(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"stamp",
       {},
       "Say in the ledger what is applied, without running SQL",
       "Makes the ledger say that the targets and all their ancestors are applied, and nothing else. For a database "
       "that has these changes already, made by hand or by another tool. What leaves the ledger is shown and asked "
       "for; --yes answers. --purge forgets the ids that this checkout lacks; it can be used alone.",
       "  sqlmig stamp -d meta heads          # everything counts as applied\n"
       "  sqlmig stamp -d meta create_bots    # this migration and its ancestors, nothing else\n"
       "  sqlmig stamp -d meta base --yes     # nothing counts as applied\n"
       "  sqlmig stamp -d meta --purge        # forget what this checkout lacks"});
  const auto options = std::make_shared<StampOptions>();
  command->add_option("target", options->targets, "What counts as applied, with its ancestors")->type_name("T");
  command->add_flag("--purge", options->purge, "Forget the ids that this checkout lacks");
  command->add_option("--lock-wait", options->lock_wait, "How long to wait for another run")
      ->type_name("TIME")
      ->capture_default_str();
  Runs(command, selected, "stamp", [options](Context& context) { return RunStamp(*options, context); });
}

}  // namespace sqlmig
