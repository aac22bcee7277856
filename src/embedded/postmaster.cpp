#include "embedded/postmaster.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/error.h"
#include "support/file.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::size_t kMaxSmallFile = std::size_t{64} << 10U;
constexpr std::size_t kSocketLine = 4;
constexpr std::size_t kStatusLine = 7;

// "" when it cannot be read: processes and pid files come and go.
std::string ReadSmall(const fs::path& path) {
  try {
    return ReadFile(path, kMaxSmallFile);
  } catch (const Error&) {
    return "";
  }
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t end = text.find_last_not_of(' ');
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

int ParsePid(std::string_view text) {
  int pid = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), pid);
  return parsed.ec == std::errc() && pid > 1 ? pid : 0;
}

fs::path ProcFile(int pid, const char* name) {
  return fmt::format("/proc/{}/{}", pid, name);
}

// Distributions wrap the program (".postgres-wrapped"); a zombie keeps its name.
bool IsPostgres(int pid) {
  const std::string name = ReadSmall(ProcFile(pid, "comm"));
  const std::string stat = ReadSmall(ProcFile(pid, "stat"));
  const std::size_t state = stat.rfind(") ");
  if (state == std::string::npos || state + 2 >= stat.size()) return false;
  const char letter = stat[state + 2];
  return letter != 'Z' && letter != 'X' &&
         (name.find("postgres") != std::string::npos || name.find("postmaster") != std::string::npos);
}

bool WorksIn(int pid, const fs::path& data) {
  struct stat works {};
  struct stat wanted {};
  return stat(ProcFile(pid, "cwd").c_str(), &works) == 0 && stat(data.c_str(), &wanted) == 0 &&
         works.st_ino == wanted.st_ino && works.st_dev == wanted.st_dev;
}

bool IsTaken(int pid) {
  return kill(pid, 0) == 0 || errno == EPERM;
}

}  // namespace

std::optional<PostmasterFile> ReadPostmasterFile(const fs::path& data) {
  const std::string text = ReadSmall(data / "postmaster.pid");
  const std::vector<std::string_view> lines = Lines(text);
  if (lines.empty()) return std::nullopt;
  PostmasterFile file;
  file.pid = ParsePid(lines[0]);
  if (file.pid == 0) return std::nullopt;
  if (lines.size() > kSocketLine) file.socket_directory = fs::path(lines[kSocketLine]);
  if (lines.size() > kStatusLine) file.status = Trimmed(lines[kStatusLine]);
  return file;
}

std::optional<ServerProcess> ServerProcess::Verified(int pid, const fs::path& data) {
  // The handle first: what is verified afterwards is then the process that the handle means.
  ServerProcess process = Started(pid);
  if (!IsPostgres(pid) || !WorksIn(pid, data) || !process.Alive()) return std::nullopt;
  return process;
}

std::optional<ServerProcess> ServerProcess::Find(const fs::path& data) {
  const std::optional<PostmasterFile> file = ReadPostmasterFile(data);
  if (!file) return std::nullopt;
  return Verified(file->pid, data);
}

std::vector<ServerProcess> ServerProcess::FindAll(const fs::path& data) {
  std::vector<ServerProcess> processes;
  std::error_code failed;
  for (fs::directory_iterator entry("/proc", failed), end; !failed && entry != end; entry.increment(failed)) {
    const int pid = ParsePid(entry->path().filename().string());
    if (pid == 0 || !WorksIn(pid, data)) continue;
    if (std::optional<ServerProcess> process = Verified(pid, data)) processes.push_back(std::move(*process));
  }
  return processes;
}

ServerProcess ServerProcess::Started(int pid) {
  return ServerProcess(pid, Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))));
}

bool ServerProcess::Alive() const {
  if (!handle_.valid()) return IsPostgres(pid_);
  pollfd ended{handle_.get(), POLLIN, 0};
  return poll(&ended, 1, 0) <= 0;
}

void ServerProcess::Signal(int number) const {
  if (handle_.valid()) {
    syscall(SYS_pidfd_send_signal, handle_.get(), number, nullptr, 0);
  } else if (IsPostgres(pid_)) {
    kill(pid_, number);
  }
}

bool ServerProcess::WaitForEnd(milliseconds time, const Interrupt* interrupt) const {
  const Deadline deadline(time, interrupt, "waiting for the embedded PostgreSQL to stop");
  while (Alive()) {
    if (deadline.expired()) return false;
    deadline.Pause(milliseconds(5));
  }
  return true;
}

void StopProcess(const ServerProcess& process) {
  struct Attempt {
    int signal;
    milliseconds patience;
  };
  constexpr std::array<Attempt, 3> kAttempts = {
      {{SIGINT, std::chrono::seconds(30)}, {SIGQUIT, std::chrono::seconds(10)}, {SIGKILL, std::chrono::seconds(5)}}};
  for (const Attempt& attempt : kAttempts) {
    process.Signal(attempt.signal);
    if (process.WaitForEnd(attempt.patience, nullptr)) return;
  }
  throw Error(ErrorCode::kConnection, fmt::format("the embedded PostgreSQL (process {}) does not stop", process.pid()))
      .Hint("look for a disk that hangs; the process cannot be killed while it waits for one");
}

void ClearLeftovers(const fs::path& data, const Deadline& deadline) {
  // Sessions of a killed server see its death and leave by themselves, unless they are busy.
  const Deadline patience(std::chrono::seconds(3), nullptr, "");
  std::vector<ServerProcess> orphans = ServerProcess::FindAll(data);
  while (!orphans.empty() && !deadline.expired()) {
    const int signal = patience.expired() ? SIGKILL : SIGTERM;
    for (const ServerProcess& orphan : orphans) orphan.Signal(signal);
    deadline.Pause(milliseconds(50));
    orphans = ServerProcess::FindAll(data);
  }
  const std::optional<PostmasterFile> file = ReadPostmasterFile(data);
  if (file && orphans.empty() && IsTaken(file->pid)) unlink((data / "postmaster.pid").c_str());
}

}  // namespace sqlmig
