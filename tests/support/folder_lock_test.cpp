#include "support/folder_lock.h"

#include <gtest/gtest.h>

#include "support/error.h"
#include "testing/temp_dir.h"

namespace sqlmig::testing {
namespace {

TEST(FolderLockTest, OneHasItAtATime) {
  const TempDir folder;
  {
    const auto first = FolderLock::TryTake(folder.path());
    ASSERT_TRUE(first);
    EXPECT_FALSE(FolderLock::TryTake(folder.path()));
  }
  EXPECT_TRUE(FolderLock::TryTake(folder.path()));
}

TEST(FolderLockTest, LeavesNothingInTheFolder) {
  const TempDir folder;
  const auto lock = FolderLock::TryTake(folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(FolderLockTest, AMissingFolderIsSaid) {
  EXPECT_THROW(FolderLock::TryTake("/nowhere/at all"), Error);
}

}  // namespace
}  // namespace sqlmig::testing
