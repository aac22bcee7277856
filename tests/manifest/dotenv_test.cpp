#include "manifest/dotenv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/loading.h"

namespace sqlmig {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string WhatIsWrong(std::string_view text) {
  try {
    ParseDotenv(text, ".env");
  } catch (const Error& error) {
    std::vector<Error> all = {error};
    all.insert(all.end(), error.also().begin(), error.also().end());
    EXPECT_EQ(error.location().file, ".env");
    return testing::Explain(all);
  }
  return "";
}

TEST(DotenvTest, ReadsWhatApplicationsWrite) {
  const EnvironmentMap values = ParseDotenv(
      "# the application's\n"
      "\n"
      "PLAIN=postgresql://u:p#w$x@h/db   # a comment\n"
      "export EXPORTED = spaced out \n"
      "EMPTY=\n"
      "COMMENT= # nothing\n"
      "SINGLE='a # \\n \"b\" $c'\n"
      "DOUBLE=\"a # \\n\\t\\\"b\\\" \\$c \\d \\\\\"  # comment\r\n"
      "TWO=\"first\nsecond\"\n"
      "exported=1\n"
      "AGAIN=1\nAGAIN=2\n"
      "my.key-1=x\n"
      "LAST=no newline",
      ".env");
  EXPECT_THAT(values, ElementsAre(Pair("AGAIN", "2"), Pair("COMMENT", ""), Pair("DOUBLE", "a # \n\t\"b\" $c \\d \\"),
                                  Pair("EMPTY", ""), Pair("EXPORTED", "spaced out"), Pair("LAST", "no newline"),
                                  Pair("PLAIN", "postgresql://u:p#w$x@h/db"), Pair("SINGLE", "a # \\n \"b\" $c"),
                                  Pair("TWO", "first\nsecond"), Pair("exported", "1"), Pair("my.key-1", "x")));
}

TEST(DotenvTest, ByteOrderMarkAndNothing) {
  EXPECT_THAT(ParseDotenv("", ".env"), IsEmpty());
  EXPECT_THAT(ParseDotenv("\xEF\xBB\xBF"
                          "A=1\n",
                          ".env"),
              ElementsAre(Pair("A", "1")));
}

TEST(DotenvTest, SaysAllThatIsWrongWithoutTheValues) {
  EXPECT_EQ(WhatIsWrong("A=1\n  =secret\nNO VALUE\n1A=secret\nB='secret' secret\nexport\nC=\"secret\nD=2\n"),
            "2:3: expected the name of a variable | write KEY=VALUE, or start a comment with '#'\n"
            "3:4: 'NO' is not followed by '=' | write KEY=VALUE, the name made of letters, digits and '_'\n"
            "4:1: expected the name of a variable | write KEY=VALUE, or start a comment with '#'\n"
            "5:12: text after the quoted value of 'B' | quote the whole value, and put ' #' before a comment\n"
            "6:7: 'export' is not followed by '=' | write KEY=VALUE, the name made of letters, digits and '_'\n"
            "7:3: the value of 'C' has no closing \" | end the value with \"\n");
  EXPECT_EQ(WhatIsWrong("A=1\nB=\xFFx"), "2:3: not UTF-8 text | save the file as UTF-8 text\n");
  EXPECT_EQ(WhatIsWrong(std::string_view("A=\0", 3)), "1:3: NUL byte | save the file as UTF-8 text\n");
}

}  // namespace
}  // namespace sqlmig
