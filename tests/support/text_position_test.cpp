#include "support/text_position.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

TEST(PositionOfByteTest, CountsLinesAndCodePointsFromOne) {
  const std::string text = "ab\ncd\n";
  EXPECT_EQ(PositionOfByte(text, 0), (TextPosition{1, 1}));
  EXPECT_EQ(PositionOfByte(text, 1), (TextPosition{1, 2}));
  EXPECT_EQ(PositionOfByte(text, 2), (TextPosition{1, 3}));  // the newline itself
  EXPECT_EQ(PositionOfByte(text, 3), (TextPosition{2, 1}));
  EXPECT_EQ(PositionOfByte(text, 6), (TextPosition{3, 1}));
  EXPECT_EQ(PositionOfByte(text, 600), (TextPosition{3, 1}));
  EXPECT_EQ(PositionOfByte("", 0), (TextPosition{1, 1}));
}

TEST(PositionOfByteTest, AMultiByteCharacterIsOneColumn) {
  const std::string text = "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x98x";  // e acute, euro, elephant, x
  EXPECT_EQ(PositionOfByte(text, 2), (TextPosition{1, 2}));
  EXPECT_EQ(PositionOfByte(text, 5), (TextPosition{1, 3}));
  EXPECT_EQ(PositionOfByte(text, 9), (TextPosition{1, 4}));
}

TEST(PositionOfByteTest, CarriageReturnsAndTabsAreColumns) {
  EXPECT_EQ(PositionOfByte("a\r\nb", 3), (TextPosition{2, 1}));
  EXPECT_EQ(PositionOfByte("a\r\nb", 2), (TextPosition{1, 3}));
  EXPECT_EQ(PositionOfByte("\t\tx", 2), (TextPosition{1, 3}));
}

TEST(PositionOfByteTest, BytesThatAreNotUtf8CountOneEach) {
  EXPECT_EQ(PositionOfByte("\x80\xFFx", 2), (TextPosition{1, 3}));
  EXPECT_EQ(PositionOfByte("\xC3x", 1), (TextPosition{1, 2}));
}

TEST(ByteOfCharacterTest, FindsTheByte) {
  const std::string text = "a\xC3\xA9\xE2\x82\xACz";
  EXPECT_EQ(ByteOfCharacter(text, 0), 0U);
  EXPECT_EQ(ByteOfCharacter(text, 1), 1U);
  EXPECT_EQ(ByteOfCharacter(text, 2), 3U);
  EXPECT_EQ(ByteOfCharacter(text, 3), 6U);
  EXPECT_EQ(ByteOfCharacter(text, 4), 7U);
  EXPECT_EQ(ByteOfCharacter(text, 400), 7U);
  EXPECT_EQ(ByteOfCharacter("", 0), 0U);
  EXPECT_EQ(ByteOfCharacter("\x80\x80x", 2), 2U);
}

TEST(CountCharactersTest, CountsCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0U);
  EXPECT_EQ(CountCharacters("abc"), 3U);
  EXPECT_EQ(CountCharacters("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x90\x98"), 3U);
  EXPECT_EQ(CountCharacters("\x80\xFF\xC3"), 3U);
}

// Any byte of any text: forth and back again.
TEST(PositionOfByteTest, AgreesWithCountingOnEveryPrefix) {
  const std::string text = "x\xC3\xA9\n\xF0\x9F\x90\x98y\r\n\tz\xE2\x82\xAC";
  for (std::size_t characters = 0; characters <= CountCharacters(text); ++characters) {
    const std::size_t offset = ByteOfCharacter(text, characters);
    EXPECT_EQ(CountCharacters(std::string_view(text).substr(0, offset)), characters);
  }
}

TEST(ExcerptTest, PointsBelowTheColumn) {
  EXPECT_EQ(ExcerptAt("CREATE TABLE t (\n  name citexxt\n);\n", {2, 8}), "  2 |   name citexxt\n    |        ^\n");
  EXPECT_EQ(ExcerptAt("a", {1, 1}), "  1 | a\n    | ^\n");
}

TEST(ExcerptTest, AlignsUnderWideLineNumbers) {
  std::string text(99, '\n');
  text += "xyz";
  EXPECT_EQ(ExcerptAt(text, {100, 3}), "  100 | xyz\n      |   ^\n");
}

TEST(ExcerptTest, TabsAndControlCharactersTakeOneColumn) {
  EXPECT_EQ(ExcerptAt("\ta\x1b[31mb\r\n", {1, 8}), "  1 |  a?[31mb\n    |        ^\n");
  EXPECT_EQ(ExcerptAt("\xFF\xC3\xA9x", {1, 3}), "  1 | ?\xC3\xA9x\n    |   ^\n");
}

TEST(ExcerptTest, PastTheLineTheCaretStandsBehindIt) {
  EXPECT_EQ(ExcerptAt("ab\ncd", {1, 99}), "  1 | ab\n    |   ^\n");
  EXPECT_EQ(ExcerptAt("ab\n", {2, 1}), "  2 | \n    | ^\n");
  EXPECT_EQ(ExcerptAt("", {1, 1}), "  1 | \n    | ^\n");
  EXPECT_EQ(ExcerptAt("ab", {1, 0}), "  1 | ab\n    | ^\n");
}

