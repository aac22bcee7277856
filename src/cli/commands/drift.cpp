#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/drift_flow.h"
#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/progress.h"

namespace sqlmig {
namespace {

struct DriftOptions {
  DriftRequest request;
  std::vector<std::string> ignore;
};

DriftRequest RequestOf(const DriftOptions& options) {
  DriftRequest request = options.request;
  for (const std::string& pattern : options.ignore) {
    try {
      request.ignored.push_back(ParseIgnorePattern(pattern));
    } catch (const Error& error) {
      throw Error(ErrorCode::kUsage, fmt::format("the pattern '{}' of --ignore {}", pattern, error.message()))
          .Hint(error.hint());
    }
  }
  if (request.save_expected && request.save.empty()) {
    throw Error(ErrorCode::kUsage, "--expected says what --save stores, and there is no --save")
        .Hint("add --save FILE, or leave --expected out");
  }
  return request;
}

int RunDrift(const DriftOptions& options, Context& context) {
  const DriftRequest request = RequestOf(options);
  const bool streams = request.save == "-";
  if (streams) RequireForm(context, Forms::kText);
  const Project project = LoadProject(context);
  const bool one = !request.save.empty() || !request.against.empty();
  const auto selected = SelectDatabases(project, context, one ? Selection::kOne : Selection::kAll);
  DriftFlow flow(project, context, request);
  DriftReport report;
  report.verbose = context.global.verbose > 0;
  report.folder = context.folder;
  std::vector<Error> errors;
  for (const DatabaseEntry* database : selected) {
    DatabaseDrift result;
    const auto error =
        TryDatabase(context, *database, selected.size(), [&] { flow.Look(*database, selected.size(), &result); });
    if (error) {
      result.drift = {};
      result.error = error;
      errors.push_back(*error);
    }
    result.name = database->name;
    LogLine(context, "",
            fmt::format("db={} drift: {} differences, {} ignored", result.name, result.drift.items.size(),
                        result.drift.ignored));
    report.databases.push_back(std::move(result));
  }
  if (!streams || !errors.empty()) {
    context.out << Render(report, context.global.format, context.ColorFor(context.out_is_terminal)) << std::flush;
  }
  if (!errors.empty()) return StatusOfErrors(context, errors, selected.size());
  const bool ok = std::all_of(report.databases.begin(), report.databases.end(),
                              [](const DatabaseDrift& database) { return database.ok(); });
  return ok ? exit_status::kDone : exit_status::kNo;
}

}  // namespace

void AddDrift(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"drift",
       {},
       "Compare the live schema with what its applied migrations say",
       "Runs the migrations that a database's ledger has, in their order, in a scratch database of a private "
       "PostgreSQL, and tells what the live database has otherwise: each difference with the migration that made what "
       "is expected, and the statements that would bring it back, where they are known, in an order in which all of "
       "them can be run (-v: also what a new migration would hold to make it expected). The live database is only "
       "read. Roles that the migrations name are made in "
       "the private server; the owner of the database, who runs the migrations and the server's first role count as "
       "one.\n"
       "What is not to be told stands under 'drift: {ignore: [...]}' in the manifest, or behind --ignore: "
       "[kind ]name[:what], with * and ?, or a kind alone; 'privilege:role' stands for all that was granted to a "
       "role.\n"
       "Exit status: 1 with differences.",
       "  sqlmig drift\n"
       "  sqlmig drift -d meta --ignore 'table public.tmp_*' --ignore '*:owner'\n"
       "  sqlmig drift --save schema.json                 # what the live database has, as a file\n"
       "  sqlmig drift --save schema.json --expected      # what the migrations say\n"
       "  sqlmig drift --against schema.json              # without a private PostgreSQL\n"
       "  sqlmig drift --shadow-url postgresql:///empty   # scratch databases beside this one, which must be empty"});
  const auto options = std::make_shared<DriftOptions>();
  DriftRequest& request = options->request;
  command
      ->add_option(
          "--shadow-url", request.shadow_url,
          "An empty database, beside which scratch databases are made (SQLMIG_SHADOW_URL); without it a private "
          "PostgreSQL")
      ->type_name("URL");
  command->add_option("--ignore", options->ignore, "Differences that are not told; may be given several times")
      ->type_name("PATTERN")
      ->allow_extra_args(false);
  command
      ->add_option("--save", request.save, "Compare nothing, and store the live schema as JSON; '-' is standard output")
      ->type_name("FILE");
  command->add_flag("--expected", request.save_expected, "With --save: store what the migrations say");
  command
      ->add_option("--against", request.against,
                   "Compare with a stored schema, not with the migrations; '-' is standard input")
      ->type_name("FILE");
  Exclude(command, "--against", {"--save", "--expected", "--shadow-url"});
  Runs(
      command, selected, "drift", [options](Context& context) { return RunDrift(*options, context); },
      Forms::kMarkdown);
}

}  // namespace sqlmig
