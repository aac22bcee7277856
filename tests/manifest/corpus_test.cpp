// Every file that the fuzzer starts from or has found: read without a crash, with problems in order, and editable or
// refused by name.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "manifest/dotenv.h"
#include "manifest/edit.h"
#include "manifest/loading.h"
#include "support/file.h"

namespace sqlmig {
namespace {

TEST(CorpusTest, EveryFileIsReadWithoutACrash) {
  const std::filesystem::path folder = std::filesystem::path(SQLMIG_SOURCE_DIR) / "tests/fuzz/corpus/manifest";
  std::size_t files = 0;
  for (const auto& item : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(item.path().string());
    ++files;
    const std::string text = ReadFile(item.path(), kMaxManifestBytes);
    const LoadedManifest loaded = testing::Load(text, {{"X", "y"}});
    const auto place = [](const Error& error) {
      return std::pair(error.location().at.line, error.location().at.column);
    };
    EXPECT_TRUE(std::is_sorted(loaded.problems.begin(), loaded.problems.end(),
                               [&](const Error& a, const Error& b) { return place(a) < place(b); }));
    for (const Error& problem : loaded.problems) {
      EXPECT_FALSE(problem.message().empty());
      EXPECT_FALSE(problem.hint().empty()) << problem.message();
    }
    try {
      ParseDotenv(text, ".env");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kManifest);
    }
    if (!loaded.problems.empty()) continue;
    for (const DatabaseEntry& database : loaded.manifest.databases) {
      try {
        WithMigration(loaded.manifest, database.name, {MigrationId::Parse("fuzz_new"), {}, "x", false});
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kManifest) << error.message();
      }
    }
  }
  EXPECT_GE(files, 20U);
}

}  // namespace
}  // namespace sqlmig
