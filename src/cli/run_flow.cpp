#include "cli/run_flow.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/fleet_list.h"
#include "cli/fleet_run.h"
#include "cli/half_done.h"
#include "cli/os_user.h"
#include "cli/progress.h"
#include "cli/version.h"
#include "model/server_version.h"
#include "plan/replaced.h"
#include "report/shown_path.h"
#include "support/counted.h"
#include "support/uuid.h"

namespace sqlmig {
namespace {

std::vector<std::string> Names(const std::vector<Node>& nodes, const Graph& graph) {
  std::vector<std::string> names;
  names.reserve(nodes.size());
  for (const Node node : nodes) names.push_back(graph.id(node).str());
  return names;
}

bool SameRows(const LedgerState& a, const LedgerState& b) {
  return std::equal(a.rows.begin(), a.rows.end(), b.rows.begin(), b.rows.end(),
                    [](const AppliedMigration& x, const AppliedMigration& y) {
                      return x.id == y.id && x.status == y.status && x.ordinal == y.ordinal;
                    });
}

bool HalfDone(const LedgerState& state) {
  return std::any_of(state.rows.begin(), state.rows.end(),
                     [](const AppliedMigration& row) { return row.status != AppliedStatus::kApplied; });
}

// What policies let pass is said.
std::vector<std::string> Warnings(const Situation& situation, const Plan& plan) {
  std::vector<std::string> warnings;
  std::vector<std::string> late;
  for (const Step& step : plan.steps) {
    if (step.late) late.push_back(step.id.str());
  }
  if (!late.empty()) warnings.push_back(fmt::format("late, below what is applied already: {}", fmt::join(late, ", ")));
  const auto unknown = Names(situation.graph.Sorted(situation.Unknown()), situation.graph);
  if (!unknown.empty()) {
    warnings.push_back(fmt::format("applied, but not in this checkout: {}", fmt::join(unknown, ", ")));
  }
  return warnings;
}

// What was noticed of scripts that are to be run.
std::vector<std::string> ScriptWarnings(const Manifest& manifest, const std::vector<PreparedStep>& steps) {
  std::vector<std::string> warnings;
  for (const PreparedStep& step : steps) {
    const std::string path = ShownPath(manifest.file.parent_path(), step.path);
    if (const auto& doubt = step.script.doubt) {
      warnings.push_back(fmt::format("not parsed, the server will judge it: {}:{}:{}: {}", path, doubt->at.line,
                                     doubt->at.column, doubt->message));
    } else if (!step.script.unread.empty()) {
      warnings.push_back(fmt::format("not parsed, the server will judge it: {}: {}", path, step.script.unread));
    } else if (!step.step.transactional && !step.script.may_need_no_transaction && step.script.parsed &&
               !step.script.statements.empty()) {
      warnings.push_back(fmt::format("nothing in {} needs to run without a transaction", path));
    }
  }
  return warnings;
}

void CheckServerVersion(const DatabaseEntry& database, const Plan& plan, const Situation& situation,
                        int server_version) {
  const int major = server_version / 10000;
  for (const Step& step : plan.steps) {
    const Migration* migration = situation.migration[situation.graph.Find(step.id.str()).value()];
    if (step.direction != Direction::kUp || migration == nullptr || !migration->requires_server) continue;
    const ServerRequirement& wanted = *migration->requires_server;
    if (IsMetBy(wanted, major)) continue;
    throw Error(ErrorCode::kServerVersion, fmt::format("{}: {} needs a server {}, this one is {}", database.name,
                                                       step.id.str(), wanted.text, major))
        .Hint("upgrade the server, or apply up to the migration before with 'sqlmig apply <id>'");
  }
}

// One look at the ids tells the common case of a deploy: all of the manifest is applied, and nothing else.
bool NothingToDo(const DatabaseEntry& database, const RunRequest& request, const Glance& glance) {
  if (!request.all_heads || !request.forward || glance.interrupted || !glance.unfinished_runs.empty()) return false;
  if (database.defaults.heads == HeadsPolicy::kSingle || request.check_frozen) return false;
  const IdSet applied(glance.applied.begin(), glance.applied.end());
  std::size_t ours = 0;
  for (const Migration& migration : database.migrations) {
    if (!IsThere(migration, applied)) return false;
    ours += applied.contains(migration.id.str()) ? 1U : 0U;
    ours += static_cast<std::size_t>(std::count_if(migration.replaces.begin(), migration.replaces.end(),
                                                   [&](const MigrationId& id) { return applied.contains(id.str()); }));
  }
  return ours == applied.size();
}

// The way of one run through one database, with what its parts share.
class Flow {
 public:
  Flow(const Project& project, Context& context, const DatabaseEntry& database, const RunRequest& request)
      : project_(project),
        context_(context),
        database_(database),
        request_(request),
        name_(context.NameOf(database)),
        store_(project.manifest, database) {}

