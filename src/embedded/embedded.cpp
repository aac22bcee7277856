#include "embedded/embedded.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "embedded/binaries.h"
#include "embedded/cluster.h"
#include "embedded/file_lock.h"
#include "embedded/launch.h"
#include "embedded/layout.h"
#include "embedded/postmaster.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// One look at everything; Start looks again under the lock.
EmbeddedStatus Look(const Layout& layout, const Account& account) {
  EmbeddedStatus status;
  status.project_folder = layout.project_folder;
  status.data_directory = layout.data;
  status.socket_directory = layout.socket_directory;
  status.log_file = layout.log_file;
  status.port = kEmbeddedPort;
  if (!StateFolderExists(layout)) return status;
  const ActingAs acting(account);
  const std::optional<ClusterInfo> info = ReadClusterInfo(layout);
  if (!info) return status;
  status.state = EmbeddedStatus::State::kStopped;
  status.bin_dir = info->bin_dir;
  status.server_major = info->major;
  const std::optional<ServerProcess> process = ServerProcess::Find(layout.data);
  if (!process) return status;
  status.state = EmbeddedStatus::State::kRunning;
  status.pid = process->pid();
  // Where the socket really is: whoever started it may have had another runtime folder.
  const std::optional<PostmasterFile> file = ReadPostmasterFile(layout.data);
  if (file && !file->socket_directory.empty()) status.socket_directory = file->socket_directory;
  return status;
}

bool IsSocket(const fs::path& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

// Whether it can be used as it is: no lock and no program is needed then.
bool IsReady(const EmbeddedStatus& status, const Account& account) {
  if (status.state != EmbeddedStatus::State::kRunning) return false;
  const ActingAs acting(account);
  const std::optional<PostmasterFile> file = ReadPostmasterFile(status.data_directory);
  return file && file->pid == status.pid && file->status == "ready" &&
         IsSocket(status.socket_directory / fmt::format(".s.PGSQL.{}", status.port));
}

Error LockBusy(const Layout& layout, const Deadline& deadline) {
  return Error(ErrorCode::kConnection,
               fmt::format("another process has held '{}' for {} ms: it starts or stops the embedded PostgreSQL",
                           Printable(layout.lock_file.string()), deadline.limit().count()))
      .Hint("wait for it, or end the sqlmig or initdb process that hangs");
}

// The lock, with the state folder made for it.
FileLock TakeLock(const Layout& layout, const Account& account, const Deadline& deadline) {
  while (true) {
    deadline.Check();
    MakeStateFolder(layout, account);
    {
      const ActingAs acting(account);
      if (std::optional<FileLock> lock = FileLock::TryTake(layout.lock_file)) return std::move(*lock);
    }
    if (deadline.expired()) throw LockBusy(layout, deadline);
    deadline.Pause(milliseconds(20));
  }
}

// The lock of a state folder that exists; nullopt when it does not.
std::optional<FileLock> TakeLockIfPresent(const Layout& layout, const Account& account, const Deadline& deadline) {
  while (StateFolderExists(layout)) {
    // A folder that another process is just making may not be given to the account yet; whoever comes first does it.
    MakeStateFolder(layout, account);
    {
      const ActingAs acting(account);
      if (std::optional<FileLock> lock = FileLock::TryTake(layout.lock_file)) return lock;
    }
    if (deadline.expired()) throw LockBusy(layout, deadline);
    deadline.Pause(milliseconds(20));
  }
  return std::nullopt;
}

std::optional<ServerProcess> FindServer(const Layout& layout, const Account& account) {
  const ActingAs acting(account);
  return ServerProcess::Find(layout.data);
}

// A server that is there but was not ready at first sight: started by a process that died meanwhile, stopping, or
// without its socket (cleaners of /tmp). Whether it can be used; when not, it has ended.
bool UseOrEnd(const Layout& layout, const Account& account, const Deadline& deadline) {
  const std::optional<ServerProcess> process = FindServer(layout, account);
  if (!process) return false;
  const bool ready = AwaitReady(layout, account, *process, deadline);
  if (ready && IsReady(Look(layout, account), account)) return true;
  StopProcess(*process);
  return false;
}

ServerBinaries PrepareCluster(const EmbeddedSettings& settings, const Layout& layout, const Account& account,
                              const FileLock& lock, const Deadline& deadline) {
  std::optional<ClusterInfo> info;
  {
    const ActingAs acting(account);
    ClearLeftovers(layout.data, deadline);
    info = ReadClusterInfo(layout);
  }
  if (info) return BinariesFor(info->major, info->bin_dir, settings.bin_dir, settings.path_variable, account);
  ServerBinaries binaries = NewestBinaries(settings.bin_dir, settings.path_variable, account);
  MakeCluster(layout, account, binaries, lock, deadline);
  return binaries;
}

void EndServer(const Layout& layout, const Account& account) {
  const EmbeddedStatus status = Look(layout, account);
  // Also that of a cluster that is not whole any more.
  if (const std::optional<ServerProcess> process = FindServer(layout, account)) StopProcess(*process);
  RemoveSocketDirectory(status.socket_directory, account);
  RemoveSocketDirectory(layout.socket_directory, account);
}

}  // namespace

