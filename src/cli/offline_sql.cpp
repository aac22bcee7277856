#include "cli/offline_sql.h"

#include <fmt/format.h>

#include "cli/exit_status.h"
#include "cli/run_flow.h"
#include "cli/version.h"
#include "exec/step_message.h"
#include "plan/planner.h"
#include "plan/target.h"
#include "support/counted.h"
#include "support/uuid.h"

namespace sqlmig {
namespace {

struct ScriptRange {
  std::vector<TargetTerm> from;  // empty: base
  std::vector<TargetTerm> to;    // empty: all heads
};

ScriptRange ParseRange(const std::vector<std::string>& targets, Direction direction) {
  if (targets.size() > 1) {
    throw Error(ErrorCode::kUsage, "--sql takes one target, T or FROM:T").Hint("name one target");
  }
  ScriptRange range;
  const std::string text = targets.empty() ? std::string() : targets.front();
  const std::size_t colon = text.find(':');
  if (direction == Direction::kDown && (colon == std::string::npos || colon == 0 || colon + 1 == text.size())) {
    throw Error(ErrorCode::kUsage, "a rollback script needs both ends, FROM:T, because no database is asked")
        .Hint("for instance 'sqlmig rollback --sql heads:base'");
  }
  const std::string from = colon == std::string::npos ? std::string() : text.substr(0, colon);
  const std::string to = colon == std::string::npos ? text : text.substr(colon + 1);
  if (!from.empty()) range.from = {ParseTarget(from)};
  if (!to.empty()) range.to = {ParseTarget(to)};
  for (const auto* end : {&range.from, &range.to}) {
    for (const TargetTerm& term : *end) {
      if (term.kind == TargetTerm::Kind::kCurrent || term.kind == TargetTerm::Kind::kSteps) {
        throw Error(ErrorCode::kTarget, fmt::format("'{}' has no meaning without a database", term.text))
            .Hint("name a migration, 'heads' or 'base'");
      }
    }
  }
  return range;
}

// The ledger as it would be with everything up to FROM applied.
LedgerState StateAt(const Project& project, const DatabaseEntry& database, const std::vector<TargetTerm>& from) {
  LedgerState state;
  state.exists = true;
  if (from.empty()) return state;
  const LedgerState nothing;
  const Situation empty = MakeSituation(database, project.manifest, nothing);
  const NodeSet applied = empty.graph.AncestorsOf(ResolveTargets(from, empty).nodes);
  for (const Node node : empty.graph.Sorted(applied)) {
    AppliedMigration row;
    row.id = empty.graph.id(node);
    row.ordinal = static_cast<std::int64_t>(state.rows.size()) + 1;
    state.rows.push_back(std::move(row));
  }
  return state;
}

// Statements of a script as psql reads them: COPY data back in its place. They lie in the bytes from `begin` to `end`.
std::string ForPsql(const ParsedScript& script, const Unit& range, std::size_t begin, std::size_t end) {
  std::size_t next = 0;
  std::string text;
  for (std::size_t i = 0; i < range.first_statement + range.statements; ++i) {
    const Statement& statement = script.statements[i];
    if (!statement.copy_from_stdin) continue;
    const std::string& data = script.copy_data.at(next++);
    if (i < range.first_statement) continue;
    const std::size_t line_end = script.sql.find('\n', statement.end);
    const std::size_t cut = line_end == std::string::npos ? script.sql.size() : line_end + 1;
    text += script.sql.substr(begin, cut - begin);
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += data;
    if (text.back() != '\n') text += '\n';
    text += "\\.\n";
    begin = cut;
  }
  if (begin < end) text += script.sql.substr(begin, end - begin);
  if (!text.empty() && text.back() != '\n') text += '\n';
  // An empty statement behind COPY data makes psql 15 stop reading, with exit status 0.
  const std::size_t past = range.first_statement + range.statements;
  const bool ends_in_data = past > 0 && script.statements[past - 1].copy_from_stdin;
  return ends_in_data ? text : text + ";\n";
}

std::string WholeScript(const ParsedScript& script) {
  return ForPsql(script, {0, script.statements.size()}, 0, script.sql.size());
}

std::string OneUnit(const ParsedScript& script, const Unit& unit) {
  const Statement& last = script.statements[unit.first_statement + unit.statements - 1];
  return ForPsql(script, unit, script.statements[unit.first_statement].begin, last.end);
}

std::string Lines(const std::vector<std::string>& statements) {
  std::string sql;
  for (const std::string& statement : statements) sql += statement + ";\n";
  return sql;
}

// Writes the steps of one plan: each is what the run would send.
class Script {
 public:
  // The steps outlive the script.
  Script(const Project& project, const DatabaseEntry& database, std::string run, const std::vector<PreparedStep>& steps,
         bool one_transaction)
      : database_(database),
        ledger_(project.Ledger(database)),
        readers_(project.manifest.ledger.readers),
        run_(std::move(run)),
        steps_(steps),
        one_transaction_(one_transaction),
        isolation_level_(one_transaction ? StrictestIsolation(steps) : std::string()) {}

