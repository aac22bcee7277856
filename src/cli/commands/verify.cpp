#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "cli/base_set.h"
#include "cli/commands.h"
#include "cli/effects.h"
#include "cli/exit_status.h"
#include "cli/progress.h"
#include "cli/shadow_place.h"
#include "cli/work_progress.h"
#include "report/effects_file.h"
#include "report/verify_report.h"
#include "support/file.h"
#include "verify/verifier.h"

namespace sqlmig {
namespace {

struct VerifyCommand {
  std::string shadow_url;
  std::string base;
  std::string data;
  std::string junit;
  std::string jobs;
  bool keeps_effects = false;
  std::string effects;  // a file; empty: the usual one
  bool strict = false;
};

int JobsOf(const VerifyCommand& command) {
  if (!command.jobs.empty()) return std::min(std::stoi(command.jobs), 64);
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 16U));
}

// FILE, or FILE@ID; a file whose own name has an '@' is found as it is.
DataFile ReadDataFile(const std::string& text) {
  DataFile data;
  data.path = text;
  std::error_code ignored;
  const std::size_t at = text.rfind('@');
  if (at != std::string::npos && !std::filesystem::exists(text, ignored)) {
    data.path = text.substr(0, at);
    data.at = MigrationId::Parse(text.substr(at + 1));
  }
  data.script = ParseScript(ReadFile(data.path, kMaxScriptBytes), data.path, ScriptMode::kTransactional);
  return data;
}

VerifyOptions OptionsOf(const VerifyCommand& command, const std::optional<BaseSet>& base,
                        const DatabaseEntry& database) {
  VerifyOptions options;
  options.strict = command.strict;
  options.effects = command.keeps_effects;
  options.jobs = JobsOf(command);
  if (!command.data.empty()) options.data = ReadDataFile(command.data);
  if (base) {
    const auto found = base->find(database.name);
    options.base = found == base->end() ? std::set<std::string>() : found->second;
  }
  return options;
}

// One database, its scripts read.
struct Work {
  const DatabaseEntry* database;
  VerifyOptions options;
  std::unique_ptr<Subject> subject;
};

std::vector<Work> ReadWork(const Project& project, const Context& context, const VerifyCommand& command) {
  const auto selected = SelectDatabases(project, context, Selection::kAll);
  if (!command.data.empty() && selected.size() > 1) {
    throw Error(ErrorCode::kUsage, "--data has the rows of one database, and several are selected")
        .Hint("choose one with -d");
  }
  std::optional<BaseSet> base;
  if (!command.base.empty()) base = ReadBaseSet(project, context, command.base);
  std::vector<Work> all;
  for (const DatabaseEntry* database : selected) {
    Work work{database, OptionsOf(command, base, *database), nullptr};
    work.subject = std::make_unique<Subject>(project.manifest, *database, work.options);
    all.push_back(std::move(work));
  }
  return all;
}

// What stops the proof from outside says how it goes on.
void AddHint(Error* error) {
  if (!error->hint().empty()) return;
  if (error->code() == ErrorCode::kSignal) error->SetHint("nothing is left behind; run the command again");
  if (error->code() == ErrorCode::kConnection) {
    error->SetHint("the log of the server that has the scratch databases may say why; run the command again");
  }
}

DatabaseProof Verify(const Project& project, Context& context, const Work& work, Shadow& shadow) try {
  WorkProgress progress(context, project.manifest.several ? work.database->name + ": " : "");
  const ReplaySettings settings = ReplaySettingsOf(project, context, *work.database);
  return VerifyDatabase(shadow, *work.subject, work.options, settings, [&](const VerifyProgress& step) {
    const bool pairs = step.phase == VerifyProgress::Phase::kPairs;
    progress.Show(
        step.done, step.total,
        fmt::format("{} {}  {}", pairs ? "both orders" : "up, down, up", step.text, step.failed ? "findings" : "ok"));
  });
} catch (Error& error) {
  AddHint(&error);
  throw;
}

std::filesystem::path EffectsFile(const Project& project, const VerifyCommand& command) {
  return command.effects.empty() ? UsualEffectsFile(project) : std::filesystem::path(command.effects);
}

