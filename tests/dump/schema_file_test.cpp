#include "dump/schema_file.h"

#include <string>

#include <gtest/gtest.h>

#include "support/error.h"
#include "support/sha256.h"

namespace sqlmig {
namespace {

const std::string kTokens(64, 'a');

RecordedMigration Recorded(const std::string& id, const std::string& down) {
  RecordedMigration recorded;
  recorded.row.id = MigrationId::Parse(id);
  recorded.row.up = {Sha256Hex("up of " + id), kTokens};
  recorded.row.down = {Sha256Hex(down), kTokens};
  recorded.row.hash_algorithm = 1;
  recorded.down_script = down;
  return recorded;
}

SchemaFile Example() {
  SchemaFile file;
  file.scope = "shop/default";
  file.sql = "CREATE TABLE t ();\n";
  file.applied = {Recorded("a", "DROP TABLE t;\n"), Recorded("b", "-- no end of line \\ tab\t")};
  file.applied[0].row.description = "First; with a \\ and\na second line";
  file.applied[1].row.depends_on = {MigrationId::Parse("a")};
  file.applied[1].row.up_transaction = false;
  return file;
}

std::string Reread(const std::string& text) {
  const SchemaFile parsed = ParseSchemaFile(text, "schema.sql");
  SchemaFile again = parsed;
  again.sql = "CREATE TABLE t ();\n";
  return SchemaFileText(again);
}

// The message of the error, and the line it is at.
std::string ProblemOf(const std::string& text) {
  try {
    ParseSchemaFile(text, "schema.sql");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kScript);
    EXPECT_FALSE(error.hint().empty());
    return std::to_string(error.location().at.line) + ": " + error.message();
  }
  return "none";
}

std::string With(std::string text, const std::string& old, const std::string& replacement) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), replacement);
}

TEST(SchemaFileTest, IsSqlWithWhatIsAppliedInComments) {
  const std::string hashes_a = Sha256Hex("up of a") + " " + kTokens + " 1";
  const std::string hashes_b = Sha256Hex("up of b") + " " + kTokens + " 1";
  EXPECT_EQ(SchemaFileText(Example()),
            "-- sqlmig schema 1: shop/default\n"
            "-- Written by 'sqlmig dump' and read by 'sqlmig load'; 'sqlmig check' tells when it is out of date.\n\n"
            "CREATE TABLE t ();\n\n"
            "-- sqlmig applied 1\n--\n-- migration a\n-- description First; with a \\\\ and\\x0aa second line\n-- up " +
                hashes_a + "\n-- down script " + Sha256Hex("DROP TABLE t;\n") + " " + kTokens +
                " 1\n-- |DROP TABLE t;\n--\n-- migration b\n-- depends_on a\n-- up " + hashes_b + "\n-- down script " +
                Sha256Hex("-- no end of line \\ tab\t") + " " + kTokens +
                " 1\n-- outside_transaction up\n-- |-- no end of line \\ tab\t\n-- no_newline\n");
}

TEST(SchemaFileTest, IsReadBackAsItWas) {
  const std::string text = SchemaFileText(Example());
  const SchemaFile file = ParseSchemaFile(text, "schema.sql");
  EXPECT_EQ(file.scope, "shop/default");
  EXPECT_EQ(file.sql, text.substr(0, text.find("-- sqlmig applied 1")));
  ASSERT_EQ(file.applied.size(), 2U);
  EXPECT_EQ(file.applied[0].row.description, "First; with a \\ and\na second line");
  EXPECT_EQ(file.applied[1].row.ordinal, 2);
  EXPECT_EQ(file.applied[1].row.depends_on, std::vector<MigrationId>{MigrationId::Parse("a")});
  EXPECT_EQ(file.applied[1].down_script, "-- no end of line \\ tab\t");
  EXPECT_EQ(Reread(text), text);
}

