#include "cli/usage_error.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.h"
#include "support/edit_distance.h"

namespace sqlmig {
namespace {

std::vector<std::string> CommandNames(const CLI::App& parent) {
  std::vector<std::string> names;
  for (const CLI::App* command : parent.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    names.insert(names.end(), command->get_aliases().begin(), command->get_aliases().end());
  }
  return names;
}

// Also the options of all commands, which stand at the top.
std::vector<std::string> OptionNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

bool Has(const CLI::App& command, const std::string& option) {
  return command.get_option_no_throw(option) != nullptr;
}

// The commands that have an option which was typed before any of them: "'apply' and 'rollback'".
std::optional<std::string> OwnersOf(const std::string& option, const CLI::App& command) {
  if (command.get_parent() != nullptr) {
    return Has(command, option) ? std::optional(fmt::format("'{}'", command.get_name())) : std::nullopt;
  }
  std::vector<std::string> owners;
  for (const CLI::App* inner : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (Has(*inner, option)) owners.push_back(fmt::format("'{}'", inner->get_name()));
  }
  return owners.empty() ? std::nullopt : std::optional(fmt::format("{}", fmt::join(owners, ", ")));
}

// What is typed with sqlmig: "sqlmig embedded start".
std::string Typed(const CLI::App& command) {
  return command.get_parent() == nullptr ? command.get_name() : Typed(*command.get_parent()) + " " + command.get_name();
}

// `place`: where the word was left over; `command`: the one that it was typed behind.
std::optional<Error> UnknownWord(const CLI::App& place, const CLI::App& command) {
  const std::vector<std::string> left = ShowNegativeTargets(place.remaining());
  if (left.empty()) return std::nullopt;
  const std::string word = left.front().substr(0, left.front().find('='));
  const bool option = word.size() > 1 && word.front() == '-';
  const std::vector<std::string> names = option ? OptionNames(command) : CommandNames(command);
  if (!option && names.empty()) {
    return Error(ErrorCode::kUsage, fmt::format("'{}' takes nothing more, but there is '{}'", Typed(command), word))
        .Hint(fmt::format("'{} --help' shows what it takes", Typed(command)));
  }
  const auto owners = option && place.get_parent() == nullptr ? OwnersOf(word, command) : std::nullopt;
  if (owners) {
    return Error(ErrorCode::kUsage, fmt::format("'{}' belongs to {}", word, *owners))
        .Hint("write it after the command");
  }
  if (option && command.get_name() == "psql") {
    return Error(ErrorCode::kUsage, fmt::format("'{}' is not an option of sqlmig", word))
        .Hint(fmt::format("options of psql come behind '--': {} -- {}", Typed(command), word));
  }
  const auto near = DidYouMean(word, names);
  return Error(ErrorCode::kUsage, fmt::format("there is no {} '{}'", option ? "option" : "command", word))
      .Hint(near ? fmt::format("did you mean '{}'?", *near)
                 : fmt::format("'{} --help' lists what there is", Typed(command)));
}

// The text in front of `part` and behind it; nothing when it is not there.
std::optional<std::pair<std::string, std::string>> Around(const std::string& text, std::string_view part) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + part.size()));
}

// What the parser says, in our words; lower-case, without a full stop.
std::string InOurStyle(std::string text) {
  if (const auto given = Around(text, ": At Most 1 required but received ")) {
    return fmt::format("{} takes one value, and is given {} times", given->first, given->second);
  }
  if (const auto pair = Around(text, " excludes "))
    return fmt::format("{} and {} do not go together", pair->first, pair->second);
  if (const auto flag = Around(text, "Could not convert: ")) {
    return fmt::format("{} takes no value", flag->second.substr(0, flag->second.find(" = ")));
  }
  constexpr std::string_view kRequired = ": 1 required ";
  constexpr std::string_view kMissing = " missing";
  const std::size_t required = text.find(kRequired);
  if (required != std::string::npos && text.size() > kMissing.size() &&
      text.substr(text.size() - kMissing.size()) == kMissing) {
    const std::size_t type = required + kRequired.size();
    return fmt::format("{} needs a value: {}", text.substr(0, required),
                       text.substr(type, text.size() - kMissing.size() - type));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace

const CLI::App* ParsedCommand(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? nullptr : parsed.front();
}

Error UsageError(const CLI::ParseError& error, const CLI::App& app) {
  const CLI::App* command = &app;
  while (const CLI::App* inner = ParsedCommand(*command)) command = inner;
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
      error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
    for (const CLI::App* place = command; place != nullptr; place = place->get_parent()) {
      if (auto unknown = UnknownWord(*place, *command)) return *unknown;
    }
  }
  if (std::string_view(error.what()).ends_with(kEmptyValue)) {
    return Error(ErrorCode::kUsage, InOurStyle(error.what()))
        .Hint("give a value, or leave the option out; in a script, look whether the variable is set");
  }
  const bool no_command = command->get_require_subcommand_min() > 0;
  return Error(ErrorCode::kUsage, no_command ? "a command is missing" : InOurStyle(error.what()))
      .Hint(fmt::format("'{} --help' shows what there is", Typed(*command)));
}

}  // namespace sqlmig
