// Files as sqlmig may touch them: inside a root folder, regular files only, of a bounded size.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sqlmig {

inline constexpr std::size_t kMaxScriptBytes = std::size_t{256} << 20U;
inline constexpr std::size_t kMaxManifestBytes = std::size_t{64} << 20U;

// Reads files below one folder. The folder is opened once; a path that leaves it, also through a symbolic link, is
// refused by the kernel (openat2 RESOLVE_BENEATH), or part by part with O_NOFOLLOW where the kernel has no openat2.
class FileRoot {
 public:
  // Throws kIo when `folder` cannot be opened.
  explicit FileRoot(std::filesystem::path folder);
  ~FileRoot();
  FileRoot(FileRoot&& other) noexcept;
  FileRoot& operator=(FileRoot&&) = delete;

  // Contents of a regular file. Throws kScript: missing, a folder or device, unreadable, larger than `limit` bytes,
  // or outside the root; the error carries the path as given, and a hint.
  std::string Read(const std::filesystem::path& relative, std::size_t limit) const;

  // Whether the path can be reached inside the root and is a regular file; does not throw.
  bool IsFile(const std::filesystem::path& relative) const noexcept;

  const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  int Open(const std::filesystem::path& relative) const;

  std::filesystem::path folder_;
  int folder_fd_ = -1;
};

// Contents of any regular file that a person named. Throws kIo.
std::string ReadFile(const std::filesystem::path& path, std::size_t limit);

// The same of a pipe or a device too: read until its end, which may have to be waited for. Throws kIo.
std::string ReadStream(const std::filesystem::path& path, std::size_t limit);

// Writes where a person wants the result: a regular file is replaced (see ReplaceFile), a new one made; anything else
// (a device, a pipe, /dev/stdout) stays what it is and is written to. Throws kIo.
void WriteOutput(const std::filesystem::path& path, std::string_view contents);

// Replaces `path` by `contents` so that a reader sees the old or the new text, whole (temporary file, fsync, rename);
// the mode of an existing file is kept. Throws kIo. REQUIRES: `path` is a regular file, or nothing.
void ReplaceFile(const std::filesystem::path& path, std::string_view contents);

// Makes a file that must not exist yet, and its folders. Throws kIo.
void CreateFile(const std::filesystem::path& path, std::string_view contents);

}  // namespace sqlmig
