#include "support/file.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/error.h"
#include "testing/temp_dir.h"

namespace sqlmig::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 1U << 20U;

void Put(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string Failure(const std::function<void()>& action) {
  try {
    action();
    return "no error";
  } catch (const Error& error) {
    return std::string(ErrorCodeName(error.code())) + ": " + error.message();
  }
}

class FileTest : public ::testing::Test {
 protected:
  FileTest() : outside_(), folder_(), root_(folder_.path()) {}

  std::string ReadFailure(const std::string& path, std::size_t limit = kLimit) const {
    return Failure([&] { root_.Read(path, limit); });
  }

  TempDir outside_;
  TempDir folder_;
  FileRoot root_;
};

TEST_F(FileTest, ReadsWhatIsThere) {
  const std::string bytes = std::string("a\0b\r\n\xFF", 6);
  Put(folder_ / "a", bytes);
  fs::create_directory(folder_ / "sub");
  Put(folder_ / "sub/b", "");
  EXPECT_EQ(root_.Read("a", kLimit), bytes);
  EXPECT_EQ(root_.Read("sub/b", kLimit), "");
  EXPECT_EQ(root_.Read("./sub/../a", kLimit), bytes);
  EXPECT_TRUE(root_.IsFile("a"));
  EXPECT_EQ(ReadFile(folder_ / "a", kLimit), bytes);
  EXPECT_EQ(root_.folder(), folder_.path());
}

TEST_F(FileTest, ReadsLargeFilesWhole) {
  std::string text(3'000'000, 'x');
  text += "end";
  Put(folder_ / "large", text);
  EXPECT_EQ(root_.Read("large", kMaxScriptBytes), text);
  EXPECT_EQ(root_.Read("large", text.size()), text);
}

TEST_F(FileTest, SaysWhatIsMissing) {
  EXPECT_EQ(ReadFailure("no/such.sql"), "script: cannot read 'no/such.sql': No such file or directory");
  EXPECT_EQ(ReadFailure(""), "script: cannot read '': No such file or directory");
  EXPECT_FALSE(root_.IsFile("no/such.sql"));
  EXPECT_EQ(Failure([&] { ReadFile("/no/such", kLimit); }), "io: cannot read '/no/such': No such file or directory");
  EXPECT_EQ(Failure([&] { FileRoot("/no/such"); }), "io: cannot read '/no/such': No such file or directory");
}

TEST_F(FileTest, ReadsRegularFilesOnly) {
  fs::create_directory(folder_ / "sub");
  EXPECT_EQ(ReadFailure("sub"), "script: cannot read 'sub': it is not a regular file");
  EXPECT_EQ(ReadFailure("."), "script: cannot read '.': it is not a regular file");
  EXPECT_FALSE(root_.IsFile("sub"));
  EXPECT_EQ(Failure([&] { ReadFile("/dev/null", kLimit); }), "io: cannot read '/dev/null': it is not a regular file");
}

TEST_F(FileTest, AFifoDoesNotHang) {
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0644), 0);
  EXPECT_EQ(ReadFailure("fifo"), "script: cannot read 'fifo': it is not a regular file");
  EXPECT_FALSE(root_.IsFile("fifo"));
  EXPECT_EQ(Failure([&] { ReadFile(folder_ / "fifo", kLimit); }),
            "io: cannot read '" + (folder_ / "fifo").string() + "': it is not a regular file");
}

TEST_F(FileTest, ASocketIsRefused) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_GE(fd, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (folder_ / "socket").c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_NE(ReadFailure("socket"), "no error");
  EXPECT_FALSE(root_.IsFile("socket"));
  close(fd);
}

TEST_F(FileTest, FollowsLinksThatStayInside) {
  Put(folder_ / "real.sql", "SELECT 1");
  fs::create_directory(folder_ / "sub");
  fs::create_symlink("../real.sql", folder_ / "sub/link.sql");
  fs::create_directory_symlink("sub", folder_ / "other");
  EXPECT_EQ(root_.Read("sub/link.sql", kLimit), "SELECT 1");
  EXPECT_EQ(root_.Read("other/link.sql", kLimit), "SELECT 1");
  EXPECT_TRUE(root_.IsFile("sub/link.sql"));
}

