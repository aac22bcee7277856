// Where an error of the server stands in the user's file.
#include "exec/script_error.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "exec/secret_invariants.h"
#include "support/text_position.h"
#include "testing/world.h"

namespace sqlmig {
namespace {

PreparedStep StepOf(const std::string& sql, ScriptMode mode = ScriptMode::kTransactional) {
  PreparedStep step;
  step.step = {MigrationId::Trusted("7_users"), Direction::kUp, mode == ScriptMode::kTransactional};
  step.path = "sql/7_users/up.sql";
  step.script = ParseScript(sql, step.path, mode);
  return step;
}

ServerError ErrorAt(std::size_t position, const std::string& sqlstate = "42704") {
  ServerError error;
  error.sqlstate = sqlstate;
  error.message = "type \"citexxt\" does not exist";
  error.detail.sqlstate = sqlstate;
  error.position = position;
  return error;
}

// A message as the server gets it: something of ours, the script, something of ours.
struct Sent {
  std::string sql;
  std::size_t begin;

  explicit Sent(const PreparedStep& step, const std::string& before = "BEGIN;\n")
      : sql(before + step.script.sql + ";\nCOMMIT;\n"), begin(before.size()) {}

  // As the server counts: characters from 1.
  std::size_t PositionOf(const std::string& word) const {
    return CountCharacters(std::string_view(sql).substr(0, sql.find(word))) + 1;
  }
};

// "line:column" of the error for a position at `word`.
std::string PlaceOf(const PreparedStep& step, const std::string& word, const std::string& before = "BEGIN;\n") {
  const Sent sent(step, before);
  const Error error = ScriptError(step, 0, ErrorAt(sent.PositionOf(word)), sent.begin, sent.sql);
  return std::to_string(error.location().at.line) + ":" + std::to_string(error.location().at.column);
}

TEST(ScriptErrorTest, ReadsAsItIsPromised) {
  const PreparedStep step = StepOf("CREATE TABLE users (\n  name   citexxt NOT NULL\n);\n");
  const Sent sent(step);
  const Error error = ScriptError(step, 0, ErrorAt(sent.PositionOf("citexxt")), sent.begin, sent.sql);
  EXPECT_EQ(error.code(), ErrorCode::kSql);
  EXPECT_EQ(error.location(), (TextLocation{"sql/7_users/up.sql", {2, 10}}));
  EXPECT_EQ(error.message(), "type \"citexxt\" does not exist (42704)");
  EXPECT_EQ(error.excerpt(), "  2 |   name   citexxt NOT NULL\n    |          ^\n");
  EXPECT_EQ(error.hint(), "7_users was rolled back; fix the script and run 'sqlmig apply' again");
}

// What no change of the script mends has its own way out.
TEST(ScriptErrorTest, EachKindOfFailureHasItsWayOut) {
  struct Case {
    const char* sqlstate;
    const char* message;
    const char* way_out;
  };
  const Case cases[] = {
      {"53100", "could not extend file", "make room on the server's disk"},
      {"53200", "out of memory", "give the server more memory"},
      {"53300", "too many connections", "raise max_connections"},
      {"57014", "canceling statement due to statement timeout", "with 'statement_timeout' at 7_users in the manifest"},
      {"57014", "canceling statement due to user request", "ask who has cancelled it"},
      {"57014", "storniere Anfrage", "ask what has cancelled it: statement_timeout, or somebody on the server"},
      {"42501", "permission denied for table t", "name one that has it with 'settings: {role: ...}' at 7_users"},
      {"25006", "cannot execute CREATE TABLE in a read-only transaction", "connect to the primary server"},
      {"58030", "could not read block", "see the server's log"},
      {"XX001", "invalid page", "its data is damaged"},
  };
  const PreparedStep step = StepOf("SELECT 1;\n");
  const PreparedStep units = StepOf("SELECT 1;\nSELECT 2;\n", ScriptMode::kNonTransactional);
  for (const Case& given : cases) {
    ServerError error = ErrorAt(0, given.sqlstate);
    error.message = given.message;
    const std::string whole = ScriptError(step, 0, error, 0, "").hint();
    EXPECT_EQ(whole.find("7_users was rolled back; "), 0U) << whole;
    for (const std::string& hint :
         {whole, UnitError(units, 0, 0, error, 0, "").hint(), UnitError(units, 1, 0, error, 0, "").hint(),
          SuffixError(step, OwnStatement::kCommit, error).hint()}) {
      EXPECT_NE(hint.find(given.way_out), std::string::npos) << hint;
      EXPECT_NE(hint.find(", then run 'sqlmig apply' again"), std::string::npos) << hint;
      EXPECT_EQ(hint.find("the script and run"), std::string::npos) << hint;
    }
  }
}

TEST(ScriptErrorTest, TooManyLocksAreNoLackOfMemory) {
  ServerError error = ErrorAt(0, "53200");
  error.message = "out of shared memory";
  error.detail.hint = "You might need to increase max_locks_per_transaction.";
  EXPECT_NE(ScriptError(StepOf("SELECT 1;\n"), 0, error, 0, "").hint().find("divide the migration"), std::string::npos);
}

TEST(ScriptErrorTest, ARightIsMissingToTheRoleThatIsSet) {
  PreparedStep step = StepOf("SELECT 1;\n");
  step.settings.settings["role"] = "app_owner";
  const std::string hint = ScriptError(step, 0, ErrorAt(0, "42501"), 0, "").hint();
  EXPECT_NE(hint.find("grant what is missing to the role app_owner, as which it runs"), std::string::npos) << hint;
}

TEST(ScriptErrorTest, PositionsCountCharactersNotBytes) {
  EXPECT_EQ(PlaceOf(StepOf("SELECT 'h\xc3\xa9', '\xf0\x9f\x98\x80';\nSELECT '\xd0\x96', citexxt;\n"), "citexxt"),
            "2:13");
  EXPECT_EQ(PlaceOf(StepOf("SELECT citexxt;\n"), "citexxt", "SET x = '\xd0\x96\xd0\x96';\n"), "1:8");
}

TEST(ScriptErrorTest, AByteOrderMarkHasNoColumn) {
  EXPECT_EQ(PlaceOf(StepOf("\xef\xbb\xbfSELECT citexxt;\n"), "citexxt"), "1:8");
}

TEST(ScriptErrorTest, DataCutOutOfTheMessageStillCountsItsLines) {
  const PreparedStep step = StepOf("COPY t FROM stdin;\n1\n2\n\\.\nSELECT 1;\nSELECT citexxt;\n");
  EXPECT_EQ(PlaceOf(step, "citexxt"), "6:8");
}

TEST(ScriptErrorTest, ABlankedOuterTransactionKeepsPositions) {
  EXPECT_EQ(PlaceOf(StepOf("BEGIN;\nSELECT citexxt;\nCOMMIT;\n"), "citexxt"), "2:8");
}

TEST(ScriptErrorTest, WithoutAPositionTheStatementIsNamed) {
  const PreparedStep step = StepOf("SELECT 1;\n-- why\nSELECT 2;\n\n  SELECT 3;\n");
  const Sent sent(step);
  EXPECT_EQ(ScriptError(step, 0, ErrorAt(0), sent.begin, sent.sql).location().at, (TextPosition{1, 1}));
  EXPECT_EQ(ScriptError(step, 1, ErrorAt(0), sent.begin, sent.sql).location().at, (TextPosition{3, 1}));
  EXPECT_EQ(ScriptError(step, 2, ErrorAt(0), sent.begin, sent.sql).location().at, (TextPosition{5, 3}));
}

TEST(ScriptErrorTest, PositionsInOurOwnStatementsAreNotTheScripts) {
  const PreparedStep step = StepOf("SELECT 1;\nSELECT 2;\n");
  const Sent sent(step);
  for (const std::size_t position : {std::size_t{1}, sent.PositionOf("COMMIT"), std::size_t{100000}}) {
    EXPECT_EQ(ScriptError(step, 1, ErrorAt(position), sent.begin, sent.sql).location().at, (TextPosition{2, 1}))
        << position;
  }
}

TEST(ScriptErrorTest, AnIndexBehindTheLastStatementIsTheEnd) {
  const PreparedStep step = StepOf("SELECT 1;\n");
  const Sent sent(step);
  EXPECT_EQ(ScriptError(step, 9, ErrorAt(0), sent.begin, sent.sql).location().at, (TextPosition{2, 1}));
}

TEST(ScriptErrorTest, LockTimeoutsAndRefusedStatementsHaveTheirOwnWords) {
  const PreparedStep step = StepOf("SELECT 1;\n");
  const Sent sent(step);
  EXPECT_EQ(ScriptError(step, 0, ErrorAt(0, "55P03"), sent.begin, sent.sql).code(), ErrorCode::kLockTimeout);
  EXPECT_NE(ScriptError(step, 0, ErrorAt(0, "25001"), sent.begin, sent.sql).hint().find("transaction: false"),
            std::string::npos);
}

TEST(ScriptErrorTest, AUnitsPositionCountsFromTheUnit) {
  const std::string sql = "VACUUM t;\nSELECT '\xd0\x96', citexxt;\n";
  const PreparedStep step = StepOf(sql, ScriptMode::kNonTransactional);
  const std::string before = "BEGIN; -- \xd0\x96\n";
  const std::string unit = sql.substr(sql.find("SELECT"));
  const std::string sent = before + unit;
  const std::size_t position = CountCharacters(std::string_view(sent).substr(0, sent.find("citexxt"))) + 1;
  const Error error = UnitError(step, 1, 1, ErrorAt(position), before.size(), sent);
  EXPECT_EQ(error.location().at, (TextPosition{2, 13}));
  EXPECT_NE(error.hint().find("it goes on with statement 2 of 7_users"), std::string::npos) << error.hint();
  EXPECT_EQ(UnitError(step, 1, 1, ErrorAt(0), before.size(), sent).location().at, (TextPosition{2, 1}));
  EXPECT_EQ(UnitError(step, 1, 1, ErrorAt(2), before.size(), sent).location().at, (TextPosition{2, 1}));
}

TEST(ScriptErrorTest, OwnStatementsBlameWhatIsToBlame) {
  const PreparedStep step = StepOf("SELECT 1;\n");
  EXPECT_EQ(PrefixError(step, OwnStatement::kLock, ErrorAt(0, "22012")).code(), ErrorCode::kRunLock);
  EXPECT_EQ(PrefixError(step, OwnStatement::kPresence, ErrorAt(0, "22012")).code(), ErrorCode::kStalePlan);
  EXPECT_EQ(SuffixError(step, OwnStatement::kLedgerRow, ErrorAt(0, "23505")).code(), ErrorCode::kStalePlan);
  EXPECT_EQ(SuffixError(step, OwnStatement::kConstraints, ErrorAt(0, "23503")).code(), ErrorCode::kSql);
  EXPECT_NE(
      SuffixError(step, OwnStatement::kCloseGuard, ErrorAt(0, "34000")).message().find("ended the step's transaction"),
      std::string::npos);
}

TEST(ScriptErrorTest, ASecretOnTheSameLineIsNotShown) {
  const PreparedStep step = StepOf("SELECT citexxt; ALTER ROLE a PASSWORD 'hunter2';\nSELECT citexxt;\n");
  const Sent sent(step);
  const Error error = ScriptError(step, 0, ErrorAt(sent.PositionOf("citexxt")), sent.begin, sent.sql);
  EXPECT_EQ(error.location().at, (TextPosition{1, 8}));
  EXPECT_EQ(error.excerpt(), "");
  const Error next = ScriptError(step, 2, ErrorAt(0), sent.begin, sent.sql);
  EXPECT_EQ(next.excerpt(), "  2 | SELECT citexxt;\n    | ^\n");
}

TEST(ScriptErrorTest, NoSecretSurvivesTheFuzzCorpus) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SQLMIG_SOURCE_DIR "/tests/fuzz/corpus/secret")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(ServersProblem(input), "") << entry.path();
    ++files;
  }
  EXPECT_GE(files, 20U);
}

}  // namespace
}  // namespace sqlmig
