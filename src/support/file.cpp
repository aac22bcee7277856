#include "support/file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string Shown(const std::filesystem::path& path) {
  return Printable(path.string());
}

std::string SystemText(int error) {
  return std::generic_category().message(error);
}

Error ReadError(ErrorCode code, const std::filesystem::path& path, int error) {
  Error problem(code, fmt::format("cannot read '{}': {}", Shown(path), SystemText(error)));
  if (error == ENOENT) problem.SetHint("create the file, or correct the path that names it");
  if (code == ErrorCode::kScript && (error == EXDEV || error == ELOOP)) {
    problem = Error(code, fmt::format("'{}' leads out of the manifest's folder", Shown(path)));
    problem.SetHint("keep every script below the folder of migrations.yaml, without symbolic links out of it");
  }
  if (error == EACCES) problem.SetHint("let this user read the file");
  return problem;
}

// openat2 is Linux 5.6; containers with older seccomp profiles answer ENOSYS or EPERM.
int OpenBeneath(int folder, const std::filesystem::path& relative, bool* supported) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  do {
    fd = syscall(SYS_openat2, folder, relative.c_str(), &how, sizeof(how));
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  *supported = fd >= 0 || (errno != ENOSYS && errno != EPERM);
  return static_cast<int>(fd);
}

// Every part without following links: stricter than openat2 (links inside the root are refused too).
int OpenPartByPart(int folder, const std::filesystem::path& relative) {
  Descriptor current(dup(folder));
  if (current.get() < 0) return -1;
  int fd = -1;
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    if (*part == "..") {
      errno = EXDEV;
      return -1;
    }
    const bool last = std::next(part) == relative.end();
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (last ? 0 : O_DIRECTORY);
    const int at = fd >= 0 ? fd : current.get();
    const int next = openat(at, part->c_str(), flags);
    if (fd >= 0) close(fd);
    if (next < 0) return -1;
    fd = next;
  }
  return fd;
}

enum class Accepts { kRegularFiles, kAnything };

// Reads to the end; the size may change while reading.
std::string ReadAll(int fd, const std::filesystem::path& path, std::size_t limit, ErrorCode code,
                    Accepts accepts = Accepts::kRegularFiles) {
  struct stat info {};
  if (fstat(fd, &info) != 0) throw ReadError(code, path, errno);
  if (accepts == Accepts::kRegularFiles && !S_ISREG(info.st_mode)) {
    throw Error(code, fmt::format("cannot read '{}': it is not a regular file", Shown(path)));
  }
  const auto expected = static_cast<std::size_t>(std::max<off_t>(info.st_size, 0));
  std::string text;
  text.resize(std::min(expected, limit) + 1);  // a sparse file claims any size
  std::size_t size = 0;
  while (true) {
    if (size > limit) {
      throw Error(code, fmt::format("'{}' is larger than {} MiB", Shown(path), limit >> 20U));
    }
    if (size == text.size()) text.resize(text.size() * 2);
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw ReadError(code, path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

Error WriteError(const std::filesystem::path& path, int error) {
  return Error(ErrorCode::kIo, fmt::format("cannot write '{}': {}", Shown(path), SystemText(error)))
      .Hint("name a place that this user can write to");
}

void WriteAll(int fd, std::string_view contents, const std::filesystem::path& path) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw WriteError(path, errno);
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
}

// A name for what this process has open already, such as /dev/stdout: a redirection to a file means that very file.
bool NamesDescriptor(const std::filesystem::path& path) {
  const std::string name = path.lexically_normal().string();
  return name == "/dev/stdout" || name == "/dev/stderr" || name.starts_with("/dev/fd/") ||
         name.starts_with("/proc/self/fd/");
}

void WriteInPlace(const std::filesystem::path& path, std::string_view contents) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0) throw WriteError(path, errno);
  WriteAll(file.get(), contents, path);
}

}  // namespace

FileRoot::FileRoot(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (folder_.empty()) folder_ = ".";
  folder_fd_ = open(folder_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd_ < 0) throw ReadError(ErrorCode::kIo, folder_, errno);
}

FileRoot::~FileRoot() {
  if (folder_fd_ >= 0) close(folder_fd_);
}

FileRoot::FileRoot(FileRoot&& other) noexcept
    : folder_(std::move(other.folder_)), folder_fd_(std::exchange(other.folder_fd_, -1)) {}

int FileRoot::Open(const std::filesystem::path& relative) const {
  if (relative.is_absolute() || relative.empty()) {
    errno = relative.empty() ? ENOENT : EXDEV;
    return -1;
  }
  bool supported = false;
  const int fd = OpenBeneath(folder_fd_, relative, &supported);
  return supported ? fd : OpenPartByPart(folder_fd_, relative.lexically_normal());
}

std::string FileRoot::Read(const std::filesystem::path& relative, std::size_t limit) const {
  const Descriptor file(Open(relative));
  if (file.get() < 0) throw ReadError(ErrorCode::kScript, relative, errno);
  return ReadAll(file.get(), relative, limit, ErrorCode::kScript);
}

bool FileRoot::IsFile(const std::filesystem::path& relative) const noexcept {
  const Descriptor file(Open(relative));
  struct stat info {};
  return file.get() >= 0 && fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode);
}

std::string ReadFile(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) throw ReadError(ErrorCode::kIo, path, errno);
  return ReadAll(file.get(), path, limit, ErrorCode::kIo);
}

std::string ReadStream(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0) throw ReadError(ErrorCode::kIo, path, errno);
  return ReadAll(file.get(), path, limit, ErrorCode::kIo, Accepts::kAnything);
}

void WriteOutput(const std::filesystem::path& path, std::string_view contents) {
  struct stat info {};
  const bool exists = stat(path.c_str(), &info) == 0;
  if (NamesDescriptor(path) || (exists && !S_ISREG(info.st_mode))) {
    WriteInPlace(path, contents);
  } else {
    ReplaceFile(path, contents);
  }
}

void ReplaceFile(const std::filesystem::path& path, std::string_view contents) {
  // A link keeps pointing to the file that it points to.
  std::error_code failed;
  std::filesystem::path real = std::filesystem::canonical(path, failed);
  if (failed) real = path;
  std::string temporary = real.string() + ".XXXXXX";
  Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) throw WriteError(path, errno);
  try {
    struct stat info {};
    const mode_t mode = stat(real.c_str(), &info) == 0 ? info.st_mode & 07777U : 0644U;
    fchmod(file.get(), mode);
    WriteAll(file.get(), contents, path);
    if (fsync(file.get()) != 0 || rename(temporary.c_str(), real.c_str()) != 0) throw WriteError(path, errno);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
}

void CreateFile(const std::filesystem::path& path, std::string_view contents) {
  std::error_code failed;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), failed);
  if (failed)
    throw Error(ErrorCode::kIo, fmt::format("cannot make the folder of '{}': {}", Shown(path), failed.message()));
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.get() < 0) {
    throw Error(ErrorCode::kIo, fmt::format("cannot create '{}': {}", Shown(path), SystemText(errno)));
  }
  WriteAll(file.get(), contents, path);
}

}  // namespace sqlmig
