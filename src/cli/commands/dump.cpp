#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/schema_dump.h"

namespace sqlmig {
namespace {

// As typed.
struct DumpFlags {
  DumpOptions options;
  bool no_owner = false;  // the default, said as to pg_dump
  bool no_privileges = false;
  bool no_settings = false;
};

void CheckOut(const DumpOptions& options, const Context& context, std::size_t selected) {
  if (options.out.empty()) return;
  if (selected > 1) {
    throw Error(ErrorCode::kUsage, "--out names one file, and several databases are selected")
        .Hint("choose one with -d, or leave --out out: each database has a file of its own");
  }
  if (options.out == "-") RequireForm(context, Forms::kText);
}

int RunDump(const DumpOptions& options, Context& context) {
  const Project project = LoadProject(context);
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  CheckOut(options, context, selected.size());
  DumpReport report;
  report.folder = context.folder;
  std::vector<Error> errors;
  for (const DatabaseEntry* database : selected) {
    DatabaseDump& dump = report.databases.emplace_back();
    dump.name = database->name;
    dump.error = TryDatabase(context, *database, selected.size(), [&] {
      const auto conninfo = FindConninfo(project, context, *database, selected.size());
      if (conninfo) {
        const bool embedded = IsEmbedded(project, context, *database, selected.size());
        dump = DumpSchema(project, context, *database, *conninfo, embedded, options);
      } else {
        dump.notice = FleetNotice(*database);
      }
    });
    if (dump.error) errors.push_back(*dump.error);
  }
  const bool shown = options.out != "-" && (context.global.format != Format::kText || !context.global.quiet);
  if (shown) context.out << Render(report, context.global.format) << std::flush;
  return ReportErrors(context, errors, selected.size());
}

}  // namespace

void AddDump(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"dump",
       {},
       "Write the schema into a file, with what is applied",
       "Writes schema.sql beside the manifest (<name>.schema.sql for each of several databases, or what 'schema_file:' "
       "says): the DDL of the database as pg_dump writes it, and, as comments, which migrations are applied, with "
       "their "
       "hashes and down scripts. 'sqlmig load' makes a new database of it without running every migration, and a "
       "review shows what a migration did to the schema. The file is the same whenever and wherever it is written, "
       "and is left alone when nothing changed; privileges are in it, owners, subscriptions and user mappings are "
       "not.\n"
       "Rows are not in it, nor those that migrations have inserted: 'sqlmig load' names these migrations. Settings of "
       "the database (ALTER DATABASE ... SET, ALTER ROLE ... IN DATABASE ... SET) are, without its name; those with a "
       "dot in their name are not, for they may be secrets: a warning says which. Nothing is of what belongs to the "
       "whole server: roles, ALTER ROLE ... SET, tablespaces.\n"
       "Needs a pg_dump that is not older than the server: that of the private PostgreSQL, in PATH or where packages "
       "put it, of the server's own version if there is one; SQLMIG_PG_DUMP names another.",
       "  sqlmig dump\n"
       "  sqlmig dump -d meta --out -            # to standard output\n"
       "  sqlmig dump --no-privileges            # without GRANT and REVOKE\n"
       "  sqlmig apply --dump                    # migrate, then refresh the file"});
  const auto flags = std::make_shared<DumpFlags>();
  command->add_option("--out", flags->options.out, "Write to this file instead; - is standard output")
      ->type_name("FILE");
  command->add_flag("--owner", flags->options.owners, "Owners too");
  command->add_flag("--no-owner", flags->no_owner, "Leave owners out (the default)");
  command->add_flag("--no-privileges", flags->no_privileges, "Leave GRANT, REVOKE and settings of roles out");
  command->add_flag("--no-settings", flags->no_settings, "Leave the database's settings out");
  Exclude(command, "--owner", {"--no-owner"});
  Runs(command, selected, "dump", [flags](Context& context) {
    DumpOptions options = flags->options;
    options.privileges = !flags->no_privileges;
    options.settings = !flags->no_settings;
    return RunDump(options, context);
  });
}

}  // namespace sqlmig
