// Programs run by execve, without a shell, as the server's user and with nothing of ours but what is named here.
#pragma once

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
};

struct ProgramResult {
  int exit_status = 0;  // 128 + number when a signal ended it
  std::string output;   // stdout and stderr as they came, the first MiB
};

// Runs it to its end, in a session of its own: a Ctrl-C at the terminal reaches us only. When the deadline is
// interrupted or expired the program and its children are ended first. Throws kConnection when it cannot be started or
// takes too long, kSignal when interrupted.
ProgramResult RunProgram(const Program& program, const Deadline& deadline);

// Starts it as a daemon that is no child of ours: own session, stdin from /dev/null, stdout and stderr to `output_fd`.
// Returns its process id when it runs. Throws kConnection.
int StartDaemon(const Program& program, int output_fd);

}  // namespace sqlmig