  DatabaseRun Run(const Conninfo& conninfo) {
    DatabaseRun run;
    run.name = name_;
    run.fake = request_.fake;
    record_ = NewRunRecord(context_, request_.target);
    ConnectOptions connect{true, record_.id, request_.wait_for_server};
    if (request_.early && request_.early->opening) {
      connect.run = record_.id = request_.early->id;
      connect.begun = std::move(request_.early->opening);
    }
    session_ = Connect(project_, context_, database_, conninfo, std::move(connect));
    session_->OnNotice(MakeNoticeHandler(context_, name_, record_.id));
    const Glance glance = session_->ReadGlance();
    run.applied_before = glance.applied.size();
    if (NothingToDo(database_, request_, glance)) {
      // Only asked for where it is shown: this way has to be quick.
      if (context_.global.format == Format::kJson) run.current_after = HeadsOfManifest();
      LogNothingToDo(run.applied_before);
      return run;
    }

    const Observer observer = MakeObserver(context_, name_, record_.id, project_.manifest.several);
    session_->OnProgress(observer);
    Runner runner(*session_, context_.waiter, observer);
    state_ = session_->ReadState();
    // Only who has the lock can tell a step that was interrupted from one that is still running.
    if (HalfDone(state_)) state_ = runner.LockAndRead(Options());
    std::vector<PreparedStep> steps = PlanFor(state_);
    for (const std::string& warning : warnings_) Warn(context_, fmt::format("{}: {}", name_, warning));
    run.current_after = Current();
    if (steps.empty() && state_.unfinished_runs.empty()) {
      LogNothingToDo(run.applied_before);
      return run;
    }
    if (request_.finds_losses) run.destroys = FindRowLosses(session_->connection(), steps);
    if (request_.confirm && !steps.empty()) request_.confirm(database_, plan_, run.destroys);

    run.result = runner.Run([&](const LedgerState& now) { return PlanAgain(now, steps); }, Options());
    run.current_after = CurrentAfter(run.result);
    if (request_.proof) run.proofs = request_.proof->Finish(run.result);
    return run;
  }

  const std::string& run_id() const { return record_.id; }

  // Where the database is, as far as it was looked at.
  std::optional<std::vector<std::string>> Current() const {
    if (!situation_) return std::nullopt;
    return Names(situation_->graph.Sorted(situation_->Current()), situation_->graph);
  }

  DatabasePlan PlanOnly(const Conninfo& conninfo) {
    session_ = Connect(project_, context_, database_, conninfo, {false, "", request_.wait_for_server});
    state_ = session_->ReadState();
    const std::vector<PreparedStep> steps = PlanFor(state_);
    DatabasePlan planned;
    planned.name = name_;
    planned.plan = plan_;
    planned.applied = situation_->applied.size();
    planned.warnings = warnings_;
    if (request_.finds_losses) planned.destroys = FindRowLosses(session_->connection(), steps);
    return planned;
  }

 private:
  void LogNothingToDo(std::size_t applied) const {
    LogLine(context_, record_.id, fmt::format("db={} {}: nothing to do, {} applied", name_, context_.command, applied));
  }

