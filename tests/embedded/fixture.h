#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "embedded/embedded.h"
#include "support/error.h"
#include "testing/server_guard.h"
#include "testing/temp_dir.h"

namespace sqlmig::testing {

using State = EmbeddedStatus::State;

// A project of its own for each test; its server is destroyed whatever happens.
class EmbeddedTest : public ::testing::Test {
 protected:
  EmbeddedTest() : settings(TestServerSettings(folder.path())), guard_(settings), server(settings) {}

  // The error of an action that must fail.
  template <class Action>
  static Error Caught(const Action& action) {
    try {
      action();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(ErrorCode::kInternal, "");
  }

  static std::string Contents(const std::filesystem::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  static void Write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::trunc) << text;
  }
  static void ReplaceIn(const std::filesystem::path& path, const std::string& from, const std::string& to) {
    std::string text = Contents(path);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << text;
    Write(path, text.replace(at, from.size(), to));
  }

  // Processes whose command line names our folder: servers, initdb.
  std::vector<int> Processes() const {
    std::vector<int> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const int pid = std::atoi(entry.path().filename().c_str());
      if (pid > 0 && pid != getpid() && Contents(entry.path() / "cmdline").find(folder.path()) != std::string::npos) {
        found.push_back(pid);
      }
    }
    return found;
  }

  std::filesystem::path StateFolder() const { return server.Status().data_directory.parent_path(); }

  TempDir folder;
  EmbeddedSettings settings;

 private:
  ServerGuard guard_;

 protected:
  EmbeddedServer server;
};

// A forked process that runs `action` and ends with 0, or 1 when that throws; killed when it goes.
class Forked {
 public:
  template <class Action>
  explicit Forked(const Action& action) : pid_(fork()) {
    if (pid_ != 0) return;
    try {
      action();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "forked process: %s\n", error.what());
      _exit(1);
    }
    _exit(0);
  }
  ~Forked() { Kill(); }
  Forked(const Forked&) = delete;
  Forked& operator=(const Forked&) = delete;

  int pid() const { return pid_; }
  int Wait() {
    int status = 0;
    if (pid_ > 0) waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void Kill() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    Wait();
  }

 private:
  pid_t pid_;
};

// A process that ended is not alive, even while its new parent has not collected it.
inline bool IsAlive(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string stat(std::istreambuf_iterator<char>(file), {});
  const std::size_t state = stat.rfind(") ");
  return state != std::string::npos && stat.at(state + 2) != 'Z' && stat.at(state + 2) != 'X';
}

// Whether the condition becomes true within ten seconds.
template <class Condition>
bool Eventually(const Condition& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    usleep(10'000);
  }
  return false;
}

}  // namespace sqlmig::testing
