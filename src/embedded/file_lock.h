#pragma once

#include <filesystem>
#include <optional>

#include "embedded/descriptor.h"

namespace sqlmig {

// An exclusive lock on a file, gone with the last process that holds its descriptor.
class FileLock {
 public:
  // One try. nullopt: another process has it, the file was removed meanwhile, or its folder is gone. Throws kIo.
  static std::optional<FileLock> TryTake(const std::filesystem::path& path);

  // A program that inherits this keeps the lock for as long as it runs.
  int descriptor() const noexcept { return file_.get(); }

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace sqlmig
