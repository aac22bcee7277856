#include "sqltext/down_draft.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "sqltext/draft_invariants.h"

namespace sqlmig {
namespace {

// tests/sqltext/drafts/*.txt: "=== name", then "--- earlier" (any number), "--- up" or "--- up outside", "--- down".
// tests/drafts/run.py proves on a server what is pinned here. SQLMIG_UPDATE_GOLDEN=1 writes the downs.
struct Case {
  std::string name;
  std::vector<std::string> earlier;
  std::string up;
  std::string down;
  bool outside = false;
};

std::vector<Case> ReadCases(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<Case> cases;
  std::string* part = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), {}, {}, {}, false});
      part = nullptr;
    } else if (line == "--- earlier") {
      part = &cases.back().earlier.emplace_back();
    } else if (line == "--- up" || line == "--- up outside") {
      cases.back().outside = line != "--- up";
      part = &cases.back().up;
    } else if (line == "--- down") {
      part = &cases.back().down;
    } else if (part != nullptr) {
      *part += line + "\n";
    }
  }
  return cases;
}

void WriteCases(const std::filesystem::path& file, const std::vector<Case>& cases) {
  std::ofstream out(file, std::ios::trunc);
  for (const Case& one : cases) {
    out << "=== " << one.name << "\n";
    for (const std::string& text : one.earlier) out << "--- earlier\n" << text;
    out << (one.outside ? "--- up outside\n" : "--- up\n") << one.up << "--- down\n" << one.down;
  }
}

DownDraft DraftOf(const Case& one) {
  DraftRequest request;
  request.up = ParseScript(one.up, "up.sql", one.outside ? ScriptMode::kNonTransactional : ScriptMode::kTransactional);
  request.earlier = one.earlier;
  request.without_transaction = one.outside;
  return DraftDown(request);
}

class DownDraftFileTest : public testing::TestWithParam<const char*> {};

TEST_P(DownDraftFileTest, EveryUpGivesItsDown) {
  const std::filesystem::path file =
      std::filesystem::path(SQLMIG_SOURCE_DIR) / "tests/sqltext/drafts" / (std::string(GetParam()) + ".txt");
  std::vector<Case> cases = ReadCases(file);
  ASSERT_FALSE(cases.empty());
  const bool update = std::getenv("SQLMIG_UPDATE_GOLDEN") != nullptr;
  for (Case& one : cases) {
    const DownDraft draft = DraftOf(one);
    if (update)
      one.down = draft.sql;
    else
      EXPECT_EQ(draft.sql, one.down) << GetParam() << ": " << one.name;
  }
  if (update) WriteCases(file, cases);
}

INSTANTIATE_TEST_SUITE_P(Forms, DownDraftFileTest, testing::Values("create", "alter", "change", "drop", "data"),
                         [](const auto& tested) { return std::string(tested.param); });

DownDraft DraftOfText(std::string up) {
  DraftRequest request;
  request.up = ParseScript(std::move(up), "up.sql", ScriptMode::kTransactional);
  return DraftDown(request);
}

TEST(DownDraftTest, UnfinishedStatementsCarryTheirPlaces) {
  const DownDraft draft = DraftOfText("CREATE TABLE a (id int);\n\n  UPDATE b\n  SET c = 1;\n");
  ASSERT_EQ(draft.unfinished.size(), 1U);
  EXPECT_EQ(draft.unfinished[0].statement, "UPDATE b SET c = 1");
  EXPECT_EQ(draft.unfinished[0].why, "the former values are not kept");
  EXPECT_EQ(draft.unfinished[0].up, (TextPosition{3, 3}));
  EXPECT_EQ(draft.unfinished[0].draft_line, 1U);
  EXPECT_EQ(draft.statements, 1U);
}

TEST(DownDraftTest, MarkersAreCommentsAtTheBeginningOfALine) {
  const std::string marker(kUnfinishedMarker);
  EXPECT_EQ(FindUnfinished("SELECT 1;\n  " + marker + "x\n").size(), 1U);
  EXPECT_EQ(FindUnfinished(marker + "x\n" + marker + "y").size(), 2U);
  EXPECT_EQ(FindUnfinished("SELECT\n" + marker + "in the midst of a statement\n1;").size(), 1U);
  EXPECT_TRUE(FindUnfinished("SELECT '\n" + marker + "x';").empty());
  EXPECT_TRUE(FindUnfinished("DO $$\n" + marker + "x\n$$;").empty());
  EXPECT_TRUE(FindUnfinished("SELECT 1; -- not " + marker + "x\n").empty());
}

