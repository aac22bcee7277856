#include "embedded/file_lock.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {

std::optional<FileLock> FileLock::TryTake(const std::filesystem::path& path) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.valid() && errno == ENOENT) return std::nullopt;
  if (!file.valid()) {
    throw Error(ErrorCode::kIo, fmt::format("cannot open the lock file '{}': {}", Printable(path.string()),
                                            std::generic_category().message(errno)));
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
    throw Error(ErrorCode::kIo,
                fmt::format("cannot lock '{}': {}", Printable(path.string()), std::generic_category().message(errno)));
  }
  // Whoever had it before us may have removed the file: then this is a lock on nothing.
  struct stat held {};
  struct stat named {};
  if (fstat(file.get(), &held) != 0 || lstat(path.c_str(), &named) != 0 || held.st_ino != named.st_ino ||
      held.st_dev != named.st_dev) {
    return std::nullopt;
  }
  return FileLock(std::move(file));
}

}  // namespace sqlmig
