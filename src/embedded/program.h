// Programs run by execve, without a shell, as the server's user and with nothing of ours but what is named here.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "embedded/account.h"
#include "embedded/deadline.h"

namespace sqlmig {

struct Program {
  std::filesystem::path path;
  std::vector<std::string> arguments;  // without the program's own name
  std::vector<std::string> environment;
  const Account* account = nullptr;  // nullptr: the user we are
  int kept_fd = -1;                  // inherited by the program; -1: none. No other descriptor above 2 is.
  bool errors_apart = false;         // stderr into ProgramResult::errors instead of between the lines of stdout
  std::size_t max_output = std::size_t{1} << 20U;  // bytes kept of each
};

struct ProgramResult {
  int exit_status = 0;  // 128 + number when a signal ended it
  std::string output;   // stdout and, unless they are kept apart, stderr as they came: the first Program::max_output
  std::string errors;   // stderr, when it is kept apart
  bool cut = false;     // there was more than is kept
};

// Runs it to its end, in a session of its own: a Ctrl-C at the terminal reaches us only. When the deadline is
// interrupted or expired the program and its children are ended first. Throws kConnection when it cannot be started or
// takes too long, kSignal when interrupted.
ProgramResult RunProgram(const Program& program, const Deadline& deadline);

// Starts it as a daemon that is no child of ours: own session, stdin from /dev/null, stdout and stderr to `output_fd`.
// Returns its process id when it runs. Throws kConnection.
int StartDaemon(const Program& program, int output_fd);

}  // namespace sqlmig
