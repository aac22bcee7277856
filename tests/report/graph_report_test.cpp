#include "report/graph_report.h"

#include <gtest/gtest.h>

namespace sqlmig {
namespace {

GraphView Chain(const std::string& database) {
  GraphView view;
  view.database = database;
  view.nodes.resize(2);
  view.nodes[0].id = "a";
  view.nodes[0].up_path = "sql/a/up.sql";
  view.nodes[1].id = "b";
  view.nodes[1].depends_on = {0};
  view.nodes[1].head = true;
  return view;
}

TEST(GraphReportTest, SeveralDatabasesHaveHeadings) {
  GraphReport report;
  report.text.unicode = false;
  report.graphs = {Chain("meta"), Chain("bot")};
  EXPECT_EQ(Render(report, Format::kText), "meta:\n*  b (head)\n*  a\n\nbot:\n*  b (head)\n*  a\n");
}

TEST(GraphReportTest, MarkdownFencesMermaid) {
  GraphReport report;
  report.graphs = {Chain("meta")};
  EXPECT_EQ(Render(report, Format::kMarkdown), "```mermaid\n" + GraphMermaid(Chain("meta")) + "```\n");
}

TEST(GraphReportTest, JsonNamesDependenciesAndKnownStates) {
  GraphReport report;
  report.graphs = {Chain("meta")};
  report.graphs[0].with_state = true;
  report.graphs[0].nodes[0].mark = GraphNode::Mark::kApplied;
  report.graphs[0].nodes[0].current = true;
  report.graphs[0].nodes[1].mark = GraphNode::Mark::kPending;
  EXPECT_EQ(Render(report, Format::kJson), R"({
  "schema": 1,
  "command": "graph",
  "databases": [
    {
      "name": "meta",
      "migrations": [
        {
          "id": "a",
          "description": "",
          "depends_on": [],
          "head": false,
          "merge": false,
          "branch_point": false,
          "up": "sql/a/up.sql",
          "down": null,
          "state": "applied",
          "current": true
        },
        {
          "id": "b",
          "description": "",
          "depends_on": [
            "a"
          ],
          "head": true,
          "merge": false,
          "branch_point": false,
          "up": null,
          "down": null,
          "state": "pending",
          "current": false
        }
      ]
    }
  ]
}
)");
}

}  // namespace
}  // namespace sqlmig
