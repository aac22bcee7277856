#include "sqltext/lexer.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string_view KindName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kEnd:
      return "end";
    case TokenKind::kWord:
      return "word";
    case TokenKind::kQuotedWord:
      return "quoted";
    case TokenKind::kString:
      return "string";
    case TokenKind::kStringContinued:
      return "continued";
    case TokenKind::kDollarString:
      return "dollar";
    case TokenKind::kParameter:
      return "parameter";
    case TokenKind::kNumber:
      return "number";
    case TokenKind::kOperator:
      return "operator";
    case TokenKind::kSymbol:
      return "symbol";
    case TokenKind::kBackslash:
      return "backslash";
    case TokenKind::kUnterminated:
      return "unterminated";
    case TokenKind::kCopyData:
      return "data";
    case TokenKind::kAfterCopy:
      return "after copy";
  }
  return "?";
}

std::vector<std::string> Tokens(std::string_view text) {
  std::vector<std::string> tokens;
  Lexer lexer(text);
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) {
    tokens.push_back(std::string(KindName(token.kind)) + " " + std::string(token.In(text)));
  }
  return tokens;
}

// Without the kinds.
std::vector<std::string> Texts(std::string_view text) {
  std::vector<std::string> tokens;
  Lexer lexer(text);
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) {
    tokens.emplace_back(token.In(text));
  }
  return tokens;
}

TEST(LexerTest, SkipsBlanksAndComments) {
  EXPECT_THAT(Tokens(""), IsEmpty());
  EXPECT_THAT(Tokens(" \t\r\n\f\v"), IsEmpty());
  EXPECT_THAT(Tokens("-- a"), IsEmpty());
  EXPECT_THAT(Tokens("a--b\nc"), ElementsAre("word a", "word c"));
  EXPECT_THAT(Tokens("a/*b*/c"), ElementsAre("word a", "word c"));
  EXPECT_THAT(Tokens("/* a /* b */ c */ d"), ElementsAre("word d"));
  EXPECT_THAT(Tokens("/*/ a */ d /**/ e"), ElementsAre("word d", "word e"));
  EXPECT_THAT(Tokens("/* -- */ a"), ElementsAre("word a"));
  EXPECT_THAT(Tokens("-- /*\na"), ElementsAre("word a"));
}

TEST(LexerTest, EndsALineCommentAtACarriageReturnAsTheServerDoes) {
  EXPECT_THAT(Tokens("-- a\rDROP"), ElementsAre("word DROP"));
}

TEST(LexerTest, ReadsStrings) {
  EXPECT_THAT(Tokens("'a''b;'"), ElementsAre("string 'a''b;'"));
  EXPECT_THAT(Tokens("'\\' x"), ElementsAre("string '\\'", "word x"));
  EXPECT_THAT(Tokens("E'\\'' x"), ElementsAre("string E'\\''", "word x"));
  EXPECT_THAT(Tokens("e'\\\\' x"), ElementsAre("string e'\\\\'", "word x"));
  EXPECT_THAT(Tokens("U&'\\' x"), ElementsAre("string U&'\\'", "word x"));
  EXPECT_THAT(Tokens("B'01' x'1F' N'n'"), ElementsAre("string B'01'", "string x'1F'", "string N'n'"));
  EXPECT_THAT(Tokens("B'0''1'"), ElementsAre("string B'0'", "string '1'"));
  EXPECT_THAT(Tokens("E 'a'"), ElementsAre("word E", "string 'a'"));
}

TEST(LexerTest, ContinuesAStringOnAnotherLineInTheSameWay) {
  EXPECT_THAT(Tokens("'a'\n'b'"), ElementsAre("string 'a'", "continued 'b'"));
  EXPECT_THAT(Tokens("'a' 'b'"), ElementsAre("string 'a'", "string 'b'"));
  EXPECT_THAT(Tokens("'a' /*\n*/\n 'b'"), ElementsAre("string 'a'", "string 'b'"));
  EXPECT_THAT(Tokens("E'a' -- c\n '\\'b' x"), ElementsAre("string E'a'", "continued '\\'b'", "word x"));
  EXPECT_THAT(Tokens("E'a' '\\' b"), ElementsAre("string E'a'", "string '\\'", "word b"));
  EXPECT_THAT(Tokens("E'a'\nE'\\'b'"), ElementsAre("string E'a'", "string E'\\'b'"));
}

TEST(LexerTest, ReadsDollarQuotes) {
  EXPECT_THAT(Tokens("$$a;'$$ b"), ElementsAre("dollar $$a;'$$", "word b"));
  EXPECT_THAT(Tokens("$x$ $$ $y$ $x$b"), ElementsAre("dollar $x$ $$ $y$ $x$", "word b"));
  EXPECT_THAT(Tokens("$x$$x$"), ElementsAre("dollar $x$$x$"));
  EXPECT_THAT(Tokens("a$x$ b"), ElementsAre("word a$x$", "word b"));
  EXPECT_THAT(Tokens("$\xC3\xA4$;$\xC3\xA4$"), ElementsAre("dollar $\xC3\xA4$;$\xC3\xA4$"));
  EXPECT_THAT(Tokens("$X$;$x$;$X$"), ElementsAre("dollar $X$;$x$;$X$"));
  EXPECT_THAT(Tokens("$1$2"), ElementsAre("parameter $1", "parameter $2"));
  EXPECT_THAT(Tokens("$a b"), ElementsAre("symbol $", "word a", "word b"));
}