void WriteEffects(const Project& project, const std::filesystem::path& file, const std::vector<DatabaseEffects>& old,
                  const std::vector<Work>& all, VerifyReport* report) {
  std::vector<NewEffects> proved;
  for (std::size_t i = 0; i < all.size(); ++i) {
    proved.push_back({*all[i].subject, std::move(report->databases[i].effects)});
  }
  const std::vector<DatabaseEffects> effects = MergeEffects(project, old, proved);
  WriteOutput(file, EffectsFileText(effects));
  report->effects_file = file.string();
  for (const DatabaseEffects& database : effects) report->effects += database.migrations.size();
}

int RunVerify(const VerifyCommand& command, Context& context) {
  const Project project = LoadProject(context);
  // Whatever is wrong with scripts is said before a server is started.
  const std::vector<Work> all = ReadWork(project, context, command);
  const std::filesystem::path file = EffectsFile(project, command);
  const std::vector<DatabaseEffects> old =
      command.keeps_effects ? ReadOldEffects(file) : std::vector<DatabaseEffects>();
  const std::unique_ptr<Shadow> shadow = OpenShadow(project, context, command.shadow_url);
  VerifyReport report;
  report.folder = context.folder;
  for (const Work& work : all) {
    report.databases.push_back(Verify(project, context, work, *shadow));
    const DatabaseProof& proof = report.databases.back();
    LogLine(context, "",
            fmt::format("db={} verify: {} migrations, {} findings", proof.database, proof.migrations.size(),
                        proof.findings.size()));
  }
  if (command.keeps_effects) WriteEffects(project, file, old, all, &report);
  if (!command.junit.empty()) WriteOutput(command.junit, JunitXml(report));
  context.out << Render(report, context.global.format, context.ColorFor(context.out_is_terminal)) << std::flush;
  return report.ok() ? exit_status::kDone : exit_status::kNo;
}

}  // namespace

void AddVerify(CLI::App& app, Selected& selected) {
  CLI::App* const command = AddCommand(
      app,
      {"verify",
       {},
       "Prove that downs restore the schema, and that branches commute",
       "Runs every migration in scratch databases of a private PostgreSQL: up; down, which must restore the schema "
       "that "
       "was there; up again, which must give the same as the first time. Two migrations that do not depend on each "
       "other are run in both orders, from the state of what both depend on, unless they touch nothing in common: both "
       "must give the same schema, and the same answers to the queries under 'probes:' in the manifest. All together "
       "are run in one other order, too. No database of yours is touched.\n"
       "With --base only migrations that another manifest lacks are proved: what a branch adds. With --data rows are "
       "loaded, behind the migration ID, else where the base ends, without one before the last migration; from there "
       "on it is told which of them a down loses.\n"
       "With --effects the objects that each up touches, before and after, are written to a file that belongs to the "
       "migrations: commit it, and 'sqlmig rollback' compares with it what a down has left.\n"
       "Exit status: 1 with findings; a script that fails is one.",
       "  sqlmig verify                                  # all migrations\n"
       "  sqlmig verify --base origin/main               # what this branch adds\n"
       "  sqlmig verify -d meta --data rows.sql@create_bots\n"
       "  sqlmig verify --effects                        # and keep what 'rollback --prove' needs\n"
       "  sqlmig verify --junit verify.xml --format markdown\n"
       "  sqlmig verify --shadow-url postgresql:///empty # scratch databases beside this one, which must be empty"});
  const auto options = std::make_shared<VerifyCommand>();
  command
      ->add_option(
          "--shadow-url", options->shadow_url,
          "An empty database, beside which scratch databases are made (SQLMIG_SHADOW_URL); without it a private "
          "PostgreSQL")
      ->type_name("URL");
  command->add_option("--base", options->base, "A manifest, or a commit, whose migrations need no proof")
      ->type_name("FILE|COMMIT");
  command->add_option("--data", options->data, "Rows to load, as SQL")->type_name("FILE[@ID]");
  command->add_option("--jobs", options->jobs, "How many scratch databases at once; without it one for each core")
      ->type_name("N")
      ->check(Count());
  command->add_option("--junit", options->junit, "Write the result as JUnit XML, too")->type_name("FILE");
  const CLI::Option* const effects =
      command
          ->add_option(
              "--effects", options->effects,
              "Keep what each migration does, for 'rollback --prove'; without a value in migrations.effects.json")
          ->type_name("FILE")
          ->expected(0, 1);
  command->add_flag("--strict", options->strict, "The order of columns counts, too");
  const auto run = [options, effects](Context& context) {
    options->keeps_effects = effects->count() > 0;
    return RunVerify(*options, context);
  };
  Runs(command, selected, "verify", run, Forms::kMarkdown);
}

}  // namespace sqlmig
