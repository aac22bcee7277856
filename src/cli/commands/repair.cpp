#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/bookkeeping.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/run_flow.h"
#include "plan/target.h"
#include "report/bookkeeping_report.h"
#include "support/counted.h"

namespace sqlmig {
namespace {

using EditKind = ScriptStore::EditKind;

struct RepairOptions {
  std::vector<std::string> ids;
  bool accept = false;
  bool accept_all = false;
  std::string resolve;  // "applied", "pending" or empty
  std::string rename_scope;
  std::string lock_wait = "60s";

  int Actions() const {
    return (accept ? 1 : 0) + (accept_all ? 1 : 0) + (resolve.empty() ? 0 : 1) + (rename_scope.empty() ? 0 : 1);
  }
};

void RequireOneRepair(const RepairOptions& options) {
  if (options.Actions() > 1) {
    throw Error(ErrorCode::kUsage, "--accept, --accept-all, --resolve and --rename-scope are repairs of their own")
        .Hint("do one after the other");
  }
  const bool takes_ids = options.accept || !options.resolve.empty();
  if (takes_ids && options.ids.empty()) {
    throw Error(ErrorCode::kUsage,
                fmt::format("{} needs the id of a migration", options.accept ? "--accept" : "--resolve"))
        .Hint("'sqlmig repair' without options lists what could be repaired");
  }
  if (!takes_ids && !options.ids.empty()) {
    throw Error(ErrorCode::kUsage, options.Actions() == 0
                                       ? fmt::format("what shall be done with '{}' is not said", options.ids.front())
                                       : std::string("this repair takes no ids"))
        .Hint(options.Actions() == 0 ? "add --accept, --resolve applied or --resolve pending" : "leave them out");
  }
}

const char* Doing(const AppliedMigration& row) {
  return row.status == AppliedStatus::kApplying ? "up" : "down";
}

// "up.sql, down.sql": which scripts are not what the ledger holds; empty: none.
std::string Differing(const MigrationRecord& record, const AppliedMigration& row) {
  const bool algorithm = record.hash_algorithm != row.hash_algorithm;
  std::vector<std::string> parts;
  if (record.up.bytes != row.up.bytes || algorithm) parts.emplace_back("up script");
  if (record.down.bytes != row.down.bytes || record.down_kind != row.down_kind || algorithm)
    parts.emplace_back("down script");
  return fmt::format("{}", fmt::join(parts, " and "));
}

// What a squash replaces is of this checkout, too.
bool IsOurs(const MigrationId& id, const Situation& situation) {
  return situation.graph.Find(id.str()).has_value() || situation.replaced_by.contains(id.str());
}

// One repair, worked out anew for each state of the ledger; `items` says what it amounts to.
class Repair {
 public:
  Repair(const Project& project, const DatabaseEntry& database, const RepairOptions& options)
      : project_(project), database_(database), options_(options), store_(project.manifest, database) {}

  std::string Target() const {
    const std::string ids = fmt::format("{}", fmt::join(options_.ids, " "));
    if (options_.accept) return ids + " --accept";
    if (options_.accept_all) return "--accept-all";
    if (!options_.resolve.empty()) return fmt::format("{} --resolve {}", ids, options_.resolve);
    return "--rename-scope " + options_.rename_scope;
  }

  LedgerChange Make(const LedgerState& state) {
    items_.clear();
    LedgerChange change;
    const Situation situation = MakeSituation(database_, project_.manifest, state);
    if (!options_.rename_scope.empty()) Rename(state, situation, &change);
    if (options_.accept_all) AcceptAll(situation, &change);
    for (const std::string& id : options_.ids) {
      const Node node = ResolveName(id, situation);
      if (std::find(seen_.begin(), seen_.end(), node) != seen_.end()) continue;
      seen_.push_back(node);
      options_.accept ? Accept(node, situation, &change) : Resolve(node, situation, &change);
    }
    seen_.clear();
    if (!change.lines.empty()) change.question = fmt::format("writing this to the ledger of {}", database_.name);
    return change;
  }