TEST(LexerTest, ReadsIdentifiers) {
  EXPECT_THAT(Tokens("_a1$ \"b\"\";c\" U&\"d\" \xC3\xA9lan"),
              ElementsAre("word _a1$", "quoted \"b\"\";c\"", "quoted U&\"d\"", "word \xC3\xA9lan"));
  EXPECT_THAT(Tokens("u&a"), ElementsAre("word u", "operator &", "word a"));
}

TEST(LexerTest, ReadsNumbers) {
  EXPECT_THAT(Tokens("1 1.5 .5 1. 1e3 1.5E-3"),
              ElementsAre("number 1", "number 1.5", "number .5", "number 1.", "number 1e3", "number 1.5E-3"));
  EXPECT_THAT(Tokens("0x1F 1_000 0b1"), ElementsAre("number 0x1F", "number 1_000", "number 0b1"));
  EXPECT_THAT(Tokens("1..2"), ElementsAre("number 1", "symbol ..", "number 2"));
  EXPECT_THAT(Tokens("1a"), ElementsAre("number 1a"));
  EXPECT_THAT(Tokens("0x1E+5"), ElementsAre("number 0x1E", "operator +", "number 5"));
  EXPECT_THAT(Tokens("1E'\\''"), ElementsAre("number 1", "string E'\\''"));
}

TEST(LexerTest, ReadsOperators) {
  EXPECT_THAT(Texts("a=-1"), ElementsAre("a", "=", "-", "1"));
  EXPECT_THAT(Texts("a<+-+b"), ElementsAre("a", "<", "+", "-", "+", "b"));
  EXPECT_THAT(Texts("a@-b"), ElementsAre("a", "@-", "b"));
  EXPECT_THAT(Texts("a->>'b'"), ElementsAre("a", "->>", "'b'"));
  EXPECT_THAT(Texts("a+--b\nc"), ElementsAre("a", "+", "c"));
  EXPECT_THAT(Texts("a*/*b*/c"), ElementsAre("a", "*", "c"));
  EXPECT_THAT(Texts("a */ b"), ElementsAre("a", "*/", "b"));
  EXPECT_THAT(Texts("a::b f(c=>1,d:=2) e[1:2]"), ElementsAre("a", "::", "b", "f", "(", "c", "=>", "1", ",", "d",
                                                             ":=", "2", ")", "e", "[", "1", ":", "2", "]"));
}

TEST(LexerTest, SaysWhatTheEndOfTheTextCutsOff) {
  EXPECT_THAT(Tokens("a 'b"), ElementsAre("word a", "unterminated 'b"));
  EXPECT_THAT(Tokens("a 'b''"), ElementsAre("word a", "unterminated 'b''"));
  EXPECT_THAT(Tokens("E'b\\'"), ElementsAre("unterminated E'b\\'"));
  EXPECT_THAT(Tokens("E'\\"), ElementsAre("unterminated E'\\"));
  EXPECT_THAT(Tokens("\"b"), ElementsAre("unterminated \"b"));
  EXPECT_THAT(Tokens("$a$ $b$"), ElementsAre("unterminated $a$ $b$"));
  EXPECT_THAT(Tokens("a /* /* */"), ElementsAre("word a", "unterminated /* /* */"));
  EXPECT_THAT(Tokens("/*"), ElementsAre("unterminated /*"));
  EXPECT_THAT(Tokens("/*/"), ElementsAre("unterminated /*/"));
}

TEST(LexerTest, LeavesBackslashesToTheCaller) {
  EXPECT_THAT(Tokens("\\i a"), ElementsAre("backslash \\", "word i", "word a"));
}

TEST(LexerTest, CountsWhatTheServersScannerReadsAgain) {
  const auto rescanned = [](const std::string& text) {
    Lexer lexer(text);
    while (lexer.Next().kind != TokenKind::kEnd) {
    }
    return lexer.rescanned();
  };
  EXPECT_EQ(rescanned("SELECT a + b /* ==== */ - c"), 0U);
  EXPECT_EQ(rescanned("++++"), 3U + 2U + 1U);
  EXPECT_EQ(rescanned("/*/**/*/"), 6U);
  EXPECT_EQ(rescanned("/**//**/"), 4U);
  Lexer lexer("SELECT +++ 1 /*/**/*/ +-+");
  while (lexer.Next().kind != TokenKind::kEnd) {
  }
  EXPECT_EQ(lexer.rescanned_most_at(), 13U);
}

// Quadratic time would take minutes.
TEST(LexerTest, TakesLinearTimeForHostileText) {
  const auto repeated = [](std::string_view piece) {
    std::string text;
    while (text.size() < 4'000'000) text += piece;
    return text;
  };
  for (const std::string_view piece :
       {"/*", "/**/", "+",  "+-", "<+", "+/**/", "$a",  "$a$ $b", "'", "'a'\n", "\"", "e'\\", "$aaaaaaaaaaaaaaaa",
        "1.", "((",   "--", "-",  "a",  "\\",    "\xC3"}) {
    const std::string text = repeated(piece);
    Lexer lexer(text);
    std::size_t end = 0;
    for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) end = token.end;
    EXPECT_LE(end, text.size()) << piece;
  }
}

}  // namespace
}  // namespace sqlmig
