// Containers with an older seccomp profile have no openat2: the path is then walked part by part, and nothing that the
// kernel would have refused may pass.

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/error.h"
#include "support/file.h"
#include "testing/temp_dir.h"

namespace sqlmig::testing {
namespace {

namespace fs = std::filesystem;

// From here on this process gets `error` for every openat2.
bool ForbidOpenat2(int error) {
  sock_filter filter[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_openat2},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program = {4, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// What the root reads, or its error; in a child, because the filter stays.
std::string ReadWithout(int error, const fs::path& folder, const std::string& path) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    std::string answer = "no seccomp";
    if (ForbidOpenat2(error)) {
      try {
        answer = FileRoot(folder).Read(path, 1000);
      } catch (const Error& failure) {
        answer = "error: " + failure.message();
      }
    }
    const ssize_t written = write(pipe_ends[1], answer.data(), answer.size());
    _exit(written < 0 ? 1 : 0);
  }
  close(pipe_ends[1]);
  std::string answer(4096, '\0');
  const ssize_t got = read(pipe_ends[0], answer.data(), answer.size());
  answer.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  close(pipe_ends[0]);
  waitpid(child, nullptr, 0);
  return answer;
}

class FileWithoutOpenat2Test : public ::testing::TestWithParam<int> {};

TEST_P(FileWithoutOpenat2Test, ReadsInsideAndRefusesEveryWayOut) {
  const TempDir outside;
  const TempDir folder;
  std::ofstream(outside / "secret") << "secret";
  fs::create_directories(folder / "sub/deep");
  std::ofstream(folder / "sub/deep/a.sql") << "SELECT 1";
  fs::create_symlink(outside / "secret", folder / "link");
  fs::create_directory_symlink(outside.path(), folder / "folder");
  fs::create_symlink("sub/deep/a.sql", folder / "inside");
  const auto read = [&](const std::string& path) { return ReadWithout(GetParam(), folder.path(), path); };

  EXPECT_EQ(read("sub/deep/a.sql"), "SELECT 1");
  EXPECT_EQ(read("./sub/../sub/deep/a.sql"), "SELECT 1");
  EXPECT_EQ(read("sub"), "error: cannot read 'sub': it is not a regular file");
  EXPECT_EQ(read("sub/none"), "error: cannot read 'sub/none': No such file or directory");
  EXPECT_EQ(read("link"), "error: 'link' leads out of the manifest's folder");
  EXPECT_EQ(read("folder/secret").substr(0, 6), "error:");
  EXPECT_EQ(read("inside"), "error: 'inside' leads out of the manifest's folder");  // stricter than the kernel
  const std::string up = "../" + outside.path().filename().string() + "/secret";
  EXPECT_EQ(read(up), "error: '" + up + "' leads out of the manifest's folder");
  EXPECT_EQ(read("sub/../" + up), "error: 'sub/../" + up + "' leads out of the manifest's folder");
  EXPECT_EQ(read((outside / "secret").string()).substr(0, 6), "error:");
}

INSTANTIATE_TEST_SUITE_P(Errors, FileWithoutOpenat2Test, ::testing::Values(ENOSYS, EPERM));

}  // namespace
}  // namespace sqlmig::testing