  const std::vector<RepairItem>& items() const { return items_; }

 private:
  void Note(RepairItem::Kind kind, const std::string& subject, const std::string& detail, LedgerChange* change) {
    change->lines.push_back(fmt::format("{}: {}", subject, detail));
    items_.push_back({kind, subject, detail, {}});
  }

  void Accept(Node node, const Situation& situation, LedgerChange* change) {
    const std::string& id = situation.graph.id(node).str();
    const AppliedMigration* const row = situation.row[node];
    const Migration* const migration = situation.migration[node];
    if (row == nullptr) {
      throw Error(ErrorCode::kTarget, fmt::format("'{}' is not applied, so there is nothing to accept", id))
          .Hint("'sqlmig apply' runs its script as it is now");
    }
    if (migration == nullptr) {
      throw Error(ErrorCode::kTarget, fmt::format("this checkout lacks '{}', so there is no script to accept", id))
          .Hint("use a checkout that has this migration");
    }
    if (row->through_replaced) return;  // nothing is recorded of its scripts
    MigrationRecord record = store_.Record(*migration);
    const std::string differing = Differing(record, *row);
    if (differing.empty()) return;
    Note(RepairItem::Kind::kEdited, id, fmt::format("recorded as it is in this checkout: {}; no SQL is run", differing),
         change);
    change->work.accepted.push_back(std::move(record));
  }

  void AcceptAll(const Situation& situation, LedgerChange* change) {
    for (const Node node : situation.applied_order) {
      if (situation.migration[node] != nullptr) Accept(node, situation, change);
    }
  }

  void Resolve(Node node, const Situation& situation, LedgerChange* change) {
    const std::string& id = situation.graph.id(node).str();
    const AppliedMigration* const row = situation.row[node];
    const bool applied = options_.resolve == "applied";
    const bool interrupted = row != nullptr && row->status != AppliedStatus::kApplied;
    if (!interrupted && applied == (row != nullptr)) return;  // it is so already
    if (!interrupted) {
      throw Error(ErrorCode::kTarget,
                  fmt::format("'{}' is not interrupted, it is {}", id, applied ? "pending" : "applied"))
          .Hint(applied ? "'sqlmig apply' applies it; 'sqlmig stamp' only says so in the ledger"
                        : "'sqlmig rollback' undoes it; 'sqlmig stamp' only says so in the ledger");
    }
    const std::string what =
        fmt::format("its {} script was interrupted after statement {};", Doing(*row), row->statements_done);
    if (applied) {
      Note(RepairItem::Kind::kInterrupted, id, what + " it counts as applied now", change);
      change->work.resolved.push_back(row->id);
      return;
    }
    RequireNoDependants(node, situation);
    Note(RepairItem::Kind::kInterrupted, id, what + " it counts as pending now, its row is removed", change);
    change->work.removals.push_back({row->id, event_kind::kRepaired});
  }

  // What is applied must stay closed under dependencies.
  static void RequireNoDependants(Node node, const Situation& situation) {
    for (const Node dependant : situation.graph.DependantsOf(node)) {
      if (situation.row[dependant] == nullptr) continue;
      throw Error(ErrorCode::kTarget,
                  fmt::format("'{}' cannot count as pending: '{}' depends on it and is in the ledger",
                              situation.graph.id(node).str(), situation.graph.id(dependant).str()))
          .Hint("finish it by hand and use '--resolve applied'");
    }
  }

  void Rename(const LedgerState& state, const Situation& situation, LedgerChange* change) {
    const std::string& old = options_.rename_scope;
    const std::string scope = project_.Scope(database_);
    if (!state.rows.empty()) {
      throw Error(ErrorCode::kScope, fmt::format("'{}' has {} of its own already, so it cannot take over others'",
                                                 scope, Counted(state.rows.size(), "row")))
          .Hint("the rows of the two cannot be told apart afterwards; 'sqlmig log' shows where these come from");
    }
    std::size_t rows = 0;
    std::size_t known = 0;
    for (const auto& [other, id] : state.other_scopes) {
      if (other != old) continue;
      ++rows;
      if (IsOurs(id, situation)) ++known;
    }
    Note(RepairItem::Kind::kScope, old,
         fmt::format("its {}, its runs and events become those of '{}'; {} of the ids are in this checkout",
                     Counted(rows, "row"), scope, known),
         change);
    change->work.rename_scope_from = old;
  }

