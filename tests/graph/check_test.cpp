// All that is wrong with the dependencies of a manifest, in one report with places.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "graph/graph.h"
#include "testing/dag.h"

namespace sqlmig::testing {
namespace {

// A manifest text with one line a migration, and its migrations with their places in it.
struct Written {
  std::string text;
  std::vector<Migration> migrations;
};

Written Write(const DagNodes& nodes) {
  Written written;
  int line = 0;
  for (const auto& [id, depends_on] : nodes) {
    ++line;
    Migration migration{MigrationId::Trusted(id), "", {}, {}, {}, "", true, true, {}, std::nullopt, {}, {}, {line, 1}};
    std::string text = id + ": ";
    for (const std::string& dependency : depends_on) {
      migration.depends_on.push_back({MigrationId::Trusted(dependency), {line, static_cast<int>(text.size()) + 1}});
      text += dependency + " ";
    }
    written.text += text + "\n";
    written.migrations.push_back(std::move(migration));
  }
  return written;
}

std::vector<Error> Check(const Written& written) {
  return CheckGraph(written.migrations, "migrations.yaml", written.text);
}

// "line:column: message; hint", a line each.
std::string Report(const std::vector<Error>& problems) {
  std::string text;
  for (const Error& problem : problems) {
    EXPECT_EQ(problem.code(), ErrorCode::kGraph);
    EXPECT_EQ(problem.location().file, "migrations.yaml");
    text += std::to_string(problem.location().at.line) + ":" + std::to_string(problem.location().at.column) + ": " +
            problem.message() + "; " + problem.hint() + "\n";
  }
  return text;
}

std::string Report(std::string_view dag) {
  return Report(Check(Write(Dag(dag))));
}

TEST(CheckGraphTest, WhatIsReplacedIsGoneAndHasOneSuccessor) {
  Written written = Write(Dag("a; S<-a; T<-S"));
  written.migrations[1].replaces = {MigrationId::Trusted("old"), MigrationId::Trusted("a")};
  written.migrations[2].replaces = {MigrationId::Trusted("old")};
  EXPECT_EQ(Report(Check(written)),
            "2:1: 'S' replaces 'a', which is still declared; remove the line of 'a', or take it out of 'replaces'\n"
            "3:1: 'T' replaces 'old', and so does 'S'; take it out of one of them\n");
}

TEST(CheckGraphTest, NothingIsWrongWithADag) {
  EXPECT_EQ(Report(""), "");
  EXPECT_EQ(Report("A; B1<-A; B2<-A; M<-B1,B2; C<-M"), "");
  EXPECT_EQ(Report("C<-M; M<-A; A"), "");
}

TEST(CheckGraphTest, UnknownDependencyGetsASuggestion) {
  EXPECT_EQ(Report("create_users; create_bots<-create_usrs"),
            "2:14: 'create_bots' depends on 'create_usrs', which does not exist; did you mean 'create_users'?\n");
  EXPECT_EQ(
      Report("create_users; create_bots<-nothing_like_it"),
      "2:14: 'create_bots' depends on 'nothing_like_it', which does not exist; add the missing migration, or correct "
      "the id in depends_on\n");
}

TEST(CheckGraphTest, SelfDependency) {
  EXPECT_EQ(Report("A; B<-A,B"), "2:6: 'B' depends on itself; remove it from its own depends_on\n");
}

TEST(CheckGraphTest, CycleOfTwo) {
  EXPECT_EQ(
      Report("A<-B; B<-A"),
      "1:4: dependency cycle: A -> B -> A; remove one of these dependencies: a migration can only depend on what is "
      "applied before it\n");
}

TEST(CheckGraphTest, EachKnotOnceByItsShortestCycle) {
  EXPECT_EQ(
      Report("a<-c; b<-a; c<-b,d; d<-c; r; x<-r,y; y<-x"),
      "1:4: dependency cycle: a -> c -> b -> a; remove one of these dependencies: a migration can only depend on "
      "what is applied before it\n"
      "6:6: dependency cycle: x -> y -> x; remove one of these dependencies: a migration can only depend on what is "
      "applied before it\n");
}

TEST(CheckGraphTest, AllAtOnceWithThePlaceInTheText) {
  const Written written = Write(Dag("root; left<-root,right; right<-left,lost; alone<-alone"));
  const std::vector<Error> problems = Check(written);
  EXPECT_EQ(
      Report(problems),
      "3:13: 'right' depends on 'lost', which does not exist; did you mean 'root'?\n"
      "4:8: 'alone' depends on itself; remove it from its own depends_on\n"
      "2:12: dependency cycle: left -> right -> left; remove one of these dependencies: a migration can only depend "
      "on what is applied before it\n");
  EXPECT_EQ(problems.at(0).excerpt(), "  3 | right: left lost \n    |             ^\n");
}

TEST(CheckGraphTest, HowAListIsOrderedDoesNotMatter) {
  EXPECT_EQ(Report("a<-b,c; b<-a; c<-a").substr(4), Report("a<-c,b; b<-a; c<-a").substr(4));
}

TEST(CheckGraphTest, OfDuplicatesTheFirstCounts) {
  EXPECT_EQ(Report("A; B<-A; A<-B"), "");
  EXPECT_EQ(Report("A; A<-A"), "2:4: 'A' depends on itself; remove it from its own depends_on\n");
}

TEST(CheckGraphTest, LongCycleIsCountedNotSpelledAndOverflowsNoStack) {
  constexpr std::size_t kLong = 100'000;
  DagNodes nodes;
  for (std::size_t i = 0; i < kLong; ++i) {
    nodes.emplace_back("n" + std::to_string(i), std::vector<std::string>{"n" + std::to_string((i + 1) % kLong)});
  }
  const std::vector<Error> problems = Check(Write(nodes));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].message(),
            "dependency cycle: n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> ... 99988 more ... -> n99994 -> n99995 -> n99996 -> "
            "n99997 -> n99998 -> n99999 -> n0");
}

TEST(CheckGraphTest, ManyProblemsAreCounted) {
  DagNodes nodes;
  for (std::size_t i = 0; i < 100'000; ++i) {
    nodes.emplace_back("n" + std::to_string(i), std::vector<std::string>{"missing" + std::to_string(i)});
  }
  const std::vector<Error> problems = Check(Write(nodes));
  ASSERT_EQ(problems.size(), 101U);
  EXPECT_EQ(problems.back().message(), "and 99900 more problems, the first of them here");
  EXPECT_EQ(problems.back().location().at, (TextPosition{101, 7}));
}

}  // namespace
}  // namespace sqlmig::testing
