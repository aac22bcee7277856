#include "verify/squash.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/new_migration.h"
#include "cli/progress.h"
#include "cli/schema_dump.h"
#include "cli/shadow_place.h"
#include "cli/work_progress.h"
#include "dump/beyond_pg_dump.h"
#include "dump/stable_text.h"
#include "plan/squash_set.h"
#include "report/squash_report.h"
#include "support/counted.h"
#include "support/file.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;

struct SquashOptions {
  std::string range;
  std::string message;
  std::string id;
  std::string shadow_url;
  bool keep_scripts = false;
  bool dry_run = false;
};

// One range in one project, and what the squash is to be called.
class Squashing {
 public:
  Squashing(const Project& project, const Context& context, const DatabaseEntry& database, const SquashOptions& options)
      : project_(project),
        database_(database),
        options_(options),
        view_(project, database, std::nullopt),
        set_(FindSquashSet(options.range, view_.situation())) {
    entry_ = MakeEntry(context);
    text_ = WithSquash(project.manifest, database.name, entry_);
    squash_.id = entry_.id;
    squash_.description = entry_.description;
    for (const MigrationId& id : entry_.depends_on) squash_.depends_on.push_back({id, {}});
    squash_.irreversible = entry_.irreversible;
    squash_.down.kind = ScriptRef::Kind::kMissing;
    squash_.up.path = (database.directory / entry_.id.str() / "up.sql").lexically_normal();
  }

  const SquashSet& set() const { return set_; }
  const Migration& squash() const { return squash_; }

  SquashReport Report(const Context& context, SquashProof proof) const {
    SquashReport report;
    report.database = database_.name;
    report.id = entry_.id.str();
    for (const MigrationId& id : entry_.replaces) report.replaces.push_back(id.str());
    for (const MigrationId& id : entry_.depends_on) report.depends_on.push_back(id.str());
    for (const Node node : view_.graph().DependantsOf(set_.nodes.back())) {
      report.dependants.push_back(view_.graph().id(node).str());
    }
    report.folder = context.folder;
    report.manifest = project_.manifest.file.filename().string();
    report.up_path = squash_.up.path.string();
    report.removed = LeavingScripts();
    for (const SquashedRows& table : proof.rows) report.rows.push_back({table.table, table.rows});
    report.differences = std::move(proof.differences);
    report.other_rows = std::move(proof.other_rows);
    report.failed = std::move(proof.failed);
    report.dry_run = options_.dry_run;
    report.line = Line();
    report.up = std::move(proof.up);
    return report;
  }

  // First what is new, then the manifest, last what is not needed any more: whenever it ends, the manifest is right.
  void Write(Context& context, const SquashReport& report) const {
    const FolderLock lock = LockManifest(context);
    const Manifest& manifest = project_.manifest;
    const fs::path up = (manifest.folder() / squash_.up.path).lexically_normal();
    if (ReadFile(manifest.file, kMaxManifestBytes) != manifest.text) {
      throw Error(ErrorCode::kManifest,
                  fmt::format("'{}' changed while the squash was being made", manifest.file.string()))
          .Hint("run the command again");
    }
    CreateFile(up, report.up);
    try {
      ReplaceFile(manifest.file, text_);
    } catch (const Error&) {
      std::error_code ignored;
      fs::remove(up, ignored);
      fs::remove(up.parent_path(), ignored);
      throw;
    }
    for (const std::string& file : report.removed) Remove(context, manifest.folder() / file);
  }

 private:
  NewEntry MakeEntry(const Context& context) const {
    const Graph& graph = view_.graph();
    NewEntry entry;
    for (const Node node : set_.depends_on) entry.depends_on.push_back(graph.id(node));
    for (const Node node : set_.nodes) entry.replaces.push_back(graph.id(node));
    const std::string last = graph.id(set_.nodes.back()).str();
    const std::string_view slug = SlugOf(last);
    const std::string name =
        options_.message.empty() ? fmt::format("squash_to_{}", slug.empty() ? last : slug) : options_.message;
    entry.id = options_.id.empty() ? NewId(project_, context, database_, SlugFrom(name)) : GivenId();
    entry.description = options_.message.empty()
                            ? fmt::format("Squash of {} up to {}", Counted(set_.nodes.size(), "migration"), last)
                            : options_.message;
    entry.irreversible = fmt::format("a squash of {}", Counted(set_.nodes.size(), "migration"));
    AddRequirements(&entry);
    return entry;
  }