TEST_F(FileTest, RefusesEveryWayOut) {
  Put(outside_ / "secret", "do not show");
  fs::create_symlink(outside_ / "secret", folder_ / "absolute");
  fs::create_symlink("../" + outside_.path().filename().string() + "/secret", folder_ / "relative");
  fs::create_directory_symlink(outside_.path(), folder_ / "folder");
  fs::create_symlink("absolute", folder_ / "twice");
  const std::string up = "../" + outside_.path().filename().string() + "/secret";
  for (const std::string& path : {std::string("absolute"), std::string("relative"), std::string("folder/secret"),
                                  std::string("twice"), up, "./" + up, (outside_ / "secret").string()}) {
    EXPECT_EQ(ReadFailure(path), "script: '" + path + "' leads out of the manifest's folder");
    EXPECT_FALSE(root_.IsFile(path));
  }
}

TEST_F(FileTest, ALoopOfLinksEnds) {
  fs::create_symlink("b", folder_ / "a");
  fs::create_symlink("a", folder_ / "b");
  EXPECT_NE(ReadFailure("a"), "no error");
  EXPECT_EQ(Failure([&] { ReadFile(folder_ / "a", kLimit); }),
            "io: cannot read '" + (folder_ / "a").string() + "': Too many levels of symbolic links");
}

TEST_F(FileTest, RefusesMoreThanTheLimit) {
  Put(folder_ / "big", std::string(kLimit + 1, 'x'));
  EXPECT_EQ(ReadFailure("big"), "script: 'big' is larger than 1 MiB");
  EXPECT_EQ(root_.Read("big", kLimit + 1).size(), kLimit + 1);
}

TEST_F(FileTest, BelievesNoSizeThatAFileClaims) {
  Put(folder_ / "sparse", "");
  fs::resize_file(folder_ / "sparse", std::uintmax_t{1} << 42U);
  EXPECT_EQ(ReadFailure("sparse"), "script: 'sparse' is larger than 1 MiB");
}

TEST_F(FileTest, ReadsWhatHasNoSizeAtAll) {
  EXPECT_TRUE(ReadFile("/proc/self/status", kLimit).starts_with("Name:"));
}

TEST_F(FileTest, NamesAreShownWithoutControlCharacters) {
  EXPECT_EQ(ReadFailure("a\x1b[31m"), "script: cannot read 'a?[31m': No such file or directory");
}

TEST_F(FileTest, SaysWhoMayNotRead) {
  Put(folder_ / "mine", "x");
  ASSERT_EQ(chmod((folder_ / "mine").c_str(), 0), 0);
  const uid_t user = geteuid();  // root may read everything, so it becomes nobody for a moment
  ASSERT_EQ(seteuid(user == 0 ? 65534 : user), 0);
  const std::string failure = ReadFailure("mine");
  ASSERT_EQ(seteuid(user), 0);
  EXPECT_EQ(failure, "script: cannot read 'mine': Permission denied");
}

TEST_F(FileTest, MovedRootsStillRead) {
  Put(folder_ / "a", "x");
  FileRoot first(folder_.path());
  const FileRoot second = std::move(first);
  EXPECT_EQ(second.Read("a", kLimit), "x");
}

