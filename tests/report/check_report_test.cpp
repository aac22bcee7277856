#include "report/check_report.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

CheckReport Failed() {
  CheckReport report;
  report.ok = false;
  report.databases = 1;
  report.migrations = 2;
  report.scripts = 4;
  report.findings.push_back(FindingOf(Error(ErrorCode::kScript, "'COMMIT' ends the transaction")
                                          .At({"sql/a/up.sql", {1, 3}})
                                          .Excerpt("  1 | a;COMMIT\n    |   ^\n")
                                          .Hint("remove it"),
                                      "meta"));
  report.findings.push_back({Finding::Severity::kWarning,
                             finding_code::kUnlisted,
                             "no migration names this script",
                             {"sql/stray.sql", {}},
                             "",
                             "",
                             "meta"});
  return report;
}

TEST(CheckReportTest, TextHasPlaceExcerptAndHint) {
  EXPECT_EQ(Render(Failed(), Format::kText, false), R"(error: sql/a/up.sql:1:3: 'COMMIT' ends the transaction
  1 | a;COMMIT
    |   ^
hint: remove it
warning: sql/stray.sql: no migration names this script
check failed: 2 migrations, 4 scripts in 1 database, 1 error, 1 warning
)");
}

TEST(CheckReportTest, NothingFoundIsOneLine) {
  CheckReport report;
  report.databases = 2;
  report.migrations = 1;
  report.scripts = 2;
  EXPECT_EQ(Render(report, Format::kText, false), "ok: 1 migration, 2 scripts in 2 databases\n");
}

TEST(CheckReportTest, ColourIsOnlyOnTheWord) {
  CheckReport report;
  report.findings.push_back({Finding::Severity::kWarning, finding_code::kHeads, "two heads"});
  EXPECT_EQ(Render(report, Format::kText, true),
            "\033[1;33mwarning:\033[0m two heads\nok: 0 migrations, 0 scripts in 0 databases, 1 warning\n");
}

TEST(CheckReportTest, JsonHoldsEveryFinding) {
  EXPECT_EQ(Render(Failed(), Format::kJson, false), R"({
  "schema": 1,
  "command": "check",
  "ok": false,
  "findings": [
    {
      "severity": "error",
      "code": "script",
      "message": "'COMMIT' ends the transaction",
      "file": "sql/a/up.sql",
      "line": 1,
      "column": 3,
      "hint": "remove it",
      "database": "meta"
    },
    {
      "severity": "warning",
      "code": "unlisted",
      "message": "no migration names this script",
      "file": "sql/stray.sql",
      "line": null,
      "column": null,
      "hint": null,
      "database": "meta"
    }
  ],
  "counts": {
    "databases": 1,
    "migrations": 2,
    "scripts": 4,
    "errors": 1,
    "warnings": 1
  }
}
)");
}

}  // namespace
}  // namespace sqlmig