  const Project& project_;
  const DatabaseEntry& database_;
  const RepairOptions& options_;
  ScriptStore store_;
  std::vector<Node> seen_;
  std::vector<RepairItem> items_;
};

void FindEditedScripts(const Project& project, const DatabaseEntry& database, const Situation& situation,
                       std::vector<RepairItem>* items) {
  ScriptStore store(project.manifest, database);
  for (const Node node : situation.applied_order) {
    if (situation.migration[node] == nullptr) continue;
    std::string problem;
    const bool up = store.Edited(*situation.migration[node], *situation.row[node], &problem) == EditKind::kTokens;
    if (!up && store.EditedDown(*situation.migration[node], *situation.row[node]) != EditKind::kTokens) continue;
    const std::string& id = situation.graph.id(node).str();
    items->push_back(
        {RepairItem::Kind::kEdited,
         id,
         problem.empty() ? fmt::format("its {} script was changed since it was applied; restore it, or record it as it "
                                       "is now",
                                       up ? "up" : "down")
                         : "its up script cannot be read: " + problem,
         {fmt::format("sqlmig repair -d {} {} --accept", database.name, id)}});
  }
}

void FindInterrupted(const DatabaseEntry& database, const Situation& situation, std::vector<RepairItem>* items) {
  for (const Node node : situation.graph.Sorted(situation.Interrupted())) {
    const AppliedMigration& row = *situation.row[node];
    const std::string& id = row.id.str();
    items->push_back({RepairItem::Kind::kInterrupted,
                      id,
                      fmt::format("its {} script runs without a transaction and was interrupted after statement {}; "
                                  "{}, given again, goes on "
                                  "there; or finish it or undo it by hand, then say which",
                                  Doing(row), row.statements_done,
                                  row.status == AppliedStatus::kApplying ? "'sqlmig apply'" : "the same rollback"),
                      {fmt::format("sqlmig repair -d {} {} --resolve applied", database.name, id),
                       fmt::format("sqlmig repair -d {} {} --resolve pending", database.name, id)}});
  }
}

void FindOtherScopes(const Project& project, const DatabaseEntry& database, const LedgerState& state,
                     const Situation& situation, std::vector<RepairItem>* items) {
  std::map<std::string, std::pair<std::size_t, std::size_t>> scopes;  // rows, and how many of them are ours
  for (const auto& [scope, id] : state.other_scopes) {
    ++scopes[scope].first;
    if (IsOurs(id, situation)) ++scopes[scope].second;
  }
  for (const auto& [scope, count] : scopes) {
    if (count.second == 0) continue;  // another project's rows are none of our business
    items->push_back({RepairItem::Kind::kScope,
                      scope,
                      fmt::format("the ledger has {} rows under this name, {} of them of migrations of '{}', which has "
                                  "none; was the project or the database renamed?",
                                  count.first, count.second, project.Scope(database)),
                      {fmt::format("sqlmig repair -d {} --rename-scope {}", database.name, scope)}});
  }
}

// "shop/default (3 rows), shop/stats (1 row)"
std::vector<std::string> ReadScopes(PgSession& session) {
  if (!session.ReadState().exists) return {};
  const Rows rows = session.connection().Query(session.ledger().ReadScopes()).at(0);
  std::vector<std::string> scopes;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    scopes.push_back(fmt::format("{} ({} row{})", rows.At(r, 0), rows.At(r, 1), rows.At(r, 1) == "1" ? "" : "s"));
  }
  return scopes;
}

void RequireScope(const std::string& wanted, PgSession& session) {
  const std::vector<std::string> scopes = ReadScopes(session);
  const bool found = std::any_of(scopes.begin(), scopes.end(),
                                 [&](const std::string& scope) { return scope.starts_with(wanted + " ("); });
  if (found) return;
  throw Error(ErrorCode::kScope, fmt::format("the ledger has no rows of '{}'", wanted))
      .Hint(scopes.empty() ? "it has no rows at all" : fmt::format("it has rows of: {}", fmt::join(scopes, ", ")));
}

std::vector<RepairItem> FindDecisions(const Project& project, const DatabaseEntry& database, PgSession& session) {
  const LedgerState state = session.ReadState();
  const Situation situation = MakeSituation(database, project.manifest, state);
  std::vector<RepairItem> items;
  FindInterrupted(database, situation, &items);
  FindEditedScripts(project, database, situation, &items);
  FindOtherScopes(project, database, state, situation, &items);
  return items;
}

int RunRepair(const RepairOptions& options, Context& context) {
  RequireOneRepair(options);
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
  RepairReport report;
  DatabaseRepair& result = report.databases.emplace_back();
  result.name = database.name;
  const auto conninfo = FindConninfo(project, context, database, 1);
  if (!conninfo) {
    result.notice = FleetNotice(database);
  } else if (options.Actions() == 0) {
    const auto session = Connect(project, context, database, *conninfo, {});
    result.decisions = FindDecisions(project, database, *session);
    result.scopes = ReadScopes(*session);
  } else {
    if (!options.rename_scope.empty()) {
      RequireScope(options.rename_scope, *Connect(project, context, database, *conninfo, {}));
    }
    Repair repair(project, database, options);
    ChangeRequest request;
    request.target = repair.Target();
    request.lock_wait = ParseDurationOption("--lock-wait", options.lock_wait);
    request.make = [&repair](const LedgerState& state) { return repair.Make(state); };
    result.run = ChangeLedger(project, context, database, *conninfo, request);
    result.repaired = repair.items();
  }
  if (!context.global.quiet || context.global.format != Format::kText || !result.decisions.empty()) {
    context.out << Render(report, context.global.format) << std::flush;
  }
  return result.decisions.empty() ? exit_status::kDone : exit_status::kDecision;
}

}  // namespace