  std::string Begin(const RunRecord& run, const std::string& title) const {
    std::string sql = fmt::format("-- {}\n-- Run it with: psql -X -f FILE\n\\set ON_ERROR_STOP on\n", title) + Pins();
    sql += fmt::format(
        "-- Fails when another run holds the lock.\nSELECT 1 OPERATOR(pg_catalog./) "
        "pg_catalog.pg_try_advisory_lock({})::pg_catalog.int4;\n",
        ledger_.LockKeys());
    sql += fmt::format("SELECT NOT exists AS sqlmig_new FROM ({}) AS ledger (exists) \\gset\n", ledger_.Exists());
    sql += fmt::format("\\if :sqlmig_new\n{}\\endif\n", LedgerTransaction({ledger_.Create()}));
    sql += fmt::format("-- Fails when the ledger is not what sqlmig made; 'sqlmig status' says why.\n{};\n",
                       ledger_.RequireSound(LedgerSql::Access::kWrite));
    for (const std::string& role : readers_) {
      sql +=
          fmt::format("SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS sqlmig_new FROM ({}) AS lacking \\gset\n",
                      ledger_.ReadersWithoutGrant({role}));
      sql += fmt::format("\\if :sqlmig_new\n{}\\endif\n", LedgerTransaction({ledger_.GrantRead(role)}));
    }
    return sql + LedgerTransaction({ledger_.StartRun(run)});
  }

  // `number`: from 0.
  std::string Step(const PreparedStep& step, std::size_t number) const {
    return fmt::format("\n-- {}/{} {} {}\n", number + 1, steps_.size(), DirectionName(step.step.direction),
                       step.step.id.str()) +
           (step.step.transactional ? InTransaction(step, number) : WithoutTransaction(step));
  }

  std::string End() const { return "\n" + Pins() + LedgerTransaction({ledger_.EndRun(run_, "done")}); }

 private:
  // RESET ALL at the end of a step takes them back.
  std::string Pins() const { return PinningSql(SettingsOf(database_)) + ";\n"; }

  std::string InTransaction(const PreparedStep& step, std::size_t number) const {
    FrameOptions options;
    options.lock_timeout = step.settings.lock_timeout.value_or(std::chrono::seconds(3));
    options.begins = !one_transaction_ || number == 0;
    options.commits = !one_transaction_ || number + 1 == steps_.size();
    options.isolation_level = isolation_level_;
    const StepFrame frame = MakeFrame(step, ledger_, options, run_, RandomUuid());
    std::string sql = Pins();
    for (const OwnSql& own : frame.prefix) sql += own.sql + ";\n";
    sql += WholeScript(step.script);
    for (const OwnSql& own : frame.suffix) sql += own.sql + ";\n";
    return sql;
  }

  std::string WithoutTransaction(const PreparedStep& step) const {
    const MigrationId& id = step.step.id;
    const bool up = step.step.direction == Direction::kUp;
    MigrationRecord record = step.record;
    record.run = run_;
    record.attempt = RandomUuid();
    std::string sql = Pins();
    sql += up ? LedgerTransaction({ledger_.RequireLock(), ledger_.RequireAbsent(id), ledger_.InsertStarted(record)})
              : LedgerTransaction({ledger_.RequireLock(), ledger_.RequirePresent(id),
                                   ledger_.MarkReverting(id, run_, record.attempt)});
    const auto own = step.migration == nullptr ? std::nullopt : step.migration->settings.lock_timeout;
    sql += Lines(UnitSettings(step, own.value_or(database_.defaults.lock_deadline), 0));
    int done = 0;
    for (const Unit& unit : step.script.units) {
      sql += OneUnit(step.script, unit);
      const std::string& progress = step.progress[static_cast<std::size_t>(done)];
      sql +=
          LedgerTransaction({ledger_.RecordStatement(id, step.step.direction, ++done, progress, run_, record.attempt)});
    }
    sql += Lines(CleanupStatements(0)) + Pins();
    return sql + LedgerTransaction({up ? ledger_.FinishStarted(record) : ledger_.FinishReverting(id, run_)});
  }

  const DatabaseEntry& database_;
  const LedgerSql ledger_;
  const std::vector<std::string>& readers_;
  const std::string run_;
  const std::vector<PreparedStep>& steps_;
  const bool one_transaction_;
  const std::string isolation_level_;  // empty: each script's own
};

}  // namespace

int WriteOfflineSql(const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected,
                    const OfflineRequest& request) {
  if (selected.size() != 1) {
    throw Error(ErrorCode::kUsage, "--sql writes the script of one database, the manifest has several")
        .Hint("choose one with -d");
  }
  const DatabaseEntry& database = *selected.front();
  const ScriptRange range = ParseRange(request.targets, request.direction);
  const LedgerState state = StateAt(project, database, range.from);
  const Situation situation = MakeSituation(database, project.manifest, state);
  const Goal goal = request.direction == Direction::kUp ? GoalOfApply(range.to, situation)
                                                        : GoalOfRollback({range.to, request.exact, {}}, situation);
  const Plan plan = MakePlan(situation, goal);
  CheckWayBack(situation, plan);
  if (request.single_transaction) CheckAllTransactional(plan);

  ScriptStore store(project.manifest, database);
  const auto steps = store.Prepare(plan, situation, [](const MigrationId&) { return std::string(); });
  const RunRecord run = NewRunRecord(context, request.targets.empty() ? "--sql" : "--sql " + request.targets.front());
  const Script script(project, database, run.id, steps, request.single_transaction);
  context.out << script.Begin(
      run, fmt::format("sqlmig {}: {}, {}", kVersion, project.Scope(database), Counted(steps.size(), "step")));
  for (std::size_t i = 0; i < steps.size(); ++i) context.out << script.Step(steps[i], i);
  context.out << script.End() << std::flush;
  return exit_status::kDone;
}

}  // namespace sqlmig