TEST(SchemaFileTest, DownScriptsOfAllKindsComeBack) {
  for (const std::string& script :
       {std::string(), std::string("\n"), std::string("\n\nx"), std::string("a\r\nb\r\n"),
        std::string("\\x0a\x01\x7f\n"), std::string("-- sqlmig applied 1\n-- migration z\n"),
        std::string("|\n\\\n--\n"), std::string("no_newline\n")}) {
    SchemaFile file;
    file.scope = "shop/default";
    file.applied = {Recorded("a", script)};
    const SchemaFile parsed = ParseSchemaFile(SchemaFileText(file), "schema.sql");
    ASSERT_EQ(parsed.applied.size(), 1U) << script;
    EXPECT_EQ(parsed.applied[0].down_script, script);
  }
}

TEST(SchemaFileTest, OtherWaysBackComeBack) {
  for (const DownKind kind : {DownKind::kSecret, DownKind::kNone, DownKind::kIrreversible}) {
    SchemaFile file;
    file.applied = {Recorded("a", "")};
    file.applied[0].row.down_kind = kind;
    const AppliedMigration row = ParseSchemaFile(SchemaFileText(file), "schema.sql").applied.at(0).row;
    EXPECT_EQ(row.down_kind, kind);
    EXPECT_EQ(row.down.bytes, kind == DownKind::kSecret ? Sha256Hex("") : "");
  }
}

TEST(SchemaFileTest, SqlThatQuotesTheListIsNotTheList) {
  SchemaFile file = Example();
  file.sql = "SELECT '\n-- sqlmig applied 1\n--\n-- migration x\n';\n";
  EXPECT_EQ(ParseSchemaFile(SchemaFileText(file), "schema.sql").applied.size(), 2U);
}

TEST(SchemaFileTest, SaysWhatIsWrongAndWhere) {
  const std::string text = SchemaFileText(Example());
  EXPECT_EQ(ProblemOf("CREATE TABLE t ();\n"),
            "1: this is no file of 'sqlmig dump': it does not begin with '-- sqlmig schema 1'");
  EXPECT_EQ(ProblemOf(With(text, "schema 1", "schema 7")),
            "1: the file was written by another version of sqlmig, in a form that this one does not know");
  EXPECT_EQ(ProblemOf("-- sqlmig schema 1: a/b\r\n"), "1: the lines of the file end with CR LF");
  EXPECT_EQ(ProblemOf(With(text, "-- sqlmig applied 1\n", "")).substr(4),
            "the list of what is applied is missing, which begins with '-- sqlmig applied 1'");
  EXPECT_EQ(ProblemOf(With(text, "-- |DROP", "-- |drop")),
            "8: the down script of 'a' is not the one that the file's hash is of");
  EXPECT_EQ(ProblemOf(With(text, "migration b", "migration a")), "14: 'a' stands here twice");
  EXPECT_EQ(ProblemOf(With(text, "depends_on a", "depends_on c")),
            "15: 'c' does not stand before the migration that depends on it");
  EXPECT_EQ(ProblemOf(With(text, "-- depends_on a", "<<<<<<< HEAD")),
            "15: the list of what is applied must be of comments alone");
  EXPECT_EQ(ProblemOf(With(text, "-- outside", "-- inside")), "18: this line is not understood");
  EXPECT_EQ(ProblemOf(With(text, "\\x0aa", "\\y")),
            "9: a backslash must be followed by another one, or by x and two digits");
  EXPECT_EQ(ProblemOf(With(text, kTokens, "zz")), "10: it must have two SHA-256 sums and a number");
}

TEST(SchemaFileTest, EveryCutOfAFileIsRefusedOrHasFewerMigrations) {
  const std::string text = SchemaFileText(Example());
  for (std::size_t size = 0; size < text.size(); ++size) {
    try {
      EXPECT_LE(ParseSchemaFile(text.substr(0, size), "schema.sql").applied.size(), 2U);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kScript) << size;
    }
  }
}

}  // namespace
}  // namespace sqlmig
