#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/progress.h"
#include "cli/run_flow.h"
#include "cli/schema_dump.h"
#include "dump/schema_file.h"
#include "exec/load_schema.h"
#include "exec/runner.h"
#include "report/schema_report.h"
#include "report/shown_path.h"
#include "sqltext/row_insert.h"
#include "sqltext/script.h"
#include "support/counted.h"
#include "support/file.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr int kMostShown = 5;

struct LoadOptions {
  std::string file;
  std::string lock_wait = "60s";
};

// A file's applied set beside the manifest.
class Loading {
 public:
  Loading(const Project& project, const DatabaseEntry& database, const LoadOptions& options)
      : project_(project), database_(database) {
    const std::filesystem::path own = SchemaFileOf(project.manifest, database);
    const bool named = !options.file.empty();
    report_.name = database.name;
    report_.file = named ? options.file : ShownPath(project.manifest.file.parent_path(), own);
    path_ = options.file == "-" ? "stdin" : named ? std::filesystem::path(options.file) : own;
    const std::string text = named ? ReadStream(options.file == "-" ? "/dev/stdin" : options.file, kMaxSchemaBytes)
                                   : ReadFile(project.manifest.folder() / own, kMaxSchemaBytes);
    file_ = ParseSchemaFile(text, path_);
    state_.exists = true;
    for (const RecordedMigration& recorded : file_.applied) state_.rows.push_back(recorded.row);
  }

  // Throws kScope, kUnknown when the file does not fit the manifest; says what only seems not to.
  void Compare(Context& context) {
    if (file_.scope != project_.Scope(database_)) {
      throw Error(ErrorCode::kScope, fmt::format("'{}' is the schema of {}, not of {}", report_.file, file_.scope,
                                                 project_.Scope(database_)))
          .Hint(
              "choose the database with -d; if the project was renamed, 'sqlmig dump' from a database that has it all "
              "writes the file again");
    }
    const Situation situation = MakeSituation(database_, project_.manifest, state_);
    report_.unknown = Ids(situation, situation.Unknown());
    report_.pending = Ids(situation, situation.Pending());
    report_.applied = Ids(situation, situation.applied);
    ScriptStore store(project_.manifest, database_);
    report_.edited = FindEdited(database_, store, situation, {});
    if (!report_.unknown.empty()) Unknown(context);
    if (!report_.edited.empty()) {
      Warn(context, fmt::format("{}: changed since the file was written: {}; 'sqlmig apply' will ask for a decision",
                                database_.name, fmt::join(report_.edited, ", ")));
    }
  }

  // What is run, and what is recorded then.
  SchemaLoad Make(Context& context) {
    SchemaLoad load;
    load.file.step.id = MigrationId::Trusted(path_.filename().string());
    load.file.path = path_;
    load.file.settings = database_.defaults.settings;
    load.file.script = ParseScript(file_.sql, path_, ScriptMode::kTransactional);
    load.run = NewRunRecord(context, path_.filename().string());
    load.readers = project_.manifest.ledger.readers;
    ScriptStore store(project_.manifest, database_);
    migrations_.reserve(file_.applied.size());  // the records point into it
    for (const RecordedMigration& recorded : file_.applied) load.records.push_back(RecordOf(recorded, store));
    FindInserts();
    return load;
  }

  // The file has no rows, which people coming from a run of the migrations do not expect.
  void WarnOfInserts(Context& context) const {
    if (report_.inserts.empty()) return;
    std::vector<std::string> places;
    for (const LoadReport::Insert& one : report_.inserts) {
      places.push_back(fmt::format("{} ({}:{})", one.id, Printable(one.file), one.line));
    }
    Warn(context, fmt::format("{}: a schema file has no rows: what these have inserted is not there: {}; run those "
                              "statements with psql where the application needs the rows",
                              database_.name, fmt::join(places, ", ")));
  }

  const DatabaseEntry& database() const { return database_; }
  LoadReport& report() { return report_; }

 private:
  static std::vector<std::string> Ids(const Situation& situation, const NodeSet& nodes) {
    std::vector<std::string> ids;
    for (const Node node : situation.graph.Sorted(nodes)) ids.push_back(situation.graph.id(node).str());
    return ids;
  }

