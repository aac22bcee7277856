#include "report/migration_info.h"

#include <gtest/gtest.h>

#include "report/history_report.h"
#include "report/show_report.h"

namespace sqlmig {
namespace {

Migration Declared(const std::string& id) {
  Migration migration;
  migration.id = MigrationId::Parse(id);
  migration.up.path = "sql/" + id + "/up.sql";
  migration.down.path = "sql/" + id + "/down.sql";
  return migration;
}

AppliedMigration Row(const std::string& id) {
  AppliedMigration row;
  row.id = MigrationId::Parse(id);
  row.applied_at = "2026-11-22T10:15:00.123Z";
  row.duration_ms = 12;
  row.run = "r1";
  return row;
}

// a with b and c after it.
MigrationInfo BranchPoint(const Migration& migration) {
  MigrationInfo info;
  info.id = "a";
  info.description = "The first";
  info.dependants = {"b", "c"};
  info.branch_point = true;
  info.migration = &migration;
  return info;
}

TEST(MigrationInfoTest, BriefLineIsAlembics) {
  const Migration a = Declared("a");
  EXPECT_EQ(BriefLine(BranchPoint(a)), "<base> -> a (branch point), The first");
  const Migration m = Declared("m");
  MigrationInfo merge;
  merge.id = "m";
  merge.depends_on = {"b", "c"};
  merge.merge = merge.head = merge.current = true;
  merge.migration = &m;
  EXPECT_EQ(BriefLine(merge), "b, c -> m (head) (merge) (current)");
}

TEST(MigrationInfoTest, VerboseEntryIsAlembics) {
  const Migration a = Declared("a");
  EXPECT_EQ(VerboseEntry(BranchPoint(a)),
            "Rev: a (branch point)\nParent: <base>\nBranches into: b, c\nPath: sql/a/up.sql\nDown: sql/a/down.sql\n"
            "\n    The first\n");
}

TEST(MigrationInfoTest, SaysWhatOnlyTheLedgerKnows) {
  const AppliedMigration row = Row("x");
  MigrationInfo info;
  info.id = "x";
  info.with_state = true;
  info.row = &row;
  EXPECT_EQ(BriefLine(info), "<base> -> x (not in this checkout)");
  EXPECT_EQ(VerboseEntry(info),
            "Rev: x (not in this checkout)\nParent: <base>\nApplied: 2026-11-22T10:15:00.123Z in 12 ms by run r1\n");
}

TEST(MigrationInfoTest, SaysHowFarAnInterruptedStepCame) {
  const Migration a = Declared("a");
  AppliedMigration row = Row("a");
  row.status = AppliedStatus::kApplying;
  row.statements_done = 2;
  MigrationInfo info = BranchPoint(a);
  info.with_state = true;
  info.row = &row;
  EXPECT_EQ(MarksText(info), " (branch point) (interrupted)");
  EXPECT_NE(VerboseEntry(info).find("Applied: applying, interrupted after statement 2\n"), std::string::npos);
}

TEST(MigrationInfoTest, ControlCharactersOfADescriptionDoNotReachTheTerminal) {
  const Migration a = Declared("a");
  MigrationInfo info = BranchPoint(a);
  info.description = "red\x1b[31m";
  EXPECT_EQ(BriefLine(info), "<base> -> a (branch point), red?[31m");
}

HistoryReport OneDatabase(HistoryReport::Style style, const Migration& a) {
  HistoryReport report{"heads", style, false, {}};
  report.databases.push_back({"meta", {BranchPoint(a)}, ""});
  return report;
}

TEST(HistoryReportTest, OneDatabaseHasNoHeading) {
  const Migration a = Declared("a");
  EXPECT_EQ(Render(OneDatabase(HistoryReport::Style::kIds, a), Format::kText), "a (branch point)\n");
  EXPECT_EQ(Render(OneDatabase(HistoryReport::Style::kBranches, a), Format::kText),
            "a (branch point)\n    -> b\n    -> c\n");
}

TEST(HistoryReportTest, SeveralDatabasesHaveHeadings) {
  const Migration a = Declared("a");
  HistoryReport report = OneDatabase(HistoryReport::Style::kLines, a);
  report.databases.push_back({"bot", {}, "bot: fleet: give --url for one member"});
  EXPECT_EQ(Render(report, Format::kText),
            "meta:\n<base> -> a (branch point), The first\n\nbot:\nbot: fleet: give --url for one member\n");
}

TEST(HistoryReportTest, CurrentGoesWithoutSaying) {
  const Migration a = Declared("a");
  HistoryReport report = OneDatabase(HistoryReport::Style::kCurrent, a);
  report.databases[0].migrations[0].current = true;
  EXPECT_EQ(Render(report, Format::kText), "a (branch point)\n");
  EXPECT_NE(Render(report, Format::kJson).find("\"branch_point\": true"), std::string::npos);
}

TEST(HistoryReportTest, MarkdownEscapesCells) {
  const Migration a = Declared("a");
  HistoryReport report = OneDatabase(HistoryReport::Style::kLines, a);
  report.databases[0].migrations[0].description = "x | y";
  EXPECT_EQ(Render(report, Format::kMarkdown),
            "| migration | depends on | description |\n|---|---|---|\n| a (branch point) |  | x \\| y |\n");
}

TEST(HistoryReportTest, JsonTellsNothingOfAStateThatWasNotRead) {
  const Migration a = Declared("a");
  EXPECT_EQ(Render(OneDatabase(HistoryReport::Style::kIds, a), Format::kJson), R"({
  "schema": 1,
  "command": "heads",
  "databases": [
    {
      "name": "meta",
      "migrations": [
        {
          "id": "a",
          "description": "The first",
          "depends_on": [],
          "dependants": [
            "b",
            "c"
          ],
          "head": false,
          "merge": false,
          "branch_point": true,
          "current": null,
          "state": null,
          "applied_at": null
        }
      ]
    }
  ]
}
)");
}

TEST(ShowReportTest, TellsAllThatIsDeclared) {
  using std::chrono::milliseconds;
  Migration a = Declared("a");
  a.down = {ScriptRef::Kind::kMissing, {}, {}};
  a.irreversible = "drops data";
  a.up_transaction = false;
  a.required.push_back({"bot", MigrationId::Parse("z"), {}});
  a.requires_server = ServerRequirement{ServerRequirement::Compare::kGreaterEqual, 16, ">=16"};
  a.replaces = {MigrationId::Parse("old")};
  ShownMigration shown{"meta", BranchPoint(a), {"migrations.yaml", {7, 10}}, {}, {"v1"}, {}, {}};
  shown.settings.lock_timeout = milliseconds(3000);
  shown.settings.settings["role"] = "owner";
  ShowReport report;
  report.several = true;
  report.migrations.push_back(shown);
  EXPECT_EQ(Render(report, Format::kText), R"(Database: meta
Rev: a (branch point)
Parent: <base>
Branches into: b, c
Path: sql/a/up.sql
Down: irreversible: drops data

    The first

Declared: migrations.yaml:7:10
Dependants: b, c
Transaction: up no, down yes
Settings: lock_timeout=3s, role=owner
Requires: bot/z
Server: >=16
Replaces: old
Tags: v1
)");
}

TEST(ShowReportTest, AnIdOfTheLedgerAloneHasNoDetails) {
  const AppliedMigration row = Row("x");
  ShowReport report;
  ShownMigration& shown = report.migrations.emplace_back();
  shown.info.id = "x";
  shown.info.row = &row;
  EXPECT_EQ(Render(report, Format::kText), "Rev: x (not in this checkout)\nParent: <base>\n");
}

}  // namespace
}  // namespace sqlmig
