#include "report/embedded_report.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

EmbeddedReport Running() {
  EmbeddedReport report;
  report.action = "status";
  report.status.state = EmbeddedStatus::State::kRunning;
  report.status.data_directory = "/state/data";
  report.status.socket_directory = "/tmp/s";
  report.status.log_file = "/state/server.log";
  report.status.pid = 42;
  report.status.server_major = 15;
  report.databases = {{"meta", "postgresql:///meta"}, {"registry", "postgresql:///registry"}};
  return report;
}

TEST(EmbeddedReportTest, ShowsWhereItIs) {
  EXPECT_EQ(Render(Running(), Format::kText),
            "embedded PostgreSQL 15: running (pid 42)\n"
            "  data      /state/data\n"
            "  socket    /tmp/s\n"
            "  log       /state/server.log\n"
            "  meta      postgresql:///meta\n"
            "  registry  postgresql:///registry\n");
}

TEST(EmbeddedReportTest, AbsentSaysHowToMakeOne) {
  EmbeddedReport report;
  report.action = "status";
  EXPECT_EQ(Render(report, Format::kText),
            "there is no embedded PostgreSQL for this project; 'sqlmig embedded start' makes one\n");
  report.action = "destroy";
  EXPECT_EQ(Render(report, Format::kText), "the embedded PostgreSQL and its data are gone\n");
}

TEST(EmbeddedReportTest, JsonOfAStoppedServerHasNoProcess) {
  EmbeddedReport report = Running();
  report.status.state = EmbeddedStatus::State::kStopped;
  report.databases.clear();
  EXPECT_EQ(Render(report, Format::kJson), R"({
  "schema": 1,
  "command": "embedded",
  "action": "status",
  "state": "stopped",
  "server_major": 15,
  "pid": null,
  "data_directory": "/state/data",
  "socket_directory": null,
  "port": null,
  "log_file": "/state/server.log",
  "databases": []
}
)");
}

}  // namespace
}  // namespace sqlmig
