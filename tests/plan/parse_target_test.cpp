#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "plan/target.h"
#include "testing/world.h"

namespace sqlmig::testing {
namespace {

using Kind = TargetTerm::Kind;

struct ParseCase {
  std::string text;
  Kind kind;
  std::string name;
  std::int64_t offset = 0;
};

TEST(ParseTargetTest, TellsTheFormsApart) {
  const std::vector<ParseCase> cases = {
      {"head", Kind::kHead, ""},
      {"heads", Kind::kHeads, ""},
      {"base", Kind::kBase, ""},
      {"current", Kind::kCurrent, ""},
      {"head-1", Kind::kHead, "", -1},
      {"head+12", Kind::kHead, "", 12},
      {"base+2", Kind::kBase, "", 2},
      {"current-3", Kind::kCurrent, "", -3},
      {"heads-1", Kind::kHeads, "", -1},
      {"+1", Kind::kSteps, "", 1},
      {"-12", Kind::kSteps, "", -12},
      {"+999999999", Kind::kSteps, "", 999999999},
      {"@v1.4.0", Kind::kTag, "v1.4.0"},
      {"@release/2026-11+1", Kind::kTag, "release/2026-11+1"},
      {"a", Kind::kName, "a"},
      {"a+1", Kind::kName, "a+1"},
      {"a-1", Kind::kName, "a-1"},
      {"20261122101500_create_users", Kind::kName, "20261122101500_create_users"},
      {"0", Kind::kName, "0"},
      {"1-1", Kind::kName, "1-1"},
      {"HEAD", Kind::kName, "HEAD"},
      {"header", Kind::kName, "header"},
      {"head-", Kind::kName, "head-"},
      {"head-20261122101500", Kind::kName, "head-20261122101500"},
      {"a.b_c-D", Kind::kName, "a.b_c-D"},
  };
  for (const ParseCase& c : cases) {
    SCOPED_TRACE(c.text);
    const TargetTerm term = ParseTarget(c.text);
    EXPECT_EQ(term.kind, c.kind);
    EXPECT_EQ(term.name, c.name);
    EXPECT_EQ(term.offset, c.offset);
    EXPECT_EQ(term.text, c.text);
  }
}

std::string ParseFailure(const std::string& text) {
  try {
    ParseTarget(text);
    return "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTarget);
    EXPECT_FALSE(error.hint().empty()) << text;
    return error.message();
  }
}

TEST(ParseTargetTest, RefusesWhatIsNone) {
  EXPECT_EQ(ParseFailure(""), "'' is not a target: it is empty");
  EXPECT_EQ(ParseFailure("@"), "'@' is not a target: a tag's name follows '@'");
  EXPECT_EQ(ParseFailure("@a b"), "'@a b' is not a target: it has a character that no tag has");
  EXPECT_EQ(ParseFailure("a b"), "'a b' is not a target: it has a character that no id has");
  EXPECT_EQ(ParseFailure("a/b"), "'a/b' is not a target: it has a character that no id has");
  EXPECT_EQ(ParseFailure("a:b"), "'a:b' is not a target: it has a character that no id has");
  EXPECT_EQ(ParseFailure("+"), "'+' is not a target: no id begins so");
  EXPECT_EQ(ParseFailure("-"), "'-' is not a target: no id begins so");
  EXPECT_EQ(ParseFailure("--help"), "'--help' is not a target: no id begins so");
  EXPECT_EQ(ParseFailure(".hidden"), "'.hidden' is not a target: no id begins so");
  EXPECT_EQ(ParseFailure("+0"), "'+0' is not a target: 0 steps lead nowhere");
  EXPECT_EQ(ParseFailure("-0"), "'-0' is not a target: 0 steps lead nowhere");
  EXPECT_EQ(ParseFailure("+1a"), "'+1a' is not a target: no id begins so");
  EXPECT_EQ(ParseFailure("+9999999999"), "'+9999999999' is too large an offset");
  EXPECT_EQ(ParseFailure("-99999999999999999999999"), "'-99999999999999999999999' is too large an offset");
}

TEST(ParseTargetTest, NeverRepeatsControlCharactersOrBrokenText) {
  EXPECT_EQ(ParseFailure("a\x1b[31m"), "'a?[31m' is not a target: it has a character that no id has");
  EXPECT_EQ(ParseFailure("@\x1b[31m"), "'@?[31m' is not a target: it has a character that no tag has");
  EXPECT_EQ(ParseFailure("\xFF\xFE"), "'?\?' is not a target: it has a character that no id has");
  EXPECT_EQ(ParseFailure("@\xC3"), "'@?' is not a target: it has a character that no tag has");
  EXPECT_EQ(ParseFailure(std::string("a\0b", 3)), "'a?b' is not a target: it has a character that no id has");
}

TEST(ParseTargetTest, CutsALongText) {
  const std::string message = ParseFailure(std::string(100'000, '!'));
  EXPECT_EQ(message, "'" + std::string(100, '!') + "' is not a target: it has a character that no id has");
}

}  // namespace
}  // namespace sqlmig::testing
