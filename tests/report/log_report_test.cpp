#include "report/log_report.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

LogRun MakeRun(const std::string& id, const std::string& start, const std::string& end) {
  return {id, "apply", "heads", "0.1.0", "deploy", "ci", "build-7", start, end, end.empty() ? "" : "done", {}};
}

LogEvent Failure() {
  return {"9",     "2026-11-22T16:00:01.000Z", "3f2a9c1b-0000", "7_x", "up", "failed", "", "",
          "42704", "no type\n\x1b[31m"};
}

TEST(LogReportTest, RunsAreATable) {
  LogReport report;
  report.databases.push_back({"meta",
                              {MakeRun("3f2a9c1b-0000", "2026-11-22T16:00:00.500Z", ""),
                               MakeRun("1b2c3d4e-0000", "2026-02-28T23:59:59.000Z", "2026-03-01T00:01:02.250Z")},
                              {},
                              ""});
  EXPECT_EQ(
      Render(report, Format::kText),
      "  run       started               took       command      outcome                         by\n"
      "  3f2a9c1b  2026-11-22T16:00:00Z             apply heads  (no end: it runs now, or died)  ci@build-7 as deploy\n"
      "  1b2c3d4e  2026-02-28T23:59:59Z  1 min 3 s  apply heads  done                            ci@build-7 as "
      "deploy\n");
}

TEST(LogReportTest, OneRunShowsItsEventsWithoutControlCharacters) {
  LogReport report;
  report.kind = LogReport::Kind::kOneRun;
  LogRun run = MakeRun("3f2a9c1b-0000", "2026-11-22T16:00:00.000Z", "2026-11-22T16:00:00.120Z");
  run.events.push_back({"8", "2026-11-22T16:00:00.100Z", run.id, "6_w", "up", "applied", "12", "", "", ""});
  run.events.push_back(Failure());
  report.databases.push_back({"meta", {run}, {}, ""});
  EXPECT_EQ(Render(report, Format::kText),
            "run 3f2a9c1b-0000\n"
            "  command   apply\n"
            "  target    heads\n"
            "  started   2026-11-22T16:00:00.000Z\n"
            "  ended     2026-11-22T16:00:00.120Z\n"
            "  took      120 ms\n"
            "  outcome   done\n"
            "  by        ci@build-7 as deploy\n"
            "  version   0.1.0\n"
            "events\n"
            "  2026-11-22T16:00:00Z  applied (up)  6_w  12 ms\n"
            "  2026-11-22T16:00:01Z  failed (up)   7_x         no type ?[31m (42704)\n");
}

TEST(LogReportTest, AnEmptyLedgerHasNoRunsAndNoEvents) {
  LogReport report;
  report.databases.emplace_back().name = "meta";
  EXPECT_EQ(Render(report, Format::kText), "meta: no runs\n");
  report.kind = LogReport::Kind::kEvents;
  EXPECT_EQ(Render(report, Format::kText), "meta: no events\n");
}

TEST(LogReportTest, EventsAsJsonHaveNullWhereThereIsNothing) {
  LogReport report;
  report.kind = LogReport::Kind::kEvents;
  report.databases.push_back({"meta", {}, {Failure()}, ""});
  EXPECT_EQ(Render(report, Format::kJson), R"({
  "schema": 1,
  "command": "log",
  "databases": [
    {
      "name": "meta",
      "events": [
        {
          "id": 9,
          "at": "2026-11-22T16:00:01.000Z",
          "run": "3f2a9c1b-0000",
          "migration": "7_x",
          "direction": "up",
          "kind": "failed",
          "duration_ms": null,
          "statement": null,
          "sqlstate": "42704",
          "message": "no type\n\u001b[31m"
        }
      ]
    }
  ]
}
)");
}

}  // namespace
}  // namespace sqlmig
