#include "cli/command.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/help.h"
#include "manifest/scalars.h"
#include "support/error.h"

namespace sqlmig {
namespace {

// A character that nobody types stands before the hidden minus sign.
constexpr char kHidden = '\x1d';

constexpr const char* kDigits = "0123456789";

// -1, or -3:current.
bool BeginsWithNegativeNumber(const std::string& text) {
  if (text.size() < 2 || text[0] != '-') return false;
  const std::size_t end = std::min(text.find_first_not_of(kDigits, 1), text.size());
  return end > 1 && (end == text.size() || text[end] == ':');
}

// As typed: with its minus sign.
std::string Unhidden(std::string text) {
  if (!text.empty() && text.front() == kHidden) text.erase(text.begin());
  return text;
}

}  // namespace

CLI::App* AddCommand(CLI::App& parent, const CommandText& text) {
  CLI::App* const command = parent.add_subcommand(text.name, text.summary);
  for (const char* alias : text.aliases) command->alias(alias);
  command->footer(
      fmt::format("{}\n\nExamples:\n{}\n\n'sqlmig --help' has the options of all commands, such as -d and --url.",
                  Wrapped(text.description), text.examples));
  command->group("Commands");
  command->fallthrough();
  return command;
}

void Runs(CLI::App* command, Selected& selected, const char* name, std::function<int(Context&)> run, Forms forms) {
  command->callback([&selected, name, run = std::move(run), forms] {
    selected.command = name;
    selected.run = run;
    selected.forms = forms;
  });
}

void RequireForm(const Context& context, Forms forms) {
  const Format format = context.global.format;
  if (Has(forms, format)) return;
  std::vector<std::string_view> names;
  for (const auto& [name, known] : kFormats) {
    if (Has(forms, known)) names.push_back(name);
  }
  const auto wanted = std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& f) { return f.second == format; });
  throw Error(ErrorCode::kUsage, fmt::format("'{}' cannot give this as {}", context.command, wanted->first))
      .Hint(fmt::format("use --format {}", fmt::join(names, ", ")));
}

void RefuseEmptyValues(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_expected_max() == 0) continue;  // a flag
    option->check(
        CLI::Validator([](const std::string& text) { return text.empty() ? kEmptyValue : std::string(); }, ""));
  }
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    if (command->get_name() != "psql") RefuseEmptyValues(*command);  // its words are psql's
  }
}

void RefuseEmptyAssignments(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return;
    if (argument.size() < 4 || !argument.starts_with("--") || argument.find('=') != argument.size() - 1) continue;
    throw CLI::ValidationError(argument.substr(0, argument.size() - 1), kEmptyValue);
  }
}

void Exclude(CLI::App* command, const char* option, const std::vector<const char*>& others) {
  for (const char* other : others) command->get_option(option)->excludes(command->get_option(other));
}

std::chrono::milliseconds ParseDurationOption(const std::string& option, const std::string& text) {
  auto duration = ParseDuration(text);
  if (duration.value) return *duration.value;
  throw Error(ErrorCode::kUsage, fmt::format("{} {}", option, duration.complaint.message))
      .Hint(std::move(duration.complaint.hint));
}

CLI::Validator OneOf(std::vector<std::string> words) {
  const auto check = [words = std::move(words)](const std::string& text) {
    const bool known = std::find(words.begin(), words.end(), text) != words.end();
    return known ? std::string() : fmt::format("'{}' is not one of: {}", text, fmt::join(words, ", "));
  };
  return CLI::Validator(check, "");
}

CLI::Validator Count(int least) {
  const auto check = [least](const std::string& text) {
    const bool good = text.size() < 10 && text.find_first_not_of(kDigits) == std::string::npos &&
                      (least == 0 || text.find_first_not_of('0') != std::string::npos);
    return good ? std::string() : fmt::format("'{}' is not a whole number of {} or more", Unhidden(text), least);
  };
  return CLI::Validator(check, "");
}

std::vector<std::string> HideNegativeTargets(const std::vector<std::string>& arguments) {
  std::vector<std::string> hidden = arguments;
  for (std::string& argument : hidden) {
    if (BeginsWithNegativeNumber(argument)) argument.insert(argument.begin(), kHidden);
  }
  return hidden;
}

std::vector<std::string> ShowNegativeTargets(const std::vector<std::string>& targets) {
  std::vector<std::string> shown;
  for (const std::string& target : targets) shown.push_back(Unhidden(target));
  return shown;
}

}  // namespace sqlmig
