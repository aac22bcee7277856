#include "cli/main.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/errors.h"
#include "cli/exit_status.h"
#include "cli/help.h"
#include "cli/usage_error.h"
#include "cli/version.h"
#include "support/crash_point.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr const char* kAbout =
    "sqlmig migrates PostgreSQL databases: plain up.sql/down.sql pairs, named with what they depend on in "
    "migrations.yaml, applied each in a transaction of its own under a lock.";

constexpr const char* kExitStatus =
    R"(Exit status: 0 done or nothing to do; 1 the answer is no; 2 wrong usage, or a yes is needed; 3 manifest, script, graph
or target is wrong; 4 no connection; 5 a lock was not had in time; 6 SQL failed; 7 the ledger needs a decision;
8 several databases, some failed; 9 outcome unknown; 70 a bug; 74 stdout cannot be written; 130, 143 stopped by a signal.
'sqlmig help <command>' has examples.)";

template <class Value>
CLI::Option* AddChoice(CLI::App& app, const char* name, Value* value,
                       const std::vector<std::pair<std::string, Value>>& choices, const char* description) {
  std::vector<std::string> words;
  for (const auto& [word, ignored] : choices) words.push_back(word);
  const auto set = [value, choices](const std::string& text) {
    for (const auto& [word, meaning] : choices) {
      if (word == text) *value = meaning;
    }
  };
  return app.add_option_function<std::string>(name, set, description)->check(OneOf(std::move(words)));
}

void AddGlobalOptions(CLI::App& app, GlobalOptions& global) {
  app.add_option("-f,--manifest", global.manifest, "The manifest; without it migrations.yaml here or in a folder above")
      ->type_name("FILE");
  app.add_option("-d,--database", global.database, "A database of the manifest; some commands take all without it")
      ->type_name("NAME");
  app.add_option("--url", global.url,
                 "Where the database is; better in an environment variable, where others cannot see it")
      ->type_name("URL");
  app.add_flag("--embedded", global.embedded, "Use a private PostgreSQL, started from the installed server");
  AddChoice<Format>(
      app, "--format", &global.format, {kFormats.begin(), kFormats.end()},
      "Form of the result: text (without it) or json; of lists also markdown; of graph also dot, mermaid or svg")
      ->type_name("FORM");
  app.add_option("--log-file", global.log_file,
                 "Where operations are logged, or 'off' (SQLMIG_LOG_FILE); without it the manifest's, else sqlmig.log")
      ->type_name("FILE");
  app.add_option("--log-level", global.log_level,
                 "debug, info, warning, error or off; without it the manifest's, else info")
      ->type_name("LEVEL");
  app.add_flag("-v,--verbose", global.verbose, "Say more; also shows the server's notices");
  app.add_flag("-q,--quiet", global.quiet, "Only results that were asked for, and errors");
  app.add_flag("--no-progress", global.no_progress, "No progress on stderr");
  AddChoice<ColorMode>(app, "--color", &global.color,
                       {{"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}},
                       "auto (without it), always or never (NO_COLOR)")
      ->type_name("WHEN");
  app.add_option("--env-file", global.env_file, "Variables to read instead of .env beside the manifest")
      ->type_name("FILE");
  app.add_flag("-y,--yes", global.yes, "Answer yes to questions");
  app.add_option("--allow-pooler", global.allow_pooler, "'session': a pooler in session mode may stand between")
      ->type_name("MODE")
      ->check(OneOf({"session"}));
}

// "help apply" is "apply --help".
std::vector<std::string> WithHelpOption(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

// A crash that was asked for and does not come would prove what is not so.
void TakeCrashPoint(const Context& context) {
  const auto text = context.environment("SQLMIG_CRASH");
  if (!text) return;
  if (const auto why = SetCrashPoint(*text)) {
    throw Error(ErrorCode::kUsage, fmt::format("SQLMIG_CRASH names no point and action: '{}'", Printable(*text)))
        .Hint(*why);
  }
}

void RequireOnePlace(const Context& context) {
  if (!context.global.embedded || context.global.url.empty()) return;
  throw Error(ErrorCode::kUsage, "--embedded and --url both say where the database is").Hint("give one of them");
}

// A program that asked for JSON gets it, also when the parser stopped before it came to that.
bool WantsJson(const std::vector<std::string>& arguments) {
  const auto format = std::find(arguments.begin(), arguments.end(), "--format");
  const bool apart = format != arguments.end() && std::next(format) != arguments.end() && *std::next(format) == "json";
  return apart || std::find(arguments.begin(), arguments.end(), "--format=json") != arguments.end();
}

// Help, the version, or what is wrong with the arguments.
int ReportParsing(const CLI::ParseError& result, const CLI::App& app, const std::vector<std::string>& arguments,
                  Context& context) {
  const CLI::App* const command = ParsedCommand(app);
  const bool mistyped = command == nullptr && !app.remaining().empty();
  if (result.get_exit_code() == 0 && mistyped) return ReportError(context, UsageError(CLI::ExtrasError({}), app));
  if (result.get_exit_code() == 0) {
    const bool version = result.get_name() == "CallForVersion";
    context.out << (version              ? std::string(result.what()) + "\n"
                    : command == nullptr ? app.help()
                                         : command->help("sqlmig"));
    return exit_status::kDone;
  }
  context.command = command == nullptr ? "" : command->get_name();
  if (WantsJson(arguments)) context.global.format = Format::kJson;
  return ReportError(context, UsageError(result, app));
}

int Dispatch(const std::vector<std::string>& arguments, Context& context) {
  CLI::App app(kAbout, "sqlmig");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this page and exit");
  Selected selected;
  AddGlobalOptions(app, context.global);
  AddCommands(app, selected);
  RefuseEmptyValues(app);
  app.set_version_flag("--version", fmt::format("sqlmig {}", kVersion), "Print the version and exit");
  app.footer(kExitStatus);
  app.require_subcommand(1);
  std::vector<std::string> reversed = HideNegativeTargets(WithHelpOption(arguments));
  std::reverse(reversed.begin(), reversed.end());  // the parser takes them from the back
  try {
    RefuseEmptyAssignments(arguments);
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return ReportParsing(error, app, arguments, context);
  }
  context.command = selected.command;
  RequireForm(context, selected.forms);
  RequireOnePlace(context);
  TakeCrashPoint(context);
  return selected.run(context);
}

}  // namespace

int Main(const std::vector<std::string>& arguments, Context& context) {
  try {
    return Dispatch(arguments, context);
  } catch (const Error& error) {
    return ReportError(context, error);
  } catch (const std::bad_alloc&) {
    return ReportError(context, Error(ErrorCode::kInternal, "out of memory"));
  } catch (const std::exception& error) {
    return ReportError(context,
                       Error(ErrorCode::kInternal, error.what()).Hint("this is a bug in sqlmig; please report it"));
  }
}

}  // namespace sqlmig
