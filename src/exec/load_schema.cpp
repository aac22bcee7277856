#include "exec/load_schema.h"

#include <algorithm>

#include <fmt/format.h>

#include "exec/script_error.h"
#include "exec/session_error.h"
#include "sqltext/script.h"
#include "support/text_position.h"
#include "support/uuid.h"

namespace sqlmig {
namespace {

// Objects that no initdb makes have greater numbers. Columns (what, classid, objid); under kSafePath only.
constexpr const char* kMadeObjects = R"sql(
SELECT pg_describe_object(o.classid, o.objid, 0) AS what FROM (
  SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, c.oid < 16384 AS system FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND c.relpersistence <> 't'
  UNION ALL SELECT 'pg_proc'::regclass, p.oid, p.oid < 16384 FROM pg_catalog.pg_proc p
  UNION ALL SELECT 'pg_type'::regclass, t.oid, t.oid < 16384 FROM pg_catalog.pg_type t
  UNION ALL SELECT 'pg_namespace'::regclass, n.oid, n.oid < 16384 OR n.nspname = 'public' OR n.nspname = {schema}
    OR n.nspname LIKE 'pg\_%' FROM pg_catalog.pg_namespace n
  UNION ALL SELECT 'pg_operator'::regclass, x.oid, x.oid < 16384 FROM pg_catalog.pg_operator x
  UNION ALL SELECT 'pg_collation'::regclass, x.oid, x.oid < 16384 FROM pg_catalog.pg_collation x
  UNION ALL SELECT 'pg_cast'::regclass, x.oid, x.oid < 16384 FROM pg_catalog.pg_cast x
  UNION ALL SELECT 'pg_ts_config'::regclass, x.oid, x.oid < 16384 FROM pg_catalog.pg_ts_config x
  UNION ALL SELECT 'pg_ts_dict'::regclass, x.oid, x.oid < 16384 FROM pg_catalog.pg_ts_dict x
  UNION ALL SELECT 'pg_event_trigger'::regclass, x.oid, false FROM pg_catalog.pg_event_trigger x
  UNION ALL SELECT 'pg_publication'::regclass, x.oid, false FROM pg_catalog.pg_publication x
  UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, x.oid, false FROM pg_catalog.pg_foreign_data_wrapper x
  UNION ALL SELECT 'pg_foreign_server'::regclass, x.oid, false FROM pg_catalog.pg_foreign_server x
) o
WHERE NOT o.system AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.classid = o.classid AND d.objid = o.objid AND d.deptype IN ('e', 'i')))sql";

// Operators and functions are looked for in pg_catalog alone.
constexpr const char* kSafePath = "SET LOCAL search_path = pg_catalog, pg_temp";

std::string MadeObjects(const LedgerSql& ledger) {
  return fmt::format(fmt::runtime(kMadeObjects), fmt::arg("schema", QuoteLiteral(ledger.schema())));
}

// Several statements in one text, each on its own: the results of a message are counted.
std::vector<std::string> Statements(const std::string& sql) {
  const ParsedScript script = ParseScript(sql, "ledger", ScriptMode::kTransactional);
  std::vector<std::string> statements;
  for (const Statement& statement : script.statements) {
    statements.push_back(script.sql.substr(statement.begin, statement.end - statement.begin));
  }
  return statements;
}

// Literals in the file are read as pg_dump has written them.
constexpr const char* kReadingSettings =
    "SELECT pg_catalog.set_config('TimeZone', 'UTC', true), pg_catalog.set_config('lc_monetary', 'C', true), "
    "pg_catalog.set_config('DateStyle', 'ISO', true), pg_catalog.set_config('IntervalStyle', 'postgres', true)";

Error LostLoad(const MessageOutcome& outcome) {
  const Error lost = LostError(outcome);
  return Error(ErrorCode::kOutcomeUnknown, fmt::format("while the schema was loaded, {}", lost.message()))
      .Hint("all of it is there or nothing: 'sqlmig status' tells which, and the command can be run again");
}

// What a refusal of the server means; nothing of the load is left. `results` came before it; the script begins at
// `script_begin` of `sent`.
Error Refusal(const SchemaLoad& load, const StepFrame& frame, const ServerError& error, std::size_t results,
              std::size_t script_begin, std::string_view sent) {
  const std::size_t before = frame.prefix.size();
  const bool in_script = error.position > 0 && ByteOfCharacter(sent, error.position - 1) >= script_begin;
  // A server whose grammar is older refuses the whole message before it runs any of it.
  if (results == 0 && script_begin > 0 && in_script) return ScriptError(load.file, 0, error, script_begin, sent);
  if (results < before) return PrefixError(load.file, frame.prefix[results].kind, error);
  const std::size_t statement = results - before;
  const std::size_t statements = load.file.script.statements.size();
  if (statement < statements) return ScriptError(load.file, statement, error, script_begin, sent);
  const std::size_t own = std::min(statement - statements, frame.suffix.size() - 1);
  return SuffixError(load.file, frame.suffix[own].kind, error);
}

