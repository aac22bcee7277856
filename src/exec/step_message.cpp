#include "exec/step_message.h"

#include <fmt/format.h>

#include "exec/receipt_sql.h"

namespace sqlmig {
namespace {

std::string SetConfig(const std::string& name, const std::string& value, bool local) {
  return fmt::format("SELECT pg_catalog.set_config({}, {}, {})", QuoteLiteral(name), QuoteLiteral(value), local);
}

// Columns of the ledger's row statement.
std::string ReceiptColumns(const FrameOptions& options) {
  switch (options.receipt) {
    case ReceiptKind::kNone:
      return {};
    case ReceiptKind::kSlow:
      return fmt::format("CASE WHEN pg_catalog.max(w.ms) OPERATOR(pg_catalog.>=) {} THEN {} END{}", kSlowStepMs,
                         HeldExpression(), FlushColumn(options.server_version));
    case ReceiptKind::kFull:
      return HeldExpression() + FlushColumn(options.server_version);
  }
  return {};
}

}  // namespace

std::vector<std::string> CleanupStatements(int server_version) {
  std::vector<std::string> statements = {"CLOSE ALL",
                                         "DEALLOCATE ALL",
                                         "UNLISTEN *",
                                         "DISCARD TEMP",
                                         "DISCARD SEQUENCES",
                                         "DISCARD PLANS",
                                         "RESET SESSION AUTHORIZATION",
                                         "RESET ROLE",
                                         "RESET ALL"};
  // RESET ALL brings back what the server's or the role's settings say.
  if (server_version >= 140000) statements.emplace_back("SET idle_session_timeout = 0");
  return statements;
}

std::vector<std::string> SettingStatements(const StepSettings& settings, std::chrono::milliseconds lock_timeout,
                                           int server_version, bool local) {
  const char* set = local ? "SET LOCAL" : "SET";
  std::vector<std::string> statements = {fmt::format("{} lock_timeout = {}", set, lock_timeout.count())};
  // A server that loses us must not go on for minutes with what nobody waits for; it can notice from version 14 on.
  if (server_version >= 140000) statements.push_back(fmt::format("{} client_connection_check_interval = 2000", set));
  // Version 17's limit for whole transactions is for applications.
  if (server_version >= 170000) statements.push_back(fmt::format("{} transaction_timeout = 0", set));
  if (settings.statement_timeout) {
    statements.push_back(fmt::format("{} statement_timeout = {}", set, settings.statement_timeout->count()));
  }
  for (const auto& [name, value] : settings.settings) {
    if (name != "role") statements.push_back(SetConfig(name, value, local));
  }
  return statements;
}

std::string StrictestIsolation(const std::vector<PreparedStep>& steps) {
  std::string strictest;
  for (const PreparedStep& step : steps) {
    const std::string& level = step.script.isolation_level;
    if (level == "SERIALIZABLE" || (level == "REPEATABLE READ" && strictest != "SERIALIZABLE")) strictest = level;
  }
  return strictest;
}

std::vector<std::string> UnitSettings(const PreparedStep& step, std::chrono::milliseconds lock_timeout,
                                      int server_version) {
  std::vector<std::string> statements = SettingStatements(step.settings, lock_timeout, server_version, false);
  const auto role = step.settings.settings.find("role");
  if (role != step.settings.settings.end()) statements.push_back(SetConfig("role", role->second, false));
  return statements;
}

std::vector<std::string> LedgerSettings() {
  // `on` where the server says off; a stronger word of the server's own (remote_apply) stays.
  return {"SET LOCAL SESSION AUTHORIZATION DEFAULT", "SET LOCAL role TO DEFAULT", "SET LOCAL search_path = ''",
          "SELECT pg_catalog.set_config('synchronous_commit', 'on', true) WHERE "
          "pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off'"};
}

std::string LedgerTransaction(const std::vector<std::string>& statements) {
  std::string sql = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\n";
  for (const std::string& setting : LedgerSettings()) sql += setting + ";\n";
  for (const std::string& statement : statements) sql += statement + ";\n";
  return sql + "COMMIT;\n";
}

StepFrame MakeFrame(const PreparedStep& step, const LedgerSql& ledger, const FrameOptions& options,
                    const std::string& run, const std::string& attempt) {
  const bool up = step.step.direction == Direction::kUp;
  const auto since =
      options.begins && options.commits ? MigrationRecord::Since::kTransaction : MigrationRecord::Since::kMessage;
  StepFrame frame;
  const auto before = [&](OwnStatement kind, std::string sql) { frame.prefix.push_back({kind, std::move(sql)}); };
  const auto after = [&](OwnStatement kind, std::string sql) { frame.suffix.push_back({kind, std::move(sql)}); };

  if (options.begins) {
    const std::string& level = options.isolation_level.empty() ? step.script.isolation_level : options.isolation_level;
    before(OwnStatement::kBegin,
           fmt::format("BEGIN ISOLATION LEVEL {} READ WRITE", level.empty() ? "READ COMMITTED" : level));
  } else {
    // The step before has left the transaction with the empty one under which its row was written.
    before(OwnStatement::kSetting, "RESET search_path");
  }
  for (std::string& sql : SettingStatements(step.settings, options.lock_timeout, options.server_version, true)) {
    before(OwnStatement::kSetting, std::move(sql));
  }
  before(OwnStatement::kLock, ledger.RequireLock());
  before(OwnStatement::kPresence, up ? ledger.RequireAbsent(step.step.id) : ledger.RequirePresent(step.step.id));
  if (options.receipt == ReceiptKind::kFull) before(OwnStatement::kBaseline, BaselineSql(ledger.schema()));
  const auto role = step.settings.settings.find("role");
  if (role != step.settings.settings.end()) before(OwnStatement::kRole, SetConfig("role", role->second, true));
  before(OwnStatement::kGuard, fmt::format("DECLARE \"{}\" CURSOR WITHOUT HOLD FOR SELECT 1", kGuardName));

  after(OwnStatement::kConstraints, "SET CONSTRAINTS ALL IMMEDIATE");
  after(OwnStatement::kCloseGuard, fmt::format("CLOSE \"{}\"", kGuardName));
  for (std::string& sql : CleanupStatements(options.server_version)) after(OwnStatement::kCleanup, std::move(sql));
  after(OwnStatement::kCleanup, ledger.FreeOtherLocks());
  // RESET ALL would have wiped these, so they come behind it.
  after(OwnStatement::kCleanup, "SET LOCAL search_path = ''");
  if (options.commits) after(OwnStatement::kCleanup, "SET LOCAL synchronous_commit = off");
  after(OwnStatement::kUntouched, ledger.RequireUntouched(!options.begins));
  if (up) {
    MigrationRecord record = step.record;
    record.run = run;
    record.attempt = attempt;
    record.since = since;
    after(OwnStatement::kLedgerRow, ledger.Insert(record, ReceiptColumns(options)));
  } else {
    after(OwnStatement::kLedgerRow, ledger.Delete(step.step.id, run, attempt, since, ReceiptColumns(options)));
  }
  if (options.commits && !options.holds_commit) after(OwnStatement::kCommit, "COMMIT");
  return frame;
}

StepMessage Assemble(const StepFrame& frame, const ParsedScript& script) {
  StepMessage message;
  std::size_t size = script.sql.size() + 4;
  for (const auto* part : {&frame.prefix, &frame.suffix}) {
    for (const OwnSql& own : *part) size += own.sql.size() + 2;
  }
  message.sql.reserve(size);
  for (const OwnSql& own : frame.prefix) message.sql += own.sql + ";\n";
  message.script_begin = message.sql.size();
  message.sql += script.sql;
  // On a line of its own: the script may end in a comment, or without a semicolon.
  if (!script.sql.empty() && script.sql.back() != '\n') message.sql += '\n';
  message.sql += ";\n";
  for (const OwnSql& own : frame.suffix) message.sql += own.sql + ";\n";
  return message;
}

}  // namespace sqlmig
