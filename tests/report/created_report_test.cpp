#include "report/created_report.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

NewReport Joined() {
  NewReport report;
  report.command = "new";
  report.database = "meta";
  report.id = "c";
  report.manifest = "migrations.yaml";
  report.files = {"sql/c/up.sql", "sql/c/down.sql"};
  report.depends_on = {"a", "b"};
  report.heads = {"c"};
  return report;
}

TEST(CreatedReportTest, SaysThatHeadsAreJoined) {
  EXPECT_EQ(Render(Joined(), Format::kText),
            "created sql/c/up.sql\ncreated sql/c/down.sql\nadded c to migrations.yaml\n"
            "depends on a, b (a merge: it joins them)\n");
}

TEST(CreatedReportTest, SaysThatThereIsANewHead) {
  NewReport report = Joined();
  report.files.clear();
  report.depends_on.clear();
  report.heads = {"b", "c"};
  EXPECT_EQ(Render(report, Format::kText),
            "added c to migrations.yaml\ndepends on nothing: it is a root\n"
            "there are 2 heads now: b, c; 'sqlmig merge' joins them\n");
}

TEST(CreatedReportTest, JsonKeysKeepTheirOrder) {
  EXPECT_EQ(Render(Joined(), Format::kJson), R"({
  "schema": 1,
  "command": "new",
  "database": "meta",
  "id": "c",
  "description": "",
  "manifest": "migrations.yaml",
  "files": [
    "sql/c/up.sql",
    "sql/c/down.sql"
  ],
  "depends_on": [
    "a",
    "b"
  ],
  "heads": [
    "c"
  ]
}
)");
}

TEST(CreatedReportTest, InitSaysWhatComesNext) {
  InitReport report;
  report.project = "demo";
  report.created = {"x/migrations.yaml"};
  report.changed = {"x/.gitignore"};
  report.folder = "x";
  const std::string text = Render(report, Format::kText);
  EXPECT_TRUE(text.starts_with("created x/migrations.yaml\nadded lines to x/.gitignore\n")) << text;
  EXPECT_NE(text.find("\n  cd x\n  sqlmig new "), std::string::npos) << text;
}

}  // namespace
}  // namespace sqlmig
