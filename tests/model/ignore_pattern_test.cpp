#include "model/ignore_pattern.h"

#include <string>

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

std::string Parsed(const std::string& text) {
  try {
    const IgnorePattern pattern = ParseIgnorePattern(text);
    return pattern.kind + "|" + pattern.name + "|" + pattern.what;
  } catch (const Error& error) {
    return error.message() + " | " + error.hint();
  }
}

TEST(IgnorePatternTest, HasKindNameAndWhat) {
  EXPECT_EQ(Parsed("table public.tmp_*"), "table|public.tmp_*|");
  EXPECT_EQ(Parsed("materialized view *:owner"), "materialized view|*|owner");
  EXPECT_EQ(Parsed("public.users"), "|public.users|");
  EXPECT_EQ(Parsed("index *_idx"), "index|*_idx|");
  EXPECT_EQ(Parsed("*:privileges of *"), "|*|privileges of *");
  EXPECT_EQ(Parsed("privilege:*"), "|*|privileges of *");
  EXPECT_EQ(Parsed("domain constraint a on public.d"), "domain constraint|a on public.d|");
  EXPECT_EQ(Parsed("extension"), "extension|*|");
  EXPECT_EQ(Parsed("default privileges:privileges of app"), "default privileges|*|privileges of app");
}

TEST(IgnorePatternTest, ANameMayHaveBlanksAndAColonInQuotes) {
  EXPECT_EQ(Parsed("users_pkey on public.users"), "|users_pkey on public.users|");
  EXPECT_EQ(Parsed("integer as text"), "|integer as text|");
  EXPECT_EQ(Parsed("for role a on tables"), "|for role a on tables|");
  EXPECT_EQ(Parsed("table public.\"a:b c\":comment"), "table|public.\"a:b c\"|comment");
}

TEST(IgnorePatternTest, WhatIsWrongIsSaid) {
  EXPECT_EQ(Parsed("tabel public.x"), "has an unknown kind 'tabel' | did you mean 'table'?");
  EXPECT_EQ(Parsed("database x").substr(0, 31), "has an unknown kind 'database' ");
  EXPECT_EQ(Parsed("table public.x:").substr(0, 27), "has nothing behind its ':' ");
  EXPECT_EQ(Parsed(":owner").substr(0, 16), "names no object ");
  EXPECT_EQ(Parsed("").substr(0, 16), "names no object ");
  EXPECT_EQ(Parsed("privilege:").substr(0, 14), "names no role ");
}

TEST(IgnorePatternTest, Matches) {
  const ObjectReference table{"table", "public.tmp_a"};
  EXPECT_TRUE(Matches(ParseIgnorePattern("table public.tmp_*"), table, "comment"));
  EXPECT_TRUE(Matches(ParseIgnorePattern("*:comm?nt"), table, "comment"));
  EXPECT_FALSE(Matches(ParseIgnorePattern("view public.tmp_*"), table, "comment"));
  EXPECT_FALSE(Matches(ParseIgnorePattern("table public.tmp_*:owner"), table, "comment"));
  EXPECT_FALSE(Matches(ParseIgnorePattern("table tmp_*"), table, "comment"));
}

TEST(IgnorePatternTest, GlobsMatchAllOfIt) {
  EXPECT_TRUE(MatchesGlob("a*b*c", "aXbYbZc"));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("a?c", "abc"));
  EXPECT_FALSE(MatchesGlob("a?c", "ac"));
  EXPECT_FALSE(MatchesGlob("a*b", "abc"));
  EXPECT_FALSE(MatchesGlob("", "a"));
  // Every star may have to be tried again; the time stays bounded.
  EXPECT_FALSE(MatchesGlob("*a*a*a*a*a*a*a*a*b", std::string(2000, 'a')));
}

TEST(ReferenceTest, KindsMayHaveSeveralWords) {
  EXPECT_EQ(ParseReference("table public.users"), (ObjectReference{"table", "public.users"}));
  EXPECT_EQ(ParseReference("materialized view public.v"), (ObjectReference{"materialized view", "public.v"}));
  EXPECT_EQ(ParseReference("constraint a b on public.t"), (ObjectReference{"constraint", "a b on public.t"}));
  EXPECT_EQ(ParseReference("nothing known"), (ObjectReference{"", "nothing known"}));
}

}  // namespace
}  // namespace sqlmig