// Sends a part of the load. Throws, with the transaction rolled back, unless all went well; false: it is not empty.
bool SendPart(Connection& connection, const SchemaLoad& load, const StepFrame& frame, std::string_view sql,
              std::size_t results_before, std::size_t script_begin) {
  Connection::Message message;
  message.sql = sql;
  message.copy_data = load.file.script.copy_data;
  const MessageOutcome outcome = connection.Send(message);
  if (outcome.lost) throw LostLoad(outcome);
  if (outcome.ok()) return true;
  const std::size_t results = results_before + outcome.tags.size();
  if (connection.in_transaction()) connection.TryQuery("ROLLBACK");
  if (outcome.cancelled) {
    throw Error(ErrorCode::kSignal, "stopped by a signal; nothing was loaded").Hint("run the command again");
  }
  const bool presence = results < frame.prefix.size() && frame.prefix[results].kind == OwnStatement::kPresence;
  if (presence && outcome.error->sqlstate == "22012") return false;
  throw Refusal(load, frame, *outcome.error, results, script_begin, sql);
}

std::string Joined(const std::vector<OwnSql>& statements) {
  std::string sql;
  for (const OwnSql& own : statements) sql += own.sql + ";\n";
  return sql;
}

}  // namespace

LoadOutcome RunLoad(Connection& connection, const SchemaLoad& load, const LedgerSql& ledger) {
  const StepFrame frame = MakeLoadFrame(load, ledger, connection.server_version());
  const ParsedScript& script = load.file.script;
  const std::size_t before = frame.prefix.size();
  if (script.parsed) {
    const StepMessage whole = Assemble(frame, script);
    const bool loaded = SendPart(connection, load, frame, whole.sql, 0, whole.script_begin);
    return loaded ? LoadOutcome::kLoaded : LoadOutcome::kNotEmpty;
  }
  // How many results a script has whose grammar the parser does not know cannot be told: it travels alone.
  if (!SendPart(connection, load, frame, Joined(frame.prefix), 0, 0)) return LoadOutcome::kNotEmpty;
  SendPart(connection, load, frame, script.sql, before, 0);
  SendPart(connection, load, frame, Joined(frame.suffix), before + script.statements.size(), 0);
  return LoadOutcome::kLoaded;
}

StepFrame MakeLoadFrame(const SchemaLoad& load, const LedgerSql& ledger, int server_version) {
  StepFrame frame;
  const auto before = [&](OwnStatement kind, std::string sql) { frame.prefix.push_back({kind, std::move(sql)}); };
  const auto after = [&](OwnStatement kind, std::string sql) { frame.suffix.push_back({kind, std::move(sql)}); };
  const StepSettings& settings = load.file.settings;

  before(OwnStatement::kBegin, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  const auto lock_timeout = settings.lock_timeout.value_or(std::chrono::seconds(3));
  for (std::string& sql : SettingStatements(settings, lock_timeout, server_version, true)) {
    before(OwnStatement::kSetting, std::move(sql));
  }
  before(OwnStatement::kSetting, kReadingSettings);
  before(OwnStatement::kLock, ledger.RequireLock());
  before(OwnStatement::kGuard, kSafePath);
  before(OwnStatement::kPresence, fmt::format("SELECT 1 / (NOT EXISTS ({}))::int4", MadeObjects(ledger)));
  // Before the script, whose default privileges are not meant for the ledger.
  for (std::string& sql : Statements(ledger.Create())) before(OwnStatement::kGuard, std::move(sql));
  for (const std::string& role : load.readers) {
    for (std::string& sql : Statements(ledger.GrantRead(role))) before(OwnStatement::kGuard, std::move(sql));
  }
  const auto role = settings.settings.find("role");
  if (role != settings.settings.end()) {
    before(OwnStatement::kRole,
           fmt::format("SELECT pg_catalog.set_config('role', {}, true)", QuoteLiteral(role->second)));
  }
  before(OwnStatement::kGuard, fmt::format("DECLARE \"{}\" CURSOR WITHOUT HOLD FOR SELECT 1", kGuardName));

  after(OwnStatement::kConstraints, "SET CONSTRAINTS ALL IMMEDIATE");
  after(OwnStatement::kCloseGuard, fmt::format("CLOSE \"{}\"", kGuardName));
  for (std::string& sql : CleanupStatements(server_version)) after(OwnStatement::kCleanup, std::move(sql));
  for (std::string& sql : LedgerSettings()) after(OwnStatement::kCleanup, std::move(sql));
  after(OwnStatement::kLedgerRow, ledger.StartRun(load.run));
  for (MigrationRecord record : load.records) {
    record.run = load.run.id;
    record.attempt = RandomUuid();
    after(OwnStatement::kLedgerRow, ledger.Insert(record));
  }
  after(OwnStatement::kLedgerRow, ledger.EndRun(load.run.id, "done"));
  after(OwnStatement::kCommit, "COMMIT");
  return frame;
}

std::string WhatIsThere(const LedgerSql& ledger, int limit) {
  return fmt::format("BEGIN READ ONLY; {}; SELECT m.what FROM ({}) m ORDER BY m.what LIMIT {}; ROLLBACK", kSafePath,
                     MadeObjects(ledger), limit);
}

}  // namespace sqlmig
