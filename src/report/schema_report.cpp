#include "report/schema_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/error_json.h"
#include "report/shown_path.h"
#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

Json JsonOf(const DatabaseDump& dump) {
  Json json{{"name", dump.name},
            {"file", dump.file.empty() ? Json() : Json(dump.file.string())},
            {"written", dump.written},
            {"applied", dump.applied}};
  if (!dump.notice.empty()) json["notice"] = dump.notice;
  if (dump.error) json["error"] = ErrorJson(*dump.error);
  return json;
}

}  // namespace

std::string DumpLine(const DatabaseDump& dump, const std::filesystem::path& folder) {
  if (!dump.notice.empty()) return dump.notice + "\n";
  if (dump.error) return {};
  const std::string file = Printable(dump.named ? dump.file.string() : ShownPath(folder, dump.file));
  const std::string count = Counted(dump.applied, "migration");
  return dump.written ? fmt::format("{}: wrote {} ({})\n", dump.name, file, count)
                      : fmt::format("{}: {} is up to date ({})\n", dump.name, file, count);
}

std::string Render(const DumpReport& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["databases"] = Json::array();
    const Error* first = nullptr;
    for (const DatabaseDump& dump : report.databases) {
      document["databases"].push_back(JsonOf(dump));
      if (first == nullptr && dump.error) first = &*dump.error;
    }
    if (first != nullptr) document["error"] = ErrorJson(*first);
    return JsonText(document);
  }
  std::string text;
  for (const DatabaseDump& dump : report.databases) text += DumpLine(dump, report.folder);
  return text;
}

std::string Render(const LoadReport& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    Json inserts = Json::array();
    for (const LoadReport::Insert& one : report.inserts) {
      inserts.push_back({{"id", one.id}, {"file", one.file}, {"line", one.line}});
    }
    document["databases"] = Json::array({{{"name", report.name},
                                          {"file", report.file},
                                          {"run", report.run},
                                          {"applied", report.applied},
                                          {"pending", report.pending},
                                          {"unknown", report.unknown},
                                          {"edited", report.edited},
                                          {"rows_left_out", std::move(inserts)}}});
    return JsonText(document);
  }
  std::string text = fmt::format("{}: loaded {}; {} applied now, no script was run", report.name,
                                 Printable(report.file), Counted(report.applied.size(), "migration"));
  if (!report.pending.empty()) {
    text += fmt::format("; {} pending: {}", report.pending.size(), fmt::join(report.pending, ", "));
  }
  return text + "\n";
}

}  // namespace sqlmig