void AddRepair(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"repair",
       {},
       "Settle what the ledger cannot know by itself",
       "Without an option: lists what waits for a decision, with the command for each way out, and exits 7 when there "
       "is something. Nothing is guessed: what will be written is shown and asked for; --yes answers.\n"
       "--accept records a script that was changed after it was applied as it is now. --resolve says what became of "
       "a step without a transaction that was interrupted. --rename-scope takes over the rows of a project or "
       "database that had another name.",
       "  sqlmig repair -d meta\n"
       "  sqlmig repair -d meta create_bots --accept\n"
       "  sqlmig repair -d meta --accept-all --yes\n"
       "  sqlmig repair -d meta index_bots --resolve applied   # finished by hand\n"
       "  sqlmig repair -d meta index_bots --resolve pending   # undone by hand\n"
       "  sqlmig repair -d meta --rename-scope old-name/meta"});
  const auto options = std::make_shared<RepairOptions>();
  command->add_option("id", options->ids, "Migrations to repair")->type_name("ID");
  command->add_flag("--accept", options->accept, "Record the scripts as they are in this checkout");
  command->add_flag("--accept-all", options->accept_all, "The same for every applied migration whose scripts differ");
  command->add_option("--resolve", options->resolve, "What an interrupted step is now: applied or pending")
      ->type_name("STATE")
      ->check(OneOf({"applied", "pending"}));
  command->add_option("--rename-scope", options->rename_scope, "Take over the rows of this project/database")
      ->type_name("OLD");
  command->add_option("--lock-wait", options->lock_wait, "How long to wait for another run")
      ->type_name("TIME")
      ->capture_default_str();
  Runs(command, selected, "repair", [options](Context& context) { return RunRepair(*options, context); });
}

}  // namespace sqlmig
