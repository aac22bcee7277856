#pragma once

#include <filesystem>
#include <optional>

namespace sqlmig {

// Keeps other processes of ours from changing files of a folder at the same time; gone with the object or the process.
// Nothing is left behind in the folder: the lock is on the folder itself.
class FolderLock {
 public:
  // One try. Nothing: another process has it. On a file system without such locks everybody gets one. Throws kIo.
  static std::optional<FolderLock> TryTake(const std::filesystem::path& folder);

  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace sqlmig
