#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace sqlmig::testing {

// A new folder with all that is put in it, removed in the end. Other users may pass through: a server that root starts
// runs as one of them.
class TempDir {
 public:
  TempDir() {
    std::string name = "/tmp/sqlmig-test-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
    chmod(name.c_str(), 0755);
    path_ = name;
  }
  ~TempDir() {
    if (getpid() != owner_) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
  pid_t owner_ = getpid();  // a forked process takes nothing away
};

}  // namespace sqlmig::testing
