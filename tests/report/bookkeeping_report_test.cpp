#include "report/bookkeeping_report.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

TEST(StampReportTest, SaysWhatCameAndWhatWent) {
  StampReport report;
  report.databases.push_back({"meta", "run-1", {"a", "b"}, {"c"}, {"old"}, 2, ""});
  EXPECT_EQ(Render(report, Format::kText),
            "meta: 1 purged, 1 removed, 2 stamped; 2 applied now, no SQL was run\n"
            "  purged   old\n"
            "  removed  c\n"
            "  stamped  a\n"
            "  stamped  b\n");
  EXPECT_EQ(Render(report, Format::kMarkdown), Render(report, Format::kText));
}

TEST(StampReportTest, NothingToDoIsSaid) {
  StampReport report;
  report.databases.push_back({"meta", "", {}, {}, {}, 7, ""});
  report.databases.push_back({"bot", "", {}, {}, {}, 0, "bot: fleet: give --url for one member"});
  EXPECT_EQ(Render(report, Format::kText), "meta: nothing to do (7 applied)\nbot: fleet: give --url for one member\n");
}

TEST(StampReportTest, JsonHasAFixedOrder) {
  StampReport report;
  report.databases.push_back({"meta", "", {"a"}, {}, {}, 1, ""});
  EXPECT_EQ(Render(report, Format::kJson), R"({
  "schema": 1,
  "command": "stamp",
  "databases": [
    {
      "name": "meta",
      "run": null,
      "stamped": [
        "a"
      ],
      "removed": [],
      "purged": []
    }
  ]
}
)");
}

TEST(RepairReportTest, ADecisionComesWithTheCommandsForIt) {
  RepairReport report;
  report.databases.push_back(
      {"meta",
       "",
       {{RepairItem::Kind::kInterrupted, "7_x", "half done", {"sqlmig repair 7_x --resolve applied"}}},
       {},
       ""});
  EXPECT_EQ(Render(report, Format::kText), "meta: interrupted 7_x: half done\n  sqlmig repair 7_x --resolve applied\n");
}

TEST(RepairReportTest, WhatWasRepairedIsSaid) {
  RepairReport report;
  report.databases.push_back({"meta", "run-1", {}, {{RepairItem::Kind::kEdited, "7_x", "recorded", {}}}, ""});
  EXPECT_EQ(Render(report, Format::kText), "meta: repaired 7_x: recorded\n");
  EXPECT_EQ(Render(report, Format::kJson), R"({
  "schema": 1,
  "command": "repair",
  "databases": [
    {
      "name": "meta",
      "run": "run-1",
      "repaired": [
        {
          "kind": "edited",
          "subject": "7_x",
          "detail": "recorded"
        }
      ],
      "decisions": []
    }
  ]
}
)");
}

TEST(RepairReportTest, NothingToRepairIsSaid) {
  RepairReport report;
  report.databases.emplace_back().name = "meta";
  EXPECT_EQ(Render(report, Format::kText), "meta: nothing to repair\n");
}

}  // namespace
}  // namespace sqlmig
