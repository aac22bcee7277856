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

// Sets what the command does.
void Runs(CLI::App* command, Selected& selected, const char* name, std::function<int(Context&)> run);

// "60s", "500ms", "10min"; a plain number is seconds. Throws kUsage.
std::chrono::milliseconds ParseDurationOption(const std::string& option, const std::string& text);

// Takes one of a few words, and says which there are.
CLI::Validator OneOf(std::vector<std::string> words);

// Targets that begin with '-' (as -1) are hidden from the option parser; these give them back as typed.
std::vector<std::string> HideNegativeTargets(const std::vector<std::string>& arguments);
std::vector<std::string> ShowNegativeTargets(const std::vector<std::string>& targets);

}  // namespace sqlmig
