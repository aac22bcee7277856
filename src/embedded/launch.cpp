#include "embedded/launch.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "support/error.h"
#include "support/file.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr off_t kMaxLogBytes = off_t{8} << 20;
constexpr std::size_t kMaxTailBytes = 3000;
constexpr std::size_t kMaxReadLogBytes = std::size_t{64} << 20U;

// A list of folders to the server: quoted, so that a comma or blank in a name is part of it.
std::string QuotedFolder(const fs::path& folder) {
  std::string quoted = "\"";
  for (const char c : folder.string()) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

// What must hold whatever the configuration files say: no TCP, and the socket in the private directory.
std::vector<std::string> ServerArguments(const Layout& layout) {
  return {"-D", layout.data.string(),
          "-c", "listen_addresses=",
          "-c", fmt::format("port={}", kEmbeddedPort),
          "-c", "unix_socket_directories=" + QuotedFolder(layout.socket_directory),
          "-c", "unix_socket_permissions=0700",
          "-c", "logging_collector=off",
          "-c", "log_destination=stderr"};
}

// Begins a new log when the old one has grown large, keeping one before.
Descriptor OpenLog(const Layout& layout) {
  struct stat info {};
  if (lstat(layout.log_file.c_str(), &info) == 0 && info.st_size > kMaxLogBytes) {
    rename(layout.log_file.c_str(), (layout.log_file.string() + ".old").c_str());
  }
  Descriptor log(open(layout.log_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!log.valid()) {
    throw Error(ErrorCode::kIo, fmt::format("cannot write '{}': {}", Printable(layout.log_file.string()),
                                            std::generic_category().message(errno)));
  }
  return log;
}

std::string LogSince(const Layout& layout, std::size_t offset) {
  try {
    const std::string log = ReadFile(layout.log_file, kMaxReadLogBytes);
    return log.substr(std::min(offset, log.size()));
  } catch (const Error&) {
    return "";
  }
}

// The last lines, whole ones, not more than fit on a screen.
std::string Tail(std::string_view log) {
  if (log.size() > kMaxTailBytes) {
    log.remove_prefix(log.size() - kMaxTailBytes);
    log.remove_prefix(std::min(log.find('\n') + 1, log.size()));
  }
  return Printable(log);
}

// "FATAL:  could not ..." of the last line that says why it gave up.
std::string Reason(std::string_view log) {
  const std::size_t at = std::max(log.rfind("FATAL:") + 1, log.rfind("PANIC:") + 1);
  if (at == 0) return "";
  const std::string_view line = log.substr(at - 1);
  return Printable(line.substr(0, line.find('\n')).substr(0, 300));
}

Error LaunchError(std::string_view what, const Layout& layout, std::string_view log) {
  const std::string reason = Reason(log);
  return Error(ErrorCode::kConnection,
               fmt::format("cannot start the embedded PostgreSQL: {}", reason.empty() ? std::string(what) : reason))
      .Excerpt(Tail(log))
      .Hint(fmt::format("see '{}'; if its data was damaged, 'sqlmig embedded destroy' begins anew",
                        Printable(layout.log_file.string())));
}

bool SaysReady(const Layout& layout, int pid) {
  const std::optional<PostmasterFile> file = ReadPostmasterFile(layout.data);
  return file && file->pid == pid && file->status == "ready";
}

}  // namespace

bool AwaitReady(const Layout& layout, const Account& account, const ServerProcess& process, const Deadline& deadline) {
  const ActingAs acting(account);
  while (process.Alive() && !deadline.expired()) {
    if (SaysReady(layout, process.pid())) return true;
    deadline.Pause(milliseconds(5));
  }
  return false;
}

void LaunchServer(const Layout& layout, const Account& account, const ServerBinaries& binaries,
                  const Deadline& deadline) {
  deadline.Check();
  std::size_t log_begin = 0;
  Descriptor log;
  {
    const ActingAs acting(account);
    log = OpenLog(layout);
    struct stat info {};
    if (fstat(log.get(), &info) == 0) log_begin = static_cast<std::size_t>(info.st_size);
  }
  Program server = ServerProgram(binaries, "postgres", account);
  server.arguments = ServerArguments(layout);
  const ServerProcess process = ServerProcess::Started(StartDaemon(server, log.get()));
  try {
    if (AwaitReady(layout, account, process, deadline)) return;
  } catch (const Error&) {
    StopProcess(process);
    throw;
  }
  const bool late = process.Alive();
  if (late) StopProcess(process);
  const ActingAs acting(account);
  throw LaunchError(late ? fmt::format("it was not ready within {} ms", deadline.limit().count()) : "it ended at once",
                    layout, LogSince(layout, log_begin));
}

}  // namespace sqlmig
