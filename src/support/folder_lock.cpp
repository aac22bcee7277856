#include "support/folder_lock.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {

std::optional<FolderLock> FolderLock::TryTake(const std::filesystem::path& folder) {
  FolderLock lock(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.descriptor_ < 0) {
    throw Error(ErrorCode::kIo, fmt::format("cannot open the folder '{}': {}", Printable(folder.string()),
                                            std::generic_category().message(errno)))
        .Hint("let this user read the folder");
  }
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR)) return std::nullopt;
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace sqlmig