TEST(ExcerptTest, NothingForALineThatIsNotThere) {
  EXPECT_EQ(ExcerptAt("ab", {2, 1}), "");
  EXPECT_EQ(ExcerptAt("ab", {0, 1}), "");
  EXPECT_EQ(ExcerptAt("ab", {-3, 1}), "");
}

// The caret's line below the text's, up to and without the caret; and what stands above the caret.
struct Cut {
  std::string shown;
  std::string at_caret;
};

Cut CutAt(const std::string& text, int column) {
  const std::string excerpt = ExcerptAt(text, {1, column});
  const std::size_t end = excerpt.find('\n');
  const std::string shown = excerpt.substr(6, end - 6);
  const std::size_t caret = excerpt.find('^') - end - 1 - 6;
  return {shown, shown.substr(ByteOfCharacter(shown, caret), 3)};
}

TEST(ExcerptTest, LongLinesAreCutAroundTheColumn) {
  std::string text(5000, 'a');
  text.replace(3000, 3, "xyz");
  const Cut middle = CutAt(text, 3001);
  EXPECT_EQ(middle.at_caret, "xyz");
  EXPECT_EQ(middle.shown.size(), 106U);
  EXPECT_TRUE(middle.shown.starts_with("...") && middle.shown.ends_with("..."));

  text.replace(0, 3, "xyz");
  EXPECT_EQ(CutAt(text, 1).at_caret, "xyz");
  EXPECT_FALSE(CutAt(text, 1).shown.starts_with("..."));
  text.replace(4997, 3, "xyz");
  EXPECT_EQ(CutAt(text, 4998).at_caret, "xyz");
  EXPECT_FALSE(CutAt(text, 4998).shown.ends_with("..."));
  EXPECT_EQ(CutAt(text, 1'000'000).shown, "..." + text.substr(5000 - 66));
}

TEST(ExcerptTest, LongLinesAreCutBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "\xE2\x82\xAC";
  const Cut cut = CutAt(text, 300);
  EXPECT_EQ(cut.at_caret, "\xE2\x82\xAC");
  EXPECT_EQ(FindInvalidUtf8(cut.shown), std::string::npos);
}

TEST(Utf8Test, KnowsWhatIsValid) {
  const std::vector<std::string> valid = {"",
                                          "ascii\n\t",
                                          std::string("\0", 1),
                                          "\x7F",
                                          "\xC2\x80",
                                          "\xDF\xBF",
                                          "\xE0\xA0\x80",
                                          "\xED\x9F\xBF",
                                          "\xEE\x80\x80",
                                          "\xEF\xBF\xBF",
                                          "\xEF\xBB\xBF",
                                          "\xF0\x90\x80\x80",
                                          "\xF4\x8F\xBF\xBF"};
  for (const std::string& text : valid) EXPECT_EQ(FindInvalidUtf8(text), std::string::npos) << text;
}

TEST(Utf8Test, FindsTheFirstWrongByte) {
  const std::vector<std::string> invalid = {
      "\x80",  // continuation alone
      "\xBF",
      "\xC0\x80",  // overlong NUL
      "\xC1\xBF",  // overlong
      "\xC2",      // cut off
      "\xC2\x41",
      "\xE0\x80\x80",  // overlong
      "\xE0\x9F\xBF",
      "\xE2\x82",      // cut off
      "\xED\xA0\x80",  // surrogate
      "\xED\xBF\xBF",
      "\xF0\x80\x80\x80",  // overlong
      "\xF0\x8F\xBF\xBF",
      "\xF0\x9F\x90",      // cut off
      "\xF4\x90\x80\x80",  // above U+10FFFF
      "\xF5\x80\x80\x80",
      "\xF8\x88\x80\x80\x80",
      "\xFE",
      "\xFF",
  };
  for (const std::string& text : invalid) {
    EXPECT_EQ(FindInvalidUtf8(text), 0U) << ::testing::PrintToString(text);
    EXPECT_EQ(FindInvalidUtf8("ok\xC3\xA9" + text + "more"), 4U) << ::testing::PrintToString(text);
  }
}

TEST(PrintableTest, KeepsTextAndReplacesControl) {
  EXPECT_EQ(Printable("a\tb\nc \xC3\xA9"), "a\tb\nc \xC3\xA9");
  EXPECT_EQ(Printable("\x1b[0m"), "?[0m");
  EXPECT_EQ(Printable("a\rb"), "a?b");
  EXPECT_EQ(Printable(std::string("a\0b", 3)), "a?b");
  EXPECT_EQ(Printable("\x7F"), "?");
  EXPECT_EQ(Printable("\xC2\x9B"), "?");  // a one-character CSI
  EXPECT_EQ(Printable("\xC2\xA0"), "\xC2\xA0");
  EXPECT_EQ(Printable("\xFF\xC3"), "?\?");
  EXPECT_EQ(Printable(""), "");
}

}  // namespace
}  // namespace sqlmig
