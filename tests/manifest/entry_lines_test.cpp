#include "manifest/entry_lines.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "manifest/problems.h"
#include "manifest/same_document.h"
#include "manifest/yaml_document.h"

namespace sqlmig {
namespace {

using testing::WhatDiffers;

// What is left to the parser of a text of one line in a list.
std::string RestOf(const std::string& line) {
  const std::string text = "migrations:\n  " + line + "\n";
  const EntryLines lines(text);
  return lines.runs().empty() ? text : lines.rest();
}

TEST(EntryLines, LinesBelowEachOtherAreOneEmptyMap) {
  const std::string text =
      "version: 1\nmigrations:\n"
      "  - {id: a, depends_on: []}\n"
      "  - {id: b, depends_on: [a], description: \"Text, with: {signs} #and more\"}  # why\n"
      "tags: {v1: [b]}\n";
  const EntryLines lines(text);
  EXPECT_EQ(lines.rest(), "version: 1\nmigrations:\n  - {}  # why\ntags: {v1: [b]}\n");
  ASSERT_EQ(lines.runs().size(), 1U);
  EXPECT_EQ(lines.runs()[0].lines, 1U);
  EXPECT_EQ(lines.nodes().size(), 5U + 8U);
}

TEST(EntryLines, AnotherIndentationOrALineBetweenStartsAnotherRun) {
  const EntryLines indented("- {a: b}\n - {a: b}\n");
  EXPECT_EQ(indented.runs().size(), 2U);
  const EntryLines commented("- {a: b}\n# why\n- {a: b}\n- {a: b}");
  EXPECT_EQ(commented.runs().size(), 2U);
  EXPECT_EQ(commented.rest(), "- {}\n# why\n- {}");
}

TEST(EntryLines, TakesWhatPeopleWrite) {
  for (const std::string line :
       {"- {id: a}", "- { id: a, depends_on: [ b ,c ] }", "- {id: 'a', depends_on: [\"b\"]}", "- {id: a}   ",
        "- {id: a, description: Creates the table users}", "- {id: a, up: sql/x/up.sql}  # note", "- {id: a}\r"}) {
    EXPECT_EQ(RestOf(line).substr(0, 18), "migrations:\n  - {}") << line;
  }
}

TEST(EntryLines, LeavesTheUnusualToTheParser) {
  for (const std::string line :
       {"- {}",         "- {id}",        "- {id: }",       "- {id: ~}",        "- {id: null}",    "- {null: a}",
        "- {id: &x a}", "- {id: *x}",    "- {id: !t a}",   "- {id: a: b}",     "- {id:a}",        "- {id: a,}",
        "- {id: [a,]}", "- {id: [[a]]}", "- {id: {a: b}}", "- {id: \"a\\n\"}", "- {id: 'it''s'}", "- {id: a",
        "- {id: [a}",   "- {id: a}}",    "- {id: a} x",    "- {id: a}#x",      "- {id: a}: b",    "- {id: 'a}",
        "- - {id: a}",  "-  {id: a}",    "- {id: -a}",     "- {id: a#b}",      "- {\"id\": a}",   "- {id: a\tb}",
        "\t- {id: a}",  "- {id: | a}",   "- {id: %a}",     "- {id: a?b}"}) {
    EXPECT_EQ(RestOf(line), "migrations:\n  " + line + "\n");
  }
}

// Where a line stands decides what it is; the parser knows.
TEST(EntryLines, TheParserJudgesThePlace) {
  for (const std::string text : {"a: |\n  - {id: a}\n  - {id: b}\n",
                                 "a: \"text\n  - {id: a}\n  \"\n",
                                 "a: text\n  - {id: a}\n",
                                 "a: [\n  - {id: a}\n]\n",
                                 "- {id: a}\n  : b\n",
                                 "- {id: a}\n  {id: b}\n",
                                 "- {id: a}\n - {id: b}\n",
                                 "  - {id: a}\n- {id: b}\n",
                                 "- {id: a}\nb: c\n",
                                 "a:\n  - {id: a}\n  b: c\n",
                                 "a: b\n- {id: a}\n",
                                 "- {id: a}\n---\n- {id: b}\n",
                                 "%x\n- {id: a}\n",
                                 "- {id: a}\n%x\n",
                                 "a:\n- {id: a}\n- {id: b}\nc:\n",
                                 "a:\n  -\n  - {id: a}\n  -\nb:\n",
                                 "- {id: a}\n- 'x\n",
                                 "- |\n - {id: a}\n- {id: b}\n",
                                 "- - - - - - - - - - - - - - -\n                              - {id: [a]}\n",
                                 "\xEF\xBB\xBF- {id: a}\nb",
                                 "- {id: \"\xC3\xA4\", b: c}\n- !x\n",
                                 "- {id: \"\xC3\xA4\xE2\x80\xA8\", b: c}\n- [x, \xC3\xA4]\n- {id: a}"}) {
    EXPECT_EQ(WhatDiffers(text), "") << text;
  }
}

// Any text: the same nodes, places and problems as by the parser alone.
TEST(EntryLines, RandomTextsGiveTheSameDocument) {
  const std::vector<std::string> lines = {"version: 1",
                                          "migrations:",
                                          "databases:",
                                          "  a:",
                                          "    migrations:",
                                          "  - {id: a, depends_on: []}",
                                          "  - {id: b, depends_on: [a, 'c']}",
                                          "  - {id: c, description: \"x y\"} # z",
                                          "    - {id: d, up: none}",
                                          "- {id: e}",
                                          "  - id: f",
                                          "    depends_on: [e]",
                                          "  - {id: g,",
                                          "    up: none}",
                                          "",
                                          "# comment",
                                          "  # comment",
                                          "description: |",
                                          "x: \"text",
                                          "\"",
                                          "  -",
                                          "tags: {v: [a]}",
                                          "    ",
                                          "  - {id: \xC3\xA9t\xC3\xA9, b: \"\xE2\x82\xAC\"}",
                                          "---",
                                          "...",
                                          "y: [",
                                          "]",
                                          "  - {null: a, b: ~}",
                                          "  - &a {id: h}"};
  const std::string_view letters = "{}[],:'\"#-~ \n\\|>&*!%@ab\r\t?";
  int taken = 0;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    std::mt19937 random(seed);
    std::string text = seed % 7 == 0 ? "\xEF\xBB\xBF" : "";
    const std::string_view end = seed % 5 == 0 ? "\r\n" : "\n";
    for (auto i = 1 + random() % 12; i > 0; --i) {
      // Lists are most of a manifest.
      text += random() % 2 == 0 ? lines[random() % lines.size()] : lines[5 + random() % 3];
      text += end;
    }
    for (auto changes = random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      const char letter = letters[random() % letters.size()];
      if (random() % 2 == 0)
        text[at] = letter;
      else
        text.insert(at, 1, letter);
    }
    ASSERT_EQ(WhatDiffers(text), "") << "seed " << seed << "\n" << text;
    Problems problems;
    const YamlDocument document = YamlDocument::Parse(text, problems);
    if (document.complete() && !EntryLines(text).runs().empty()) ++taken;
  }
  EXPECT_GT(taken, 1000) << "too few texts in which the shortcut can be taken";
}

}  // namespace
}  // namespace sqlmig
