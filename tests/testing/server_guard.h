#pragma once

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "embedded/embedded.h"

namespace sqlmig::testing {

// The server programs to test with: SQLMIG_TEST_BINDIR, else the newest installed.
inline EmbeddedSettings TestServerSettings(const std::filesystem::path& folder) {
  EmbeddedSettings settings;
  settings.project_folder = folder / "project";
  settings.state_home = folder / "state";
  settings.runtime_home = "/tmp";
  if (const char* bin_dir = std::getenv("SQLMIG_TEST_BINDIR")) settings.bin_dir = bin_dir;
  if (const char* path = std::getenv("PATH")) settings.path_variable = path;
  return settings;
}

// Destroys the embedded server when it goes, and also when the test program crashes or is killed: a process of its own
// waits for the end of a pipe.
class ServerGuard {
 public:
  explicit ServerGuard(EmbeddedSettings settings) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    guardian_ = fork();
    if (guardian_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (guardian_ == 0) Watch(ends[0], std::move(settings));
    close(ends[0]);
    alive_ = ends[1];
  }
  ~ServerGuard() {
    close(alive_);
    if (getpid() != owner_) return;
    while (waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ServerGuard(const ServerGuard&) = delete;
  ServerGuard& operator=(const ServerGuard&) = delete;

 private:
  [[noreturn]] static void Watch(int fd, EmbeddedSettings settings) {
    setsid();  // out of reach of a Ctrl-C
    // Neither our own end of the pipe nor those of other guards may stay open here.
    dup2(fd, 3);
    closefrom(4);
    char byte = 0;
    while (read(3, &byte, 1) != 0) {
    }
    const std::filesystem::path state_home = settings.state_home;
    try {
      EmbeddedServer(std::move(settings)).Destroy();
    } catch (...) {
      _exit(1);
    }
    // What a program that crashed cannot remove any more; folders with something in them stay.
    std::error_code ignored;
    for (const auto& folder : {state_home / "sqlmig", state_home, state_home.parent_path()}) {
      std::filesystem::remove(folder, ignored);
    }
    _exit(0);
  }

  pid_t owner_ = getpid();  // a forked process takes nothing away
  pid_t guardian_ = -1;
  int alive_ = -1;
};

}  // namespace sqlmig::testing
