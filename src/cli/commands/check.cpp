#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/check_scripts.h"
#include "cli/commands.h"
#include "cli/database_view.h"
#include "cli/exit_status.h"
#include "cli/progress.h"
#include "cli/run_flow.h"

namespace sqlmig {
namespace {

struct CheckOptions {
  bool strict = false;
  bool with_database = false;
};

using Severity = Finding::Severity;

// What is wrong with what was written, and what keeps the database from being looked at; they decide the exit status.
struct Worst {
  bool input = false;
  std::optional<int> connection;
};

void Append(std::vector<Finding> found, CheckReport* report) {
  report->findings.insert(report->findings.end(), std::make_move_iterator(found.begin()),
                          std::make_move_iterator(found.end()));
}

std::vector<Finding> CheckHeads(const DatabaseView& view) {
  if (view.heads().size() < 2) return {};
  std::vector<std::string> ids;
  for (const Node node : view.graph().Sorted(view.heads())) ids.push_back(view.graph().id(node).str());
  Finding finding;
  finding.severity = view.entry().defaults.heads == HeadsPolicy::kSingle ? Severity::kError : Severity::kWarning;
  finding.code = finding_code::kHeads;
  finding.message = fmt::format("{}: there are {} heads: {}", view.entry().name, ids.size(), fmt::join(ids, ", "));
  finding.hint =
      fmt::format("'sqlmig merge{}' joins them", view.entry().name == "default" ? "" : " -d " + view.entry().name);
  finding.database = view.entry().name;
  return {finding};
}

class LedgerChecker {
 public:
  LedgerChecker(const Project& project, const DatabaseView& view) : project_(project), view_(view) {}

  std::vector<Finding> Check() {
    const Situation& situation = view_.situation();
    const Defaults& defaults = view_.entry().defaults;
    AddEach(situation.Interrupted(), Severity::kError, finding_code::kInterrupted,
            "a step without a transaction is half done: {}",
            "the command that was interrupted, given again, goes on where it was; or finish or undo it by hand, and "
            "then use "
            "'sqlmig repair'");
    ScriptStore store(project_.manifest, view_.entry());
    for (const std::string& id : FindEdited(view_.entry(), store, situation, {})) {
      Add(Severity::kError, finding_code::kEdited, fmt::format("the up script of {} changed since it was applied", id),
          fmt::format("restore it and put the change into a new migration, or 'sqlmig repair {} --accept'", id));
    }
    for (const Node node : situation.applied_order) {
      const Migration* const migration = situation.migration[node];
      if (migration == nullptr) continue;
      if (store.EditedDown(*migration, *situation.row[node]) != ScriptStore::EditKind::kTokens) continue;
      const std::string& id = migration->id.str();
      Add(Severity::kWarning, finding_code::kEdited,
          fmt::format("the down script of {} changed since it was applied", id),
          fmt::format("'sqlmig repair {} --accept' records it as it is now", id));
    }
    AddEach(situation.Unknown(), SeverityOf(defaults.unknown), finding_code::kUnknown,
            "applied, but not in this checkout: {}", "update the checkout; 'sqlmig stamp --purge' forgets such ids");
    for (const HalfwaySquash& halfway : situation.halfway) AddHalfway(halfway);
    AddEach(situation.Late(), SeverityOf(defaults.late), finding_code::kLate,
            "pending, below what is applied already: {}", "'sqlmig plan' shows where it would run");
    return std::move(findings_);
  }

 private:
  void AddHalfway(const HalfwaySquash& halfway) {
    std::vector<std::string> missing;
    for (const MigrationId& id : halfway.missing) missing.push_back(id.str());
    Add(Severity::kError, finding_code::kHalfway,
        fmt::format("{} replaces {} migrations, and the database has only {} of them; it lacks {}",
                    view_.graph().id(halfway.squash).str(), halfway.applied.size() + missing.size(),
                    halfway.applied.size(), fmt::join(missing, ", ")),
        fmt::format("check out the release before the squash and run 'sqlmig apply {}' there", missing.back()));
  }

  static Severity SeverityOf(Allowance allowance) {
    return allowance == Allowance::kRefuse ? Severity::kError : Severity::kWarning;
  }

  void AddEach(const NodeSet& nodes, Severity severity, const char* code, const char* message, const char* hint) {
    for (const Node node : view_.graph().Sorted(nodes)) {
      Add(severity, code, fmt::format(fmt::runtime(message), view_.graph().id(node).str()), hint);
    }
  }