  MigrationId GivenId() const {
    if (const auto wrong = MigrationId::WhyNot(options_.id)) {
      throw Error(ErrorCode::kUsage, fmt::format("--id: {}", *wrong))
          .Hint("write an id such as 20261122101500_create_users, or leave --id out");
    }
    return MigrationId::Parse(options_.id);
  }

  // What any of them needs the squash needs.
  void AddRequirements(NewEntry* entry) const {
    std::set<std::string> required;
    for (const Node node : set_.nodes) {
      const Migration& migration = *view_.situation().migration[node];
      for (const Requirement& one : migration.required) {
        if (required.insert(one.database + "/" + one.id.str()).second)
          entry->required.push_back(one.database + "/" + one.id.str());
      }
      if (!migration.requires_server || migration.requires_server->text == entry->requires_server) continue;
      if (!entry->requires_server.empty()) {
        throw Error(ErrorCode::kTarget,
                    fmt::format("'{}' asks for a server {}, and another one in the range for {}", migration.id.str(),
                                migration.requires_server->text, entry->requires_server))
            .At(project_.manifest.Location(migration.declared_at))
            .Hint("give both the same 'requires_server', or squash a smaller range");
      }
      entry->requires_server = migration.requires_server->text;
    }
  }

  // The entry as it stands in the new manifest.
  std::string Line() const {
    const std::size_t at = text_.find(fmt::format("{{id: {}", entry_.id.str()));
    if (at == std::string::npos) return {};
    const std::size_t begin = text_.rfind('\n', at) + 1;
    return text_.substr(begin, std::min(text_.find('\n', at), text_.size()) - begin);
  }

  // Files of the replaced migrations that no other one uses.
  std::vector<std::string> LeavingScripts() const {
    if (options_.keep_scripts) return {};
    std::set<Node> members(set_.nodes.begin(), set_.nodes.end());
    std::set<fs::path> staying;
    for (const DatabaseEntry& other : project_.manifest.databases) {
      for (std::size_t i = 0; i < other.migrations.size(); ++i) {
        if (&other == &database_ && members.contains(static_cast<Node>(i))) continue;
        staying.insert(other.migrations[i].up.path);
        staying.insert(other.migrations[i].down.path);
      }
    }
    const FileRoot root(project_.manifest.folder());
    std::vector<std::string> leaving;
    for (const Node node : set_.nodes) {
      const Migration& migration = *view_.situation().migration[node];
      for (const ScriptRef* script : {&migration.up, &migration.down}) {
        if (script->kind != ScriptRef::Kind::kFile || staying.contains(script->path)) continue;
        if (root.IsFile(script->path)) leaving.push_back(script->path.string());
      }
    }
    return leaving;
  }

  // The squash is there: a file that stays is no reason to fail.
  static void Remove(Context& context, const fs::path& file) {
    std::error_code failed;
    fs::remove(file, failed);
    if (failed) {
      return Warn(context, fmt::format("'{}' cannot be removed ({}); no migration names it any more", file.string(),
                                       failed.message()));
    }
    fs::remove(file.parent_path(), failed);  // only when it is empty
  }

  const Project& project_;
  const DatabaseEntry& database_;
  const SquashOptions& options_;
  DatabaseView view_;
  SquashSet set_;
  NewEntry entry_;
  std::string text_;  // of the manifest afterwards
  Migration squash_;
};