  void Unknown(Context& context) const {
    const std::string text =
        fmt::format("{}: in the file, but not in this checkout: {}", database_.name, fmt::join(report_.unknown, ", "));
    if (database_.defaults.unknown == Allowance::kAllow) return Warn(context, text);
    throw Error(ErrorCode::kUnknown, text)
        .Hint("update the checkout, or write the file again with 'sqlmig dump' from a database that has nothing else");
  }

  // The first place in each script of this checkout that counts as applied.
  void FindInserts() {
    const FileRoot root(project_.manifest.folder());
    for (const RecordedMigration& recorded : file_.applied) {
      for (const Migration& known : database_.migrations) {
        if (known.id != recorded.row.id || known.up.kind != ScriptRef::Kind::kFile || !root.IsFile(known.up.path)) {
          continue;
        }
        const auto at = FirstRowInsert(root.Read(known.up.path, kMaxScriptBytes));
        if (at) report_.inserts.push_back({known.id.str(), known.up.path.string(), at->line});
      }
    }
  }

  MigrationRecord RecordOf(const RecordedMigration& recorded, const ScriptStore& store) {
    const AppliedMigration& row = recorded.row;
    Migration& migration = migrations_.emplace_back();
    migration.id = row.id;
    migration.description = row.description;
    for (const MigrationId& id : row.depends_on) migration.depends_on.push_back({id, {}});
    migration.up_transaction = row.up_transaction;
    migration.down_transaction = row.down_transaction;
    MigrationRecord record;
    record.migration = &migration;
    record.up = row.up;
    record.down = row.down;
    record.hash_algorithm = row.hash_algorithm == 0 ? kHashAlgorithm : row.hash_algorithm;
    record.down_kind = row.down_kind;
    record.down_script = recorded.down_script;
    record.ordinal = row.ordinal;
    record.event = event_kind::kStamped;
    for (const Migration& known : database_.migrations) {
      if (known.id == row.id) record.settings = store.Merged(known).settings;
    }
    return record;
  }

  const Project& project_;
  const DatabaseEntry& database_;
  std::filesystem::path path_;
  SchemaFile file_;
  LedgerState state_;
  std::vector<Migration> migrations_;
  LoadReport report_;
};

Error NotEmpty(PgSession& session, const DatabaseEntry& database) {
  std::vector<std::string> things;
  for (const Rows& rows : session.connection().Query(WhatIsThere(session.ledger(), kMostShown + 1))) {
    for (std::size_t r = 0; r < rows.size(); ++r) things.push_back(rows.At(r, 0));
  }
  const bool more = things.size() > static_cast<std::size_t>(kMostShown);
  if (more) things.back() = "more";
  return Error(ErrorCode::kLedger,
               fmt::format("{}: the database is not empty: it has {}", database.name, fmt::join(things, ", ")))
      .Hint(
          "load into a database that was just created; if this one has the schema of the file already, 'sqlmig stamp' "
          "says what is applied");
}

void RequireEmpty(PgSession& session, const DatabaseEntry& database, const LedgerState& state) {
  if (state.exists) {
    const std::size_t others = state.other_scopes.size();
    throw Error(ErrorCode::kLedger,
                fmt::format("{}: the database has a ledger already, with {}", database.name,
                            Counted(state.rows.empty() ? others : state.rows.size(), "applied migration")))
        .Hint("'sqlmig apply' brings it up to date; load only into a database that was just created");
  }
  bool empty = true;
  for (const Rows& rows : session.connection().Query(WhatIsThere(session.ledger(), 1))) empty = empty && rows.empty();
  if (!empty) throw NotEmpty(session, database);
}

void CheckReaders(PgSession& session, const std::vector<std::string>& readers) {
  if (readers.empty()) return;
  const Rows unknown = session.connection().Query(session.ledger().MissingRoles(readers)).at(0);
  if (unknown.empty()) return;
  throw Error(ErrorCode::kManifest,
              fmt::format("'ledger: readers' names the role {}, which the server does not know", unknown.At(0, 0)))
      .Hint("create the role first, or correct the manifest");
}