  void Add(Severity severity, const char* code, const std::string& message, std::string hint) {
    Finding finding;
    finding.severity = severity;
    finding.code = code;
    finding.message = fmt::format("{}: {}", view_.entry().name, message);
    finding.hint = std::move(hint);
    finding.database = view_.entry().name;
    findings_.push_back(std::move(finding));
  }

  const Project& project_;
  const DatabaseView& view_;
  std::vector<Finding> findings_;
};

// A database that cannot be looked at is a finding: the others are looked at all the same.
std::vector<Finding> CheckLedger(const Project& project, Context& context, const DatabaseEntry& database,
                                 std::size_t selected, Worst* worst) {
  try {
    std::optional<LedgerState> state = ReadLedger(project, context, database, selected);
    if (!state) return {};
    const std::vector<std::pair<std::string, MigrationId>> others = state->other_scopes;
    const DatabaseView view(project, database, std::move(state));
    std::vector<Finding> findings = LedgerChecker(project, view).Check();
    if (findings.empty()) CheckState(project, database, view.situation(), {{}, {}, {}, {}, others});
    return findings;
  } catch (const Error& error) {
    const int status = ExitStatusOf(error.code(), 0);
    if (error.code() == ErrorCode::kSignal || error.code() == ErrorCode::kNoUrl || status == exit_status::kUsage) throw;
    if (status != exit_status::kDecision) worst->connection = status;
    Finding finding = FindingOf(error, database.name);
    return {finding};
  }
}

void CheckDatabase(const Project& project, const DatabaseEntry& database, bool graph_is_right, CheckReport* report) {
  ++report->databases;
  report->migrations += database.migrations.size();
  if (graph_is_right) Append(CheckHeads(DatabaseView(project, database, std::nullopt)), report);
  Append(CheckScripts(project, database, &report->scripts), report);
  Append(CheckFolder(project, database), report);
  if (graph_is_right) Append(CheckSchemaFile(project, database), report);
}

bool Has(const CheckReport& report, Severity severity) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [&](const Finding& finding) { return finding.severity == severity; });
}

int RunCheck(const CheckOptions& options, Context& context) {
  std::vector<Error> problems;
  const Project project = LoadProject(context, &problems);
  CheckReport report;
  report.folder = context.folder;
  for (const Error& problem : problems) report.findings.push_back(FindingOf(problem, ""));
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  for (const DatabaseEntry* database : selected) CheckDatabase(project, *database, problems.empty(), &report);
  Worst worst;
  worst.input = Has(report, Severity::kError);
  // A graph that is wrong cannot be compared with anything.
  for (const DatabaseEntry* database : selected) {
    if (options.with_database && problems.empty()) {
      Append(CheckLedger(project, context, *database, selected.size(), &worst), &report);
    }
  }
  report.ok = !Has(report, Severity::kError) && !(options.strict && Has(report, Severity::kWarning));
  context.out << Render(report, context.global.format, context.ColorFor(context.out_is_terminal)) << std::flush;
  if (worst.input) return exit_status::kInput;
  if (worst.connection) return *worst.connection;
  return report.ok ? exit_status::kDone : exit_status::kNo;
}

}  // namespace

void AddCheck(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"check",
       {},
       "Check manifest, graph and scripts",
       "Reads the manifest and every script, and reports all that is wrong at once: unknown dependencies, cycles, "
       "missing files, what sqlmig refuses in a script, scripts on disk that no migration names, several heads, a "
       "schema file that is out of date. "
       "Connects only with --with-database, and then also tells interrupted, edited, unknown and late migrations.\n"
       "Exit status: 3 when manifest, graph or scripts are wrong, 1 when a database is not what it should be, or with "
       "--strict when there are warnings.",
       "  sqlmig check\n"
       "  sqlmig check --strict --format json     # in continuous integration\n"
       "  sqlmig check -d meta --with-database"});
  const auto options = std::make_shared<CheckOptions>();
  command->add_flag("--strict", options->strict, "Warnings fail too");
  command->add_flag("--with-database", options->with_database, "Connect, and compare with what is applied");
  Runs(command, selected, "check", [options](Context& context) { return RunCheck(*options, context); });
}

}  // namespace sqlmig
