#include "cli/schema_dump.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/embedded_home.h"
#include "cli/progress.h"
#include "cli/run_flow.h"
#include "dump/beyond_pg_dump.h"
#include "dump/pg_dump.h"
#include "dump/stable_text.h"
#include "pg/client_environment.h"
#include "plan/planner.h"
#include "support/file.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;

// A transaction that shows one moment; gives the name under which pg_dump can see the same. It ends with the session.
std::string BeginSnapshot(Connection& connection) {
  // Version 17's limit for whole transactions is for applications; a long dump must not be taken for idleness.
  if (connection.server_version() >= 170000) connection.Query("SET transaction_timeout = 0");
  return connection
      .Query(
          "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0; "
          "SELECT pg_catalog.pg_export_snapshot()")
      .back()
      .At(0, 0);
}

LedgerState ReadLedgerOf(PgSession& session, Context& context, const DatabaseEntry& database) {
  if (session.connection().Query(session.ledger().Exists()).back().At(0, 0) != "t") return {};
  const Rows scopes = session.connection().Query(session.ledger().ReadScopes()).back();
  for (std::size_t r = 0; r < scopes.size(); ++r) {
    if (scopes.At(r, 0) == session.ledger().scope()) continue;
    Warn(context, fmt::format("{}: the database is also that of '{}', whose schema is in the file, but not what is "
                              "applied of it",
                              database.name, scopes.At(r, 0)));
  }
  return session.ReadState();
}

// What pg_dump leaves out.
std::string RestOfSchema(PgSession& session, Context& context, const DatabaseEntry& database,
                         const DumpOptions& options) {
  std::string sql;
  if (options.settings) {
    DatabaseSettings settings = ReadDatabaseSettings(
        session.connection(), options.privileges ? SettingsKept::kPlainOfRoles : SettingsKept::kPlain);
    if (!settings.left_out.empty()) {
      Warn(context, fmt::format("{}: settings of the database that are not in the file, because they may be secrets: "
                                "{}; set them again behind 'sqlmig load'",
                                database.name, fmt::join(settings.left_out, ", ")));
    }
    sql = std::move(settings.sql);
  }
  return sql + RefreshSql(session.connection(), session.ledger().schema());
}

// A squash that has no row here is written as a database has it where it was run: the file must not tell the two apart.
AppliedMigration RowOfSquash(const Migration& squash, const AppliedMigration& put_together, ScriptStore& store) {
  const MigrationRecord record = store.Record(squash);
  AppliedMigration row = put_together;
  row.up = record.up;
  row.down = record.down;
  row.down_kind = record.down_kind;
  row.hash_algorithm = record.hash_algorithm;
  row.up_transaction = squash.up_transaction;
  row.down_transaction = squash.down_transaction;
  return row;
}

std::vector<RecordedMigration> AppliedOf(PgSession& session, const Situation& situation, ScriptStore& store) {
  std::vector<RecordedMigration> applied;
  for (const Node node : situation.graph.Sorted(situation.applied)) {
    RecordedMigration& recorded = applied.emplace_back();
    recorded.row = *situation.row[node];
    if (recorded.row.through_replaced) {
      const Migration& squash = *situation.migration[node];
      recorded.row = RowOfSquash(squash, recorded.row, store);
      recorded.down_script = store.Record(squash).down_script;
      continue;
    }
    if (recorded.row.down_kind == DownKind::kScript) recorded.down_script = session.ReadDownScript(recorded.row.id);
  }
  return applied;
}

// The scope that the file has from before a rename. Throws kIo when it is another database's.
std::string ScopeBeforeRename(const Project& project, const DatabaseEntry& database, const std::string& text,
                              const fs::path& path) {
  try {
    SchemaFile file = ParseSchemaFile(text, path);
    if (IsFromBeforeRename(project, database, file)) return std::move(file.scope);
  } catch (const Error&) {
    // What cannot be read cannot be recognized.
  }
  throw Error(ErrorCode::kIo,
              fmt::format("'{}' is the schema of another database than {}", path.string(), project.Scope(database)))
      .Hint(
          "give each database a file of its own with 'schema_file:', or remove the file when nobody needs it any more");
}

// What is there now; nothing: no file. Throws kIo rather than let a file be replaced that is not this database's.
std::optional<std::string> ReadExisting(const Project& project, Context& context, const DatabaseEntry& database,
                                        const fs::path& path) {
  std::error_code failed;
  if (!fs::exists(path, failed)) return std::nullopt;
  std::string text = ReadFile(path, kMaxSchemaBytes);
  const bool ours = IsSchemaFile(text);
  if (!ours && !database.schema_file && !text.empty()) {
    throw Error(ErrorCode::kIo, fmt::format("'{}' is there, and was not written by 'sqlmig dump'", path.string()))
        .Hint("move it away, or name another file with --out or with 'schema_file:' in the manifest");
  }
  const std::string_view title = std::string_view(text).substr(0, text.find('\n'));
  if (ours && !title.ends_with(": " + project.Scope(database))) {
    Warn(context, fmt::format("{}: '{}' was the schema of {}, which is called {} now", database.name, path.string(),
                              ScopeBeforeRename(project, database, text, path), project.Scope(database)));
  }
  return text;
}

