#include "report/wait_report.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

DatabaseWait Waiting() {
  DatabaseWait database;
  database.name = "meta";
  database.waited_ms = 1500;
  return database;
}

TEST(WaitReportTest, SaysWhatIsMissing) {
  DatabaseWait database = Waiting();
  database.missing = {"a", "b", "c", "d", "e", "f", "g"};
  database.interrupted = {"x"};
  EXPECT_EQ(WhyNotReady(database), "7 migrations are missing: a, b, c, d, e and 2 more; interrupted: x");
  database.missing = {"a"};
  database.interrupted.clear();
  EXPECT_EQ(Render({"wait", {database}}, Format::kText), "meta: not ready after 1.5 s: 1 migration is missing: a\n");
}

TEST(WaitReportTest, NoConnectionAndARunningRunAreReasons) {
  DatabaseWait database = Waiting();
  database.running = "pid 7";
  EXPECT_EQ(WhyNotReady(database), "a run is still going on: pid 7");
  database.unreachable = "cannot connect";
  EXPECT_EQ(WhyNotReady(database), "cannot connect");
}

TEST(WaitReportTest, JsonHasAFixedOrder) {
  DatabaseWait database = Waiting();
  database.ready = true;
  database.abandoned = {"run-1"};
  EXPECT_EQ(Render({"wait", {database}}, Format::kJson), R"({
  "schema": 1,
  "command": "wait",
  "databases": [
    {
      "name": "meta",
      "ready": true,
      "waited_ms": 1500,
      "missing": [],
      "interrupted": [],
      "running": null,
      "unreachable": null,
      "abandoned_runs": [
        "run-1"
      ]
    }
  ]
}
)");
}

}  // namespace
}  // namespace sqlmig