  std::vector<PreparedStep> PlanFor(const LedgerState& state) {
    situation_.emplace(MakeSituation(database_, project_.manifest, state));
    CheckScope(project_, database_, *situation_, state);
    plan_ = request_.make_plan(database_, *situation_);
    ResumeFirst(database_, *situation_, &plan_);
    CheckWayBack(*situation_, plan_);
    if (request_.forward) CheckPolicies(*situation_, plan_, database_.defaults);
    CheckServerVersion(database_, plan_, *situation_, session_->connection().server_version());
    warnings_ = Warnings(*situation_, plan_);
    if (!plan_.empty()) CheckEdited();
    if (request_.single_transaction) CheckAllTransactional(plan_);
    std::vector<PreparedStep> steps =
        store_.Prepare(plan_, *situation_, [&](const MigrationId& id) { return session_->ReadDownScript(id); });
    for (std::string& warning : ScriptWarnings(project_.manifest, steps)) warnings_.push_back(std::move(warning));
    if (request_.check_frozen) request_.check_frozen(database_, *situation_, steps);
    if (request_.proof) request_.proof->Prepare(steps, *situation_, session_->connection().server_version());
    return steps;
  }

  // Under the lock. The same rows as before: the same plan, and its scripts are ready.
  std::vector<PreparedStep> PlanAgain(const LedgerState& now, std::vector<PreparedStep>& ready) {
    if (SameRows(now, state_)) return std::move(ready);
    const Plan shown = plan_;
    state_ = now;
    std::vector<PreparedStep> steps = PlanFor(state_);
    // What is undone is what was named or shown, or what another run has left of that, and nothing in its place.
    const bool others = std::any_of(plan_.steps.begin(), plan_.steps.end(), [&](const Step& step) {
      return std::none_of(shown.steps.begin(), shown.steps.end(),
                          [&](const Step& known) { return known.id == step.id && known.direction == step.direction; });
    });
    if (!request_.forward && others) {
      throw Error(ErrorCode::kStalePlan,
                  fmt::format("{}: another run changed the database, so other steps would be undone now", name_))
          .Hint("run the command again and look at the new plan");
    }
    return steps;
  }

  void CheckEdited() {
    const std::vector<std::string> edited = FindEdited(database_, store_, *situation_, plan_);
    if (edited.empty()) return;
    const std::string text = fmt::format("{} changed since {} applied", fmt::join(edited, ", "),
                                         edited.size() == 1 ? "it was" : "they were");
    if (!request_.forward) {
      warnings_.push_back(text);
      return;
    }
    throw Error(ErrorCode::kEdited, fmt::format("{}: {}", name_, text))
        .Hint(
            "restore the scripts and put the change into a new migration; if the change is harmless, 'sqlmig repair "
            "<id> --accept' records the new text");
  }

  RunOptions Options() const {
    RunOptions options;
    options.record = record_;
    options.lock_wait = request_.lock_wait;
    options.reconnect_wait = request_.reconnect_wait;
    options.lock_timeout = database_.defaults.settings.lock_timeout.value_or(std::chrono::seconds(3));
    options.lock_deadline = database_.defaults.lock_deadline;
    options.single_transaction = request_.single_transaction;
    options.fake = request_.fake;
    options.receipts = request_.receipts;
    options.witness = request_.proof.get();
    options.max_blocked = request_.max_blocked;
    options.max_blocked_time = request_.max_blocked_time;
    return options;
  }

  std::vector<std::string> HeadsOfManifest() const {
    const LedgerState nothing;
    const Situation situation = MakeSituation(database_, project_.manifest, nothing);
    return Names(situation.graph.Sorted(situation.Heads()), situation.graph);
  }

  std::vector<std::string> CurrentAfter(const RunResult& result) const {
    NodeSet applied = situation_->applied;
    for (const StepResult& step : result.done) {
      const Node node = situation_->graph.Find(step.step.id.str()).value();
      step.step.direction == Direction::kUp ? applied.Insert(node) : applied.Erase(node);
    }
    return Names(situation_->graph.Sorted(situation_->graph.HeadsOf(applied)), situation_->graph);
  }

