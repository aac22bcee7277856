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

struct Range {
  std::vector<TargetTerm> from;  // empty: base
  std::vector<TargetTerm> to;    // empty: all heads
};

Range ParseRange(const std::vector<std::string>& targets, Direction direction) {
  if (targets.size() > 1) {
    throw Error(ErrorCode::kUsage, "--sql takes one target, T or FROM:T").Hint("name one target");
  }
  Range range;
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

// The script as psql reads it: COPY data back in its place.
std::string WithCopyData(const ParsedScript& script) {
  std::string text;
  std::size_t done = 0;
  std::size_t next = 0;
  for (const Statement& statement : script.statements) {
    if (!statement.copy_from_stdin) continue;
    const std::size_t line_end = script.sql.find('\n', statement.end);
    const std::size_t cut = line_end == std::string::npos ? script.sql.size() : line_end + 1;
    text += script.sql.substr(done, cut - done);
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += script.copy_data.at(next++);
    if (text.back() != '\n') text += '\n';
    text += "\\.\n";
    done = cut;
  }
  return text + script.sql.substr(done);
}

std::string TransactionalStep(const PreparedStep& step, const LedgerSql& ledger, const std::string& run) {
  FrameOptions options;
  options.lock_timeout = step.settings.lock_timeout.value_or(std::chrono::seconds(3));
  const StepFrame frame = MakeFrame(step, ledger, options, run, RandomUuid());
  std::string sql;
  for (const OwnSql& own : frame.prefix) sql += own.sql + ";\n";
  sql += WithCopyData(step.script);
  sql += ";\n";
  for (const OwnSql& own : frame.suffix) sql += own.sql + ";\n";
  return sql;
}

std::string NonTransactionalStep(const PreparedStep& step, const LedgerSql& ledger, const std::string& run) {
  std::string sql;
  for (const std::string& setting :
       SettingStatements(step.settings, step.settings.lock_timeout.value_or(std::chrono::milliseconds(0)), 0, false)) {
    sql += setting + ";\n";
  }
  sql += WithCopyData(step.script) + ";\n";
  for (const std::string& cleanup : CleanupStatements()) sql += cleanup + ";\n";
  MigrationRecord record = step.record;
  record.run = run;
  record.attempt = RandomUuid();
  const std::string row = step.step.direction == Direction::kUp
                              ? ledger.Insert(record)
                              : ledger.Delete(step.step.id, run, record.attempt);
  return sql + "BEGIN;\nSET LOCAL search_path = '';\n" + row + ";\nCOMMIT;\n";
}

std::string Preamble(const LedgerSql& ledger, const RunRecord& run, const std::string& title) {
  std::string sql = fmt::format("-- {}\n-- Run it with: psql -X -f FILE\n", title);
  sql += "\\set ON_ERROR_STOP on\nSET client_encoding = 'UTF8';\n";
  sql += fmt::format("-- Fails when another run holds the lock.\nSELECT 1 OPERATOR(pg_catalog./) "
                     "pg_catalog.pg_try_advisory_lock({})::pg_catalog.int4;\n",
                     ledger.LockKeys());
  sql += fmt::format("SELECT NOT exists AS sqlmig_new FROM ({}) AS ledger (exists) \\gset\n", ledger.Exists());
  sql += fmt::format("\\if :sqlmig_new\nBEGIN;\nSET LOCAL search_path = '';\n{};\nCOMMIT;\n\\endif\n", ledger.Create());
  return sql + ledger.StartRun(run) + ";\n";
}

}  // namespace

int WriteOfflineSql(const Project& project, Context& context, const std::vector<const DatabaseEntry*>& selected,
                    const std::vector<std::string>& targets, Direction direction) {
  if (selected.size() != 1) {
    throw Error(ErrorCode::kUsage, "--sql writes the script of one database, the manifest has several").Hint("choose one with -d");
  }
  const DatabaseEntry& database = *selected.front();
  const Range range = ParseRange(targets, direction);
  const LedgerState state = StateAt(project, database, range.from);
  const Situation situation = MakeSituation(database, project.manifest, state);
  const Goal goal = direction == Direction::kUp ? GoalOfApply(range.to, situation) : GoalOfRollback({range.to, false, {}}, situation);
  const Plan plan = MakePlan(situation, goal);
  CheckWayBack(situation, plan);

  ScriptStore store(project.manifest, database);
  const auto steps = store.Prepare(plan, situation, [](const MigrationId&) { return std::string(); });
  const LedgerSql ledger = project.Ledger(database);
  const RunRecord run = NewRunRecord(context, targets.empty() ? "--sql" : "--sql " + targets.front());
  context.out << Preamble(
      ledger, run, fmt::format("sqlmig {}: {}, {}", kVersion, project.Scope(database), Counted(steps.size(), "step")));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const PreparedStep& step = steps[i];
    context.out << fmt::format("\n-- {}/{} {} {}\nSET client_encoding = 'UTF8';\n", i + 1, steps.size(),
                               DirectionName(step.step.direction), step.step.id.str())
                << (step.step.transactional ? TransactionalStep(step, ledger, run.id)
                                            : NonTransactionalStep(step, ledger, run.id));
  }
  context.out << "\n" << ledger.EndRun(run.id, "done") << ";\n" << std::flush;
  return exit_status::kDone;
}

}  // namespace sqlmig