mode_t ModeOf(const fs::path& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

std::vector<std::string> EntriesOf(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

TEST_F(FileTest, ReplaceKeepsTheModeAndLeavesNothingBehind) {
  Put(folder_ / "f", "old and longer");
  ASSERT_EQ(chmod((folder_ / "f").c_str(), 0640), 0);
  ReplaceFile(folder_ / "f", "new");
  EXPECT_EQ(ReadFile(folder_ / "f", kLimit), "new");
  EXPECT_EQ(ModeOf(folder_ / "f"), 0640U);
  EXPECT_EQ(EntriesOf(folder_.path()), std::vector<std::string>{"f"});
}

TEST_F(FileTest, ReplaceMakesAFileThatWasNotThere) {
  ReplaceFile(folder_ / "f", "new");
  EXPECT_EQ(ReadFile(folder_ / "f", kLimit), "new");
  EXPECT_EQ(ModeOf(folder_ / "f"), 0644U);
}

TEST_F(FileTest, ReplaceWritesThroughALink) {
  Put(outside_ / "real", "old");
  fs::create_symlink(outside_ / "real", folder_ / "link");
  ReplaceFile(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(ReadFile(outside_ / "real", kLimit), "new");
}

// Whoever has the old file open keeps reading the old text, whole: it is replaced, not rewritten.
TEST_F(FileTest, ReplaceDoesNotTouchTheOldFile) {
  Put(folder_ / "f", "old");
  std::ifstream reader(folder_ / "f");
  ReplaceFile(folder_ / "f", "new text");
  std::string seen;
  std::getline(reader, seen);
  EXPECT_EQ(seen, "old");
}

TEST_F(FileTest, ReplaceThatFailsLeavesEverything) {
  fs::create_directory(folder_ / "sub");
  EXPECT_EQ(Failure([&] { ReplaceFile(folder_ / "sub", "x"); }),
            "io: cannot write '" + (folder_ / "sub").string() + "': Is a directory");
  EXPECT_EQ(EntriesOf(folder_.path()), std::vector<std::string>{"sub"});
  EXPECT_EQ(Failure([&] { ReplaceFile(folder_ / "no/f", "x"); }),
            "io: cannot write '" + (folder_ / "no/f").string() + "': No such file or directory");
}

// Root could replace /dev/null that way.
TEST_F(FileTest, OutputToAPipeIsWrittenIntoIt) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  WriteOutput(pipe, "text");
  char read_back[8] = {};
  EXPECT_EQ(read(reader, read_back, sizeof(read_back)), 4);
  close(reader);
  EXPECT_STREQ(read_back, "text");
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_EQ(EntriesOf(folder_.path()), std::vector<std::string>{"pipe"});
}

TEST_F(FileTest, OutputToAnOpenDescriptorIsWrittenBehindWhatIsThere) {
  Put(folder_ / "f", "old ");
  const int file = open((folder_ / "f").c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  WriteOutput("/dev/fd/" + std::to_string(file), "new");
  close(file);
  EXPECT_EQ(ReadFile(folder_ / "f", kLimit), "old new");
}

TEST_F(FileTest, OutputReplacesARegularFileAndMakesANewOne) {
  Put(folder_ / "f", "old text");
  WriteOutput(folder_ / "f", "new");
  WriteOutput(folder_ / "g", "new");
  EXPECT_EQ(ReadFile(folder_ / "f", kLimit) + ReadFile(folder_ / "g", kLimit), "newnew");
  EXPECT_EQ(Failure([&] { WriteOutput(folder_.path(), "x"); }),
            "io: cannot write '" + folder_.path().string() + "': Is a directory");
}

TEST_F(FileTest, AStreamMayBeAPipe) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << "A=1"; });
  EXPECT_EQ(ReadStream(pipe, kLimit), "A=1");
  writer.join();
}

TEST_F(FileTest, CreateMakesFoldersAndNeverOverwrites) {
  CreateFile(folder_ / "a/b/c.sql", "SELECT 1");
  EXPECT_EQ(ReadFile(folder_ / "a/b/c.sql", kLimit), "SELECT 1");
  EXPECT_EQ(Failure([&] { CreateFile(folder_ / "a/b/c.sql", "other"); }),
            "io: cannot create '" + (folder_ / "a/b/c.sql").string() + "': File exists");
  EXPECT_EQ(ReadFile(folder_ / "a/b/c.sql", kLimit), "SELECT 1");
  EXPECT_EQ(Failure([&] { CreateFile(folder_ / "a/b/c.sql/d", "x"); }),
            "io: cannot make the folder of '" + (folder_ / "a/b/c.sql/d").string() + "': Not a directory");
}

}  // namespace
}  // namespace sqlmig::testing
