#include "embedded/layout.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "embedded/descriptor.h"
#include "support/error.h"
#include "support/sha256.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashDigits = 12;
constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr const char* kRootStateHome = "/var/lib";
constexpr const char* kShortRuntimeHome = "/tmp";

std::string Hash(const fs::path& path) {
  return Sha256Hex(path.string()).substr(0, kHashDigits);
}

std::string Shown(const fs::path& path) {
  return Printable(path.string());
}

Error FolderError(const char* failed, const fs::path& path, int error) {
  return Error(ErrorCode::kIo,
               fmt::format("cannot {} '{}': {}", failed, Shown(path), std::generic_category().message(error)));
}

fs::path SocketIn(const fs::path& directory) {
  return directory / fmt::format(".s.PGSQL.{}", kEmbeddedPort);
}

// The path as far as it exists, links resolved.
fs::path Resolved(const fs::path& path) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(path, failed);
  const fs::path resolved = fs::weakly_canonical(failed ? path : absolute, failed);
  return failed ? path : resolved;
}

// Nobody but the owner, or root, can exchange what is in the folder for something else.
bool KeepsItsEntries(const struct stat& info) {
  const bool others_write = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return S_ISDIR(info.st_mode) && (info.st_uid == 0 || info.st_uid == geteuid()) &&
         (!others_write || (info.st_mode & S_ISVTX) != 0);
}

bool RootCanUse(const fs::path& top, const Account& account) {
  for (fs::path folder = top; folder != folder.parent_path(); folder = folder.parent_path()) {
    struct stat info {};
    if (lstat(folder.c_str(), &info) == 0 && !KeepsItsEntries(info)) return false;
  }
  return CanReach(account, top);
}

fs::path StateTop(const EmbeddedSettings& settings, const Account& account) {
  fs::path top = Resolved(settings.state_home) / "sqlmig";
  if (account.switched && !RootCanUse(top, account)) return fs::path(kRootStateHome) / "sqlmig";
  return top;
}

bool IsUsableRuntimeHome(const fs::path& home, const fs::path& directory, const Account& account) {
  struct stat info {};
  if (!home.is_absolute() || stat(home.c_str(), &info) != 0 || !KeepsItsEntries(info)) return false;
  if (SocketIn(directory).string().size() > kMaxSocketPath) return false;
  // libpq reads a comma as the beginning of another host.
  if (directory.string().find(',') != std::string::npos) return false;
  return account.switched ? CanReach(account, home) : access(home.c_str(), W_OK | X_OK) == 0;
}

fs::path SocketDirectory(const EmbeddedSettings& settings, const fs::path& state_folder, const Account& account) {
  // Named after the state folder, so that two state homes of one project do not meet here.
  const std::string name = fmt::format("sqlmig-{}-{}", geteuid(), Hash(state_folder));
  for (const fs::path& home : {Resolved(settings.runtime_home), fs::path(kShortRuntimeHome)}) {
    if (IsUsableRuntimeHome(home, home / name, account)) return home / name;
  }
  throw Error(ErrorCode::kIo,
              fmt::format("cannot place a socket in '{}' or '{}': not a writable folder, or its path is "
                          "longer than {} bytes",
                          Shown(settings.runtime_home), kShortRuntimeHome, kMaxSocketPath))
      .Hint("choose a short folder for sockets that only its owner or nobody's tricks can change, such as /tmp");
}

// Makes the folders above with the mode, whatever the umask; existing ones stay as they are.
void MakeParents(const fs::path& path, mode_t mode) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0) return;
  if (path.has_parent_path() && path != path.parent_path()) MakeParents(path.parent_path(), mode);
  if (mkdir(path.c_str(), mode) == 0) {
    if (chmod(path.c_str(), mode) != 0) throw FolderError("make the folder", path, errno);
  } else if (errno != EEXIST) {
    throw FolderError("make the folder", path, errno);
  }
}

[[noreturn]] void Refuse(const fs::path& path, const char* what) {
  throw Error(ErrorCode::kIo, fmt::format("refused to use the folder '{}': {}", Shown(path), what))
      .Hint("remove it if nobody needs it, or choose another place");
}

