#include "catalog/line_diff.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LineDiffTest, ShowsWhatChangedWithALittleAround) {
  EXPECT_THAT(LineDiff("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nD\ne\nf\n", 1),
              ElementsAre("  ...", "  c", "- d", "+ D", "  e", "  ..."));
  EXPECT_THAT(LineDiff("'new'\n'paid'", "'new'\n'open'\n'paid'", 3), ElementsAre("  'new'", "+ 'open'", "  'paid'"));
  EXPECT_THAT(LineDiff("", "a\nb", 3), ElementsAre("+ a", "+ b"));
  EXPECT_THAT(LineDiff("a", "", 3), ElementsAre("- a"));
  EXPECT_THAT(LineDiff("a\na", "a\na\na", 0), ElementsAre("  ...", "+ a"));
  EXPECT_THAT(LineDiff("", "", 3), IsEmpty());
}

std::string Joined(const std::vector<std::string>& lines, char without) {
  std::string text;
  for (const std::string& line : lines) {
    if (line[0] != without) text += line.substr(2) + "\n";
  }
  return text;
}

TEST(LineDiffTest, BothTextsCanBeHadBack) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    const auto text = [&] {
      std::string lines;
      for (auto left = random() % 12; left > 0; --left)
        lines += std::string(1, static_cast<char>('a' + random() % 4)) + "\n";
      return lines;
    };
    const std::string before = text();
    const std::string after = text();
    auto lines = LineDiff(before, after, 100);
    if (before == after) continue;
    EXPECT_EQ(Joined(lines, '+'), before);
    EXPECT_EQ(Joined(lines, '-'), after);
  }
}

TEST(LineDiffTest, HugeTextsAreReplacedAltogether) {
  std::string before;
  std::string after;
  for (int i = 0; i < 5000; ++i) {
    before += std::to_string(i) + "\n";
    after += std::to_string(i + 1) + "\n";
  }
  EXPECT_EQ(LineDiff(before, after, 0).size(), 10000U);
}

}  // namespace
}  // namespace sqlmig