// The ways out that a load has.
Error WithHint(Error error) {
  if (error.code() != ErrorCode::kSql) return error;
  const std::string& state = error.sql().sqlstate;
  if (state == "42704" && error.message().find("role ") != std::string::npos) {
    error.SetHint("nothing was loaded; create the role, or write the file with 'sqlmig dump --no-privileges'");
  } else if (state == "42501" && (error.message().find("parameter") != std::string::npos ||
                                  error.message().find("owner of database") != std::string::npos)) {
    error.SetHint(
        "nothing was loaded; the file sets the database's settings: connect as its owner, for some as a superuser, or "
        "write the file with 'sqlmig dump --no-settings'");
  } else if (state == "42501") {
    error.SetHint("nothing was loaded; connect as a role that has the right, or let one that has it do this first");
  } else {
    error.SetHint("nothing was loaded; this server may lack what the one had that the file was written from");
  }
  return error;
}

void Load(PgSession& session, const DatabaseEntry& database, const SchemaLoad& load) {
  try {
    const LoadOutcome outcome = RunLoad(session.connection(), load, session.ledger());
    if (outcome == LoadOutcome::kNotEmpty) throw NotEmpty(session, database);
  } catch (const Error& error) {
    throw WithHint(error);
  }
}

int RunLoadCommand(const LoadOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
  const auto conninfo = FindConninfo(project, context, database, 1);
  if (!conninfo) {
    throw Error(ErrorCode::kNoUrl, FleetNotice(database)).Hint("give --url for the new member's empty database");
  }
  Loading loading(project, database, options);
  loading.Compare(context);
  const SchemaLoad load = loading.Make(context);

  const auto session = Connect(project, context, database, *conninfo, {true, load.run.id});
  session->OnNotice(MakeNoticeHandler(context, database.name, load.run.id));
  RequireEmpty(*session, database, session->ReadState());
  CheckReaders(*session, load.readers);
  Runner runner(*session, context.waiter, MakeObserver(context, database.name, load.run.id, project.manifest.several));
  RunOptions run;
  run.record = load.run;
  run.lock_wait = ParseDurationOption("--lock-wait", options.lock_wait);
  RequireEmpty(*session, database, runner.LockAndRead(run));
  Load(*session, database, load);

  loading.WarnOfInserts(context);
  LoadReport& report = loading.report();
  report.run = load.run.id;
  LogLine(
      context, report.run,
      fmt::format("db={} loaded '{}': {}", database.name, report.file, Counted(report.applied.size(), "migration")));
  if (!context.global.quiet || context.global.format != Format::kText) {
    context.out << Render(report, context.global.format) << std::flush;
  }
  return exit_status::kDone;
}

}  // namespace

void AddLoad(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"load",
       {},
       "Make an empty database what a schema file says",
       "Runs the DDL of the file that 'sqlmig dump' wrote and records its migrations as applied, in one transaction "
       "under the run lock: afterwards sqlmig knows the database as up to date, and can roll it back. No migration is "
       "run. The database must be empty but for extensions. What the manifest has and the file lacks is told as "
       "pending, and 'sqlmig apply' brings it; what only the file has is a warning, or refused by the policy "
       "'unknown'. The roles that are granted rights must exist.\n"
       "A schema file has no rows: what migrations have inserted (the first rows of a table of plans) is not there. A "
       "warning names those migrations; run their INSERTs with psql behind the load, or make the database with 'sqlmig "
       "apply' or from a squash, which keeps rows. Materialized views are filled as they were.",
       "  sqlmig load                            # schema.sql, as 'sqlmig dump' writes it\n"
       "  sqlmig load -d meta backup/meta.sql\n"
       "  sqlmig load && sqlmig apply            # a new database: quickly to the file, then to the heads"});
  const auto options = std::make_shared<LoadOptions>();
  command->add_option("file", options->file, "The file; without it the manifest's; - is standard input")
      ->type_name("FILE");
  command->add_option("--lock-wait", options->lock_wait, "How long to wait for another run")
      ->type_name("TIME")
      ->capture_default_str();
  Runs(command, selected, "load", [options](Context& context) { return RunLoadCommand(*options, context); });
}

}  // namespace sqlmig