  const Project& project_;
  Context& context_;
  const DatabaseEntry& database_;
  const RunRequest& request_;
  const std::string name_;  // as people are told
  ScriptStore store_;
  RunRecord record_;
  std::unique_ptr<PgSession> session_;
  LedgerState state_;
  std::optional<Situation> situation_;
  Plan plan_;
  std::vector<std::string> warnings_;
};

// Each database with where it is, known before the first of them is touched: none is changed when the address of
// another is missing. No conninfo: a fleet without a member.
std::vector<std::pair<const DatabaseEntry*, std::optional<Conninfo>>> FindAll(
    const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected, bool fleets) {
  std::vector<std::pair<const DatabaseEntry*, std::optional<Conninfo>>> found;
  for (const DatabaseEntry* database : selected) {
    found.emplace_back(database, fleets && IsFleet(project, context, *database)
                                     ? std::nullopt
                                     : FindConninfo(project, context, *database, selected.size()));
  }
  return found;
}

using Visit = std::function<std::optional<Error>&(const DatabaseEntry&, const std::optional<Conninfo>&)>;

// Visits the databases in their order, and gives what went wrong. After a signal nothing new is begun: whatever went
// before, the databases from there on were not looked at.
// `fleets`: where a fleet's members are is looked for by the visit.
std::vector<Error> VisitAll(const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected,
                            bool fleets, const Visit& visit) {
  std::vector<Error> errors;
  for (const auto& [database, conninfo] : FindAll(project, context, selected, fleets)) {
    if (context.interrupt != nullptr && context.interrupt->requested()) {
      errors.push_back(
          Error(ErrorCode::kSignal, fmt::format("stopped by a signal before database '{}'", database->name))
              .Hint("run the command again to go on"));
      break;
    }
    std::optional<Error>& error = visit(*database, conninfo);
    if (!error) continue;
    if (selected.size() > 1) error->AddContext(fmt::format("in database '{}'", database->name));
    errors.push_back(*error);
  }
  return errors;
}

// Whether the database's entry stands for its members in this run.
bool IsFleetRun(const Project& project, const Context& context, const DatabaseEntry& database,
                const RunRequest& request) {
  return request.fleet.has_value() && IsFleet(project, context, database);
}

// The run is over and stays as it is, whatever becomes of the file.
void DumpAfterRun(Context& context, const DatabaseEntry& database, const Conninfo& conninfo, const RunRequest& request,
                  DatabaseRun* run) {
  try {
    run->dump = request.dump(database, conninfo);
  } catch (const Error& error) {
    run->dump_error = error;
    run->dump_error->AddContext(
        fmt::format("the migrations of {} were run; only its schema file was not written", database.name));
    LogError(context, run->result.run, *run->dump_error);
  }
}

}  // namespace

void CheckState(const Project& project, const DatabaseEntry& database, const Situation& situation,
                const LedgerState& state) {
  const std::vector<Node> interrupted = situation.graph.Sorted(situation.Interrupted());
  if (!interrupted.empty()) throw HalfDoneIn(database, *situation.row[interrupted.front()], situation);
  CheckScope(project, database, situation, state);
}

void CheckScope(const Project& project, const DatabaseEntry& database, const Situation& situation,
                const LedgerState& state) {
  if (!state.rows.empty()) return;
  for (const auto& [scope, id] : state.other_scopes) {
    if (!situation.graph.Find(id.str()) && !situation.replaced_by.contains(id.str())) continue;
    throw Error(ErrorCode::kScope, fmt::format("{}: the ledger knows '{}' under the name '{}', not '{}'", database.name,
                                               id.str(), scope, project.Scope(database)))
        .Hint(fmt::format("if project or database was renamed, 'sqlmig repair --rename-scope {}' takes the rows over; "
                          "otherwise this is another project's database",
                          scope));
  }
}

void CheckAllTransactional(const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (step.transactional) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("{} runs without a transaction, so the run cannot be one", step.id.str()))
        .Hint("leave out --single-transaction, or apply up to the migration before it first");
  }
}

std::vector<std::string> FindEdited(const DatabaseEntry& database, ScriptStore& store, const Situation& situation,
                                    const Plan& plan) {
  std::unordered_set<std::string_view> leaving;
  for (const Step& step : plan.steps) {
    if (step.direction == Direction::kDown) leaving.insert(step.id.str());
  }
  std::vector<std::string> edited;
  for (std::size_t i = 0; i < database.migrations.size(); ++i) {
    const AppliedMigration* row = situation.row[i];
    if (row == nullptr || row->status != AppliedStatus::kApplied || leaving.contains(row->id.str())) continue;
    if (store.Edited(database.migrations[i], *row) == ScriptStore::EditKind::kTokens) edited.push_back(row->id.str());
  }
  return edited;
}