// Whether the file was written: not when it has these bytes already.
bool WriteSchemaFile(const Project& project, Context& context, const DatabaseEntry& database,
                     const DumpOptions& options, const std::string& text) {
  if (!options.out.empty()) {
    std::error_code failed;
    if (fs::is_regular_file(options.out, failed) && ReadFile(options.out, kMaxSchemaBytes) == text) return false;
    WriteOutput(options.out, text);
    return true;
  }
  const fs::path path = (project.manifest.folder() / SchemaFileOf(project.manifest, database)).lexically_normal();
  const std::optional<std::string> before = ReadExisting(project, context, database, path);
  if (before == text) return false;
  before ? WriteOutput(path, text) : CreateFile(path, text);
  return true;
}

}  // namespace

PgDumpPlaces PgDumpPlacesOf(const Project& project, bool embedded) {
  PgDumpPlaces places;
  const std::string named = project.environment("SQLMIG_PG_DUMP").value_or("");
  if (!named.empty()) places.named = named;
  if (embedded) places.folder = EmbeddedServer(EmbeddedHome(project)).Status().bin_dir;
  places.path_variable = project.environment("PATH").value_or("");
  for (const char* name :
       {"HOME", "USER", "LOGNAME", "PGSERVICEFILE", "PGSYSCONFDIR", "KRB5CCNAME", "KRB5_CONFIG", "LD_LIBRARY_PATH"}) {
    const std::string value = project.environment(name).value_or("");
    if (!value.empty()) places.environment.push_back(fmt::format("{}={}", name, value));
  }
  return places;
}

fs::path SchemaFileOf(const Manifest& manifest, const DatabaseEntry& database) {
  if (database.schema_file) return *database.schema_file;
  return manifest.several ? database.name + ".schema.sql" : "schema.sql";
}

bool IsFromBeforeRename(const Project& project, const DatabaseEntry& database, const SchemaFile& file) {
  for (const DatabaseEntry& other : project.manifest.databases) {
    if (project.Scope(other) == file.scope) return false;
  }
  std::set<MigrationId> known;
  for (const Migration& migration : database.migrations) {
    known.insert(migration.id);
    for (const MigrationId& id : migration.replaces) known.insert(id);
  }
  const auto shared = [&](const RecordedMigration& recorded) { return known.contains(recorded.row.id); };
  return file.applied.empty() || std::any_of(file.applied.begin(), file.applied.end(), shared);
}

DatabaseDump DumpSchema(const Project& project, Context& context, const DatabaseEntry& database,
                        const Conninfo& conninfo, bool embedded, const DumpOptions& options) {
  const auto session = Connect(project, context, database, conninfo, {});
  session->ReadGlance();
  const PgDumpPlaces places = PgDumpPlacesOf(project, embedded);
  const PgDumpProgram program = FindPgDump(places, session->connection().server_version() / 10000);

  PgDumpRequest request;
  request.snapshot = BeginSnapshot(session->connection());
  const LedgerState state = ReadLedgerOf(*session, context, database);
  const Situation situation = MakeSituation(database, project.manifest, state);
  CheckState(project, database, situation, state);
  RequireWholeSquashes(situation);
  request.conninfo = OnlyHost(conninfo, session->connection().host());
  request.left_out = session->ledger().schema();
  request.owners = options.owners;
  request.privileges = options.privileges;
  request.pins = context.global.allow_pooler.empty();
  request.lock_timeout = SettingsOf(database).lock_timeout;

  SchemaFile file;
  file.scope = project.Scope(database);
  ScriptStore store(project.manifest, database);
  file.applied = AppliedOf(*session, situation, store);
  LogLine(context, "",
          fmt::format("db={} dump: by '{}', version {}", database.name, program.path.string(), program.major));
  file.sql = StableDump(RunPgDump(program, places, request, context.interrupt));
  file.sql += RestOfSchema(*session, context, database, options);

  DatabaseDump dump;
  dump.name = database.name;
  dump.named = !options.out.empty();
  dump.file = dump.named ? fs::path(options.out) : SchemaFileOf(project.manifest, database);
  dump.applied = file.applied.size();
  const std::string text = SchemaFileText(file);
  dump.written = true;
  if (options.out == "-") {
    context.out << text << std::flush;
  } else {
    dump.written = WriteSchemaFile(project, context, database, options, text);
  }
  return dump;
}

std::function<DatabaseDump(const DatabaseEntry&, const Conninfo&)> SchemaDumper(const Project& project,
                                                                                Context& context,
                                                                                std::size_t selected) {
  return [&project, &context, selected](const DatabaseEntry& database, const Conninfo& conninfo) {
    return DumpSchema(project, context, database, conninfo, IsEmbedded(project, context, database, selected), {});
  };
}

}  // namespace sqlmig
