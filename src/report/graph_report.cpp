#include "report/graph_report.h"

#include <fmt/format.h>

#include "report/error_json.h"
#include "report/graph_marks.h"

namespace sqlmig {
namespace {

Json NodeJson(const GraphView& view, const GraphNode& node) {
  Json depends_on = Json::array();
  for (const std::size_t dependency : node.depends_on) depends_on.push_back(view.nodes[dependency].id);
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  Json json{{"id", node.id},
            {"description", node.description},
            {"depends_on", std::move(depends_on)},
            {"head", node.head},
            {"merge", node.merge},
            {"branch_point", node.branch_point},
            {"up", text(node.up_path)},
            {"down", text(node.down_path)}};
  json["state"] = view.with_state ? Json(MarkWord(node.mark)) : Json();
  json["current"] = view.with_state ? Json(node.current) : Json();
  return json;
}

std::string JsonOf(const GraphReport& report) {
  Json document = JsonDocument(report.command);
  document["databases"] = Json::array();
  for (const GraphView& view : report.graphs) {
    Json nodes = Json::array();
    for (const GraphNode& node : view.nodes) nodes.push_back(NodeJson(view, node));
    document["databases"].push_back({{"name", view.database}, {"migrations", std::move(nodes)}});
  }
  for (const auto& [database, error] : report.errors) {
    document["databases"].push_back({{"name", database}, {"migrations", Json::array()}, {"error", ErrorJson(error)}});
  }
  if (!report.errors.empty()) document["error"] = ErrorJson(report.errors.front().second);
  return JsonText(document);
}

// Who asked for several is told which of them are there.
bool Several(const GraphReport& report) {
  return report.graphs.size() + report.errors.size() > 1;
}

std::string TextOf(const GraphReport& report) {
  std::string text;
  for (const GraphView& view : report.graphs) {
    if (Several(report)) text += fmt::format("{}{}:\n", text.empty() ? "" : "\n", view.database);
    text += DrawGraph(view, report.text);
  }
  return text;
}

std::string MarkdownOf(const GraphReport& report) {
  std::string text;
  for (const GraphView& view : report.graphs) {
    if (!text.empty()) text += "\n";
    if (Several(report)) text += fmt::format("## {}\n\n", view.database);
    text += fmt::format("```mermaid\n{}```\n", GraphMermaid(view));
  }
  return text;
}

std::string Together(const GraphReport& report, std::string (*draw)(const GraphView&)) {
  std::string text;
  for (const GraphView& view : report.graphs) text += draw(view);
  return text;
}

}  // namespace

std::string Render(const GraphReport& report, Format format) {
  switch (format) {
    case Format::kText:
      return TextOf(report);
    case Format::kJson:
      return JsonOf(report);
    case Format::kMarkdown:
      return MarkdownOf(report);
    case Format::kDot:
      return Together(report, GraphDot);
    case Format::kMermaid:
      return Together(report, GraphMermaid);
    case Format::kSvg:
      return Together(report, GraphSvg);
  }
  return {};
}

}  // namespace sqlmig