RunRecord NewRunRecord(const Context& context, const std::string& target) {
  RunRecord record;
  record.id = RandomUuid();
  record.command = context.command;
  record.target = target;
  record.tool_version = kVersion;
  record.os_user = OsUserName(context.environment);
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) record.host = host.data();
  return record;
}

DatabaseRun RunDatabase(const Project& project, Context& context, const DatabaseEntry& database,
                        const Conninfo& conninfo, const RunRequest& request) {
  Flow flow(project, context, database, request);
  DatabaseRun run;
  try {
    run = flow.Run(conninfo);
  } catch (const Error& error) {
    run.name = context.NameOf(database);
    run.current_after = flow.Current();
    run.result.error = error;
    run.result.outcome = ErrorCodeName(error.code());
  }
  if (run.result.error) LogError(context, flow.run_id(), *run.result.error);
  return run;
}

int RunSelected(const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected,
                const RunRequest& request) {
  RunReport report{context.command, {}, context.folder};
  const auto visit = [&](const DatabaseEntry& database,
                         const std::optional<Conninfo>& conninfo) -> std::optional<Error>& {
    DatabaseRun& run = report.databases.emplace_back();
    run.name = database.name;
    if (IsFleetRun(project, context, database, request)) {
      try {
        run = RunFleet(project, context, database, request);
      } catch (const Error& error) {
        run.result.error = error;
        run.result.outcome = ErrorCodeName(error.code());
        LogError(context, "", error);
      }
      return run.result.error;
    }
    if (!conninfo) {
      run.notice = FleetNotice(database);
      return run.result.error;
    }
    run = RunDatabase(project, context, database, *conninfo, request);
    if (!request.dump || run.result.error) return run.result.error;
    DumpAfterRun(context, database, *conninfo, request, &run);
    return run.dump_error;
  };
  const std::vector<Error> errors = VisitAll(project, context, selected, request.fleet.has_value(), visit);
  // A database where nothing was begun has only its error to show.
  const bool worth_showing = std::any_of(report.databases.begin(), report.databases.end(), [](const DatabaseRun& run) {
    return run.fleet || !run.result.error || run.result.failed || !run.result.done.empty();
  });
  if (context.global.format != Format::kText || (worth_showing && !context.global.quiet)) {
    context.out << Render(report, context.global.format) << std::flush;
  }
  return ReportErrors(context, errors, selected.size());
}

DatabasePlan PlanDatabase(const Project& project, Context& context, const DatabaseEntry& database,
                          const Conninfo& conninfo, const RunRequest& request) {
  try {
    return Flow(project, context, database, request).PlanOnly(conninfo);
  } catch (const Error& error) {
    DatabasePlan plan;
    plan.name = context.NameOf(database);
    plan.error = error;
    return plan;
  }
}

int PlanSelected(const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected,
                 const RunRequest& request) {
  PlanReport report{context.command, {}};
  const auto visit = [&](const DatabaseEntry& database,
                         const std::optional<Conninfo>& conninfo) -> std::optional<Error>& {
    DatabasePlan& plan = report.databases.emplace_back();
    plan.name = database.name;
    if (IsFleetRun(project, context, database, request)) {
      try {
        plan = PlanFleet(project, context, database, request);
      } catch (const Error& error) {
        plan.error = error;
      }
    } else if (conninfo) {
      plan = PlanDatabase(project, context, database, *conninfo, request);
    } else {
      plan.notice = FleetNotice(database);
    }
    for (const std::string& warning : plan.warnings) Warn(context, fmt::format("{}: {}", database.name, warning));
    if (plan.error) LogError(context, "", *plan.error);
    return plan.error;
  };
  const std::vector<Error> errors = VisitAll(project, context, selected, request.fleet.has_value(), visit);
  const bool worth_showing = std::any_of(report.databases.begin(), report.databases.end(),
                                         [](const DatabasePlan& plan) { return plan.fleet || !plan.error; });
  if (context.global.format != Format::kText || worth_showing) {
    context.out << Render(report, context.global.format) << std::flush;
  }
  return ReportErrors(context, errors, selected.size());
}

}  // namespace sqlmig