EmbeddedServer::EmbeddedServer(EmbeddedSettings settings) : settings_(std::move(settings)) {}

EmbeddedStatus EmbeddedServer::Status() const {
  const Account account = ServerAccount(settings_.run_as);
  return Look(ResolveLayout(settings_, account), account);
}

std::vector<EmbeddedStatus> EmbeddedServer::All(const EmbeddedSettings& settings) {
  const Account account = ServerAccount(settings.run_as);
  std::vector<EmbeddedStatus> servers;
  for (const Layout& layout : FindLayouts(settings, account)) {
    EmbeddedStatus status = Look(layout, account);
    if (status.state != EmbeddedStatus::State::kAbsent) servers.push_back(std::move(status));
  }
  std::sort(servers.begin(), servers.end(),
            [](const EmbeddedStatus& a, const EmbeddedStatus& b) { return a.project_folder < b.project_folder; });
  return servers;
}

EmbeddedStatus EmbeddedServer::Start(const Interrupt* interrupt) {
  const Account account = ServerAccount(settings_.run_as);
  const Layout layout = ResolveLayout(settings_, account);
  EmbeddedStatus status = Look(layout, account);
  if (IsReady(status, account)) return status;
  const Deadline deadline(settings_.start_timeout, interrupt, "the embedded PostgreSQL was being started");
  const FileLock lock = TakeLock(layout, account, deadline);
  if (!UseOrEnd(layout, account, deadline)) {
    // A killed server leaves its socket's lock file, which the next one obeys for as long as the number in it is in
    // use.
    RemoveSocketDirectory(layout.socket_directory, account);
    MakeSocketDirectory(layout.socket_directory, account);
    LaunchServer(layout, account, PrepareCluster(settings_, layout, account, lock, deadline), deadline);
  }
  return Look(layout, account);
}

void EmbeddedServer::Stop() {
  const Account account = ServerAccount(settings_.run_as);
  const Layout layout = ResolveLayout(settings_, account);
  const Deadline deadline(settings_.start_timeout, nullptr, "");
  const std::optional<FileLock> lock = TakeLockIfPresent(layout, account, deadline);
  if (lock) EndServer(layout, account);
}

void EmbeddedServer::Destroy() {
  const Account account = ServerAccount(settings_.run_as);
  const Layout layout = ResolveLayout(settings_, account);
  const Deadline deadline(settings_.start_timeout, nullptr, "");
  const std::optional<FileLock> lock = TakeLockIfPresent(layout, account, deadline);
  if (!lock) return;
  EndServer(layout, account);
  {
    const ActingAs acting(account);
    ClearLeftovers(layout.data, deadline);
  }
  RemoveStateFolder(layout, account);
}

fs::path EmbeddedServer::Psql() const {
  fs::path own = Status().bin_dir / "psql";
  std::error_code ignored;
  if (own.is_absolute() && fs::is_regular_file(own, ignored)) return own;
  if (std::optional<fs::path> found = FindInPath("psql", settings_.path_variable)) return std::move(*found);
  throw Error(ErrorCode::kConnection,
              fmt::format("found no psql in '{}' or in PATH", Printable(own.parent_path().string())))
      .Hint("install the client, for example with 'apt-get install postgresql-client'");
}

}  // namespace sqlmig