TEST(DownDraftTest, ADraftIsRefusedUntilItIsWritten) {
  EXPECT_THROW(ParseScript("SELECT 1;\n" + std::string(kUnfinishedMarker) + "up.sql:1: UPDATE x\n", "down.sql",
                           ScriptMode::kTransactional),
               Error);
  try {
    ParseScript("SELECT 1;\n" + std::string(kUnfinishedMarker) + "a\n" + std::string(kUnfinishedMarker) + "b\n",
                "down.sql", ScriptMode::kNonTransactional);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kScript);
    EXPECT_EQ(error.location().at, (TextPosition{2, 1}));
    EXPECT_EQ(error.message(), "the script is a draft: what undoes this statement is not written yet, and 1 more");
  }
}

TEST(DownDraftTest, SecretsAreNotRepeatedInAComment) {
  for (const char* const up :
       {"ALTER ROLE a PASSWORD 'sesame';", "ALTER USER MAPPING FOR a SERVER s OPTIONS (SET password 'sesame');",
        "ALTER SUBSCRIPTION s CONNECTION 'password=sesame';"}) {
    DraftRequest request;
    request.up = ParseScript(up, "up.sql", ScriptMode::kNonTransactional);
    const DownDraft draft = DraftDown(request);
    ASSERT_EQ(draft.unfinished.size(), 1U) << up;
    EXPECT_EQ(draft.sql.find("sesame"), std::string::npos) << draft.sql;
  }
}

std::string Repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// What overflows an ordinary stack in the parser's output functions, and other depths.
TEST(DownDraftTest, DeepNestingIsNoCrash) {
  for (const std::string& up : {"SELECT 1" + Repeated("+1", 100'000), "SELECT 1" + Repeated("+1", 9'900),
                                "CREATE TABLE a (b int CHECK (" + Repeated("NOT ", 9'000) + "true));",
                                "SELECT " + Repeated("(", 9'000) + "1" + Repeated(")", 9'000),
                                "SELECT " + Repeated("ARRAY[", 5'000) + "1" + Repeated("]", 5'000),
                                "CREATE VIEW v AS SELECT 1" + Repeated(" UNION SELECT 1", 6'000),
                                "ALTER TABLE a ALTER b SET DEFAULT 1" + Repeated("::int", 9'000),
                                "CREATE INDEX ON a ((1" + Repeated(" = 1", 9'000) + "));",
                                "SELECT " + Repeated("f(", 6'000) + "1" + Repeated(")", 6'000)}) {
    EXPECT_EQ(DraftProblem(up), "") << up.substr(0, 60);
  }
}

TEST(DownDraftTest, ManyStatementsAreReadInABoundedTime) {
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "CREATE TABLE t" + std::to_string(i) + " (a int);\n";
  for (int i = 0; i < 300; ++i) many += "ALTER TABLE t" + std::to_string(i) + " ADD b int;\n";
  EXPECT_EQ(DraftOfText(many).statements, 1'000U);
  const DownDraft refused = DraftOfText(Repeated("SELECT 1;", 5'001));
  ASSERT_EQ(refused.unfinished.size(), 1U);
  EXPECT_EQ(refused.unfinished[0].why, "the script has 5001 statements: a draft reads up to 5000");
}

TEST(DownDraftTest, CorpusOfTheFuzzerHolds) {
  std::size_t files = 0;
  for (const char* const corpus : {"sqltext", "sqltext_draft"}) {
    const std::filesystem::path folder = std::filesystem::path(SQLMIG_SOURCE_DIR) / "tests/fuzz/corpus" / corpus;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << in.rdbuf();
      EXPECT_EQ(DraftProblem(text.str()), "") << entry.path();
      ++files;
    }
  }
  EXPECT_GT(files, 20U);
}

}  // namespace
}  // namespace sqlmig