// A folder of the account, mode 0700: made, or found and checked through a descriptor, so that nothing can be put in
// its place between the check and the change.
void MakeOwnFolder(const fs::path& path, const Account& account) {
  if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) throw FolderError("make the folder", path, errno);
  const Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.valid()) {
    const int error = errno;
    struct stat link {};
    if (lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode)) Refuse(path, "it is a symbolic link");
    if (error == ENOTDIR) Refuse(path, "it is not a folder");
    if (error == EACCES) Refuse(path, "it belongs to another user");
    throw FolderError("open the folder", path, error);
  }
  struct stat info {};
  if (fstat(folder.get(), &info) != 0) throw FolderError("read the folder", path, errno);
  const bool fresh = account.switched && info.st_uid == geteuid();
  if (info.st_uid != account.uid && !fresh) Refuse(path, "it belongs to another user");
  if (fresh && fchown(folder.get(), account.uid, account.gid) != 0) throw FolderError("give away", path, errno);
  if ((info.st_mode & 07777U) != S_IRWXU && fchmod(folder.get(), S_IRWXU) != 0) {
    throw FolderError("close to others the folder", path, errno);
  }
}

}  // namespace

fs::path Layout::Socket() const {
  return SocketIn(socket_directory);
}

Layout ResolveLayout(const EmbeddedSettings& settings, const Account& account) {
  const fs::path project_folder = Resolved(settings.project_folder);
  return LayoutIn(StateTop(settings, account) / Hash(project_folder), project_folder, settings, account);
}

Layout LayoutIn(const fs::path& folder, const fs::path& project_folder, const EmbeddedSettings& settings,
                const Account& account) {
  Layout layout;
  layout.project_folder = project_folder;
  layout.top = folder.parent_path();
  layout.folder = folder;
  layout.data = layout.folder / "data";
  layout.log_file = layout.folder / "server.log";
  layout.lock_file = layout.folder / "lock";
  layout.info_file = layout.folder / "cluster.info";
  layout.socket_directory = SocketDirectory(settings, layout.folder, account);
  return layout;
}

bool StateFolderExists(const Layout& layout) {
  struct stat info {};
  if (lstat(layout.folder.c_str(), &info) == 0) return true;
  if (errno == ENOENT) return false;
  throw FolderError("read the folder", layout.folder, errno);
}

void MakeStateFolder(const Layout& layout, const Account& account) {
  // The server's user passes through; its own folder is closed to all others.
  MakeParents(layout.top, account.switched ? 0755 : 0700);
  struct stat info {};
  if (lstat(layout.top.c_str(), &info) != 0) throw FolderError("read the folder", layout.top, errno);
  if (!S_ISDIR(info.st_mode)) Refuse(layout.top, "it is not a folder");
  if (!KeepsItsEntries(info)) Refuse(layout.top, "another user can change what is in it");
  MakeOwnFolder(layout.folder, account);
}

void MakeSocketDirectory(const fs::path& directory, const Account& account) {
  MakeOwnFolder(directory, account);
}

void RemoveSocketDirectory(const fs::path& directory, const Account& account) {
  struct stat info {};
  if (lstat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != account.uid) return;
  {
    const ActingAs acting(account);
    const fs::path socket = SocketIn(directory);
    unlink(socket.c_str());
    unlink((socket.string() + ".lock").c_str());
  }
  rmdir(directory.c_str());
}

void RemoveTree(const Layout& layout, const fs::path& path, const Account& account) {
  if (path.parent_path() != layout.folder) {
    throw Error(ErrorCode::kInternal, fmt::format("'{}' is not in '{}'", Shown(path), Shown(layout.folder)));
  }
  const ActingAs acting(account);
  std::error_code failed;
  fs::remove_all(path, failed);
  if (failed) throw FolderError("remove the folder", path, failed.value());
}

void RemoveStateFolder(const Layout& layout, const Account& account) {
  // First what says that the data is whole: an interrupted removal is then seen as a half-made cluster.
  for (const fs::path& path : {layout.info_file, layout.data, layout.log_file, layout.lock_file}) {
    RemoveTree(layout, path, account);
  }
  {
    const ActingAs acting(account);
    std::error_code failed;
    for (fs::directory_iterator entry(layout.folder, failed), end; !failed && entry != end; entry.increment(failed)) {
      fs::remove_all(entry->path(), failed);
    }
  }
  if (rmdir(layout.folder.c_str()) != 0 && errno != ENOENT)
    throw FolderError("remove the folder", layout.folder, errno);
}

}  // namespace sqlmig
