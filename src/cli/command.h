// How commands are declared. To add one: a file in cli/commands/, a line in commands.cpp, a test, a line in the README.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/context.h"

namespace sqlmig {

// What was chosen on the command line; run after parsing, so that our errors never pass through the parser.
struct Selected {
  std::string command;  // main word, also when an alias was typed
  std::function<int(Context&)> run;
  Forms forms = Forms::kJson;
};

struct CommandText {
  const char* name;
  std::vector<const char*> aliases;
  const char* summary;
  const char* description;  // one paragraph or more
  const char* examples;     // lines as typed
};

// A subcommand with its texts; options and `Runs` are the caller's.
CLI::App* AddCommand(CLI::App& parent, const CommandText& text);

// Sets what the command does, and in which forms its result can be had.
void Runs(CLI::App* command, Selected& selected, const char* name, std::function<int(Context&)> run,
          Forms forms = Forms::kJson);

// "60s", "500ms", "10min", as the manifest has them (manifest/scalars.h). Throws kUsage.
std::chrono::milliseconds ParseDurationOption(const std::string& option, const std::string& text);

// Takes one of a few words, and says which there are.
CLI::Validator OneOf(std::vector<std::string> words);

// Throws kUsage when --format asks for another form.
void RequireForm(const Context& context, Forms forms);

// Refuses the option together with any of the others.
void Exclude(CLI::App* command, const char* option, const std::vector<const char*>& others);

// Refuses empty values of all options and words: where "not given" means something, as a target does, an empty variable
// of a script would mean it too.
void RefuseEmptyValues(CLI::App& app);
// "--plan=": the parser would take the next word for the value. Throws CLI::ValidationError, as the parser does.
void RefuseEmptyAssignments(const std::vector<std::string>& arguments);
inline constexpr const char* kEmptyValue = "the value is empty";

// Takes a whole number of `least` or more.
CLI::Validator Count(int least = 1);

// Targets that begin with '-' (as -1, or -3:current) are hidden from the option parser; these give them back as typed.
std::vector<std::string> HideNegativeTargets(const std::vector<std::string>& arguments);
std::vector<std::string> ShowNegativeTargets(const std::vector<std::string>& targets);

}  // namespace sqlmig