SquashProof Prove(const Project& project, Context& context, const DatabaseEntry& database, const Subject& subject,
                  const Squashing& squashing, const SquashOptions& options) {
  const bool named = !options.shadow_url.empty() || !project.environment("SQLMIG_SHADOW_URL").value_or("").empty();
  const bool embedded = context.global.embedded || !named;
  const std::unique_ptr<Shadow> shadow = OpenShadow(project, context, options.shadow_url);
  const ReplaySettings settings = ReplaySettingsOf(project, context, database);
  WorkProgress progress(context, project.manifest.several ? database.name + ": " : "");
  SquashRequest request{subject, squashing.set(), squashing.squash(), settings, {}, {}};
  request.progress = [&progress](std::size_t done, std::size_t total, const std::string& id) {
    progress.Show(done, total, id);
  };
  request.dump = [&](const Conninfo& conninfo, const std::vector<std::string>& without_rows, bool owners) {
    const PgDumpPlaces places = PgDumpPlacesOf(project, embedded);
    PgDumpRequest dump;
    dump.conninfo = conninfo;
    dump.left_out = project.manifest.ledger.schema;
    dump.owners = owners;
    dump.rows = true;
    dump.without_rows = without_rows;
    const PgDumpProgram program = FindPgDump(places, shadow->server_version() / 10000);
    const std::string sql = StableDump(RunPgDump(program, places, dump, context.interrupt));
    Connection connection = Connection::Open(conninfo, settings.session, context.interrupt);
    return sql + ReadDatabaseSettings(connection, SettingsKept::kAll).sql;
  };
  return MakeSquash(*shadow, request);
}

int RunSquash(const SquashOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const DatabaseEntry& database = *SelectDatabases(project, context, Selection::kOne).front();
  const Squashing squashing(project, context, database, options);
  const Subject subject(project.manifest, database, {});
  const SquashReport report = squashing.Report(context, Prove(project, context, database, subject, squashing, options));
  if (report.proved() && !options.dry_run) squashing.Write(context, report);
  LogLine(context, "",
          fmt::format("db={} squash: {} in place of {}{}", database.name, report.id, fmt::join(report.replaces, ", "),
                      report.proved() ? options.dry_run ? " (dry run)" : "" : ": not proved, nothing written"));
  context.out << Render(report, context.global.format) << std::flush;
  return report.proved() ? exit_status::kDone : exit_status::kNo;
}

}  // namespace

void AddSquash(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"squash",
       {},
       "Put one migration in the place of many",
       "base..TO is TO with all that it depends on; FROM..TO is both and all between. There must be one way in and one "
       "way out: nothing else may depend on a member but TO. From base the new script is the schema as pg_dump writes "
       "it, with the rows that the migrations have inserted and the settings of the database; else the scripts one "
       "after "
       "the other. Large objects and what belongs to the whole server (roles) cannot be squashed. It is proved in "
       "scratch databases of a private PostgreSQL: schema, rows and sequences must be the same; if not, the "
       "differences "
       "are shown, nothing is written, and the exit status is 1.\n"
       "The new line of the manifest lists what it replaces. A database that has all of that sees it as applied and "
       "runs nothing; one that has none of it runs it; one in between is told what to apply first, with the release "
       "before the squash (exit status 7). 'replaces' can leave the manifest when every database has a row of the "
       "squash: 'sqlmig stamp current' writes it.",
       "  sqlmig squash base..join_branches --dry-run   # what would be written\n"
       "  sqlmig squash base..@v1.4.0 -d meta           # all up to a release\n"
       "  sqlmig squash add_email..join_branches        # a part in the middle\n"
       "  sqlmig squash base..head -m \"Schema of 2026\" --keep-scripts"});
  const auto options = std::make_shared<SquashOptions>();
  command->add_option("range", options->range, "What to squash")->type_name("FROM..TO")->required();
  command->add_option("-m,--message", options->message, "What the new migration is called")->type_name("NAME");
  command->add_option("--id", options->id, "The whole id, instead of time and name")->type_name("ID");
  command
      ->add_option("--shadow-url", options->shadow_url,
                   "An empty database, beside which scratch databases are made (SQLMIG_SHADOW_URL); without it a "
                   "private PostgreSQL")
      ->type_name("URL");
  command->add_flag("--keep-scripts", options->keep_scripts, "Leave the scripts of what is replaced where they are");
  command->add_flag("--dry-run", options->dry_run, "Prove it and show all that would be written; write nothing");
  Runs(command, selected, "squash", [options](Context& context) { return RunSquash(*options, context); });
}

}  // namespace sqlmig
