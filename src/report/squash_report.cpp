#include "report/squash_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/difference_text.h"
#include "report/error_json.h"
#include "report/json.h"
#include "report/shown_path.h"
#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxDifferences = 50;

std::string RefusalText(const SquashReport& report) {
  std::string text = fmt::format("{}: not squashed: one script in place of {} does not give the same\n",
                                 report.database, Counted(report.replaces.size(), "migration"));
  if (report.failed) {
    text += fmt::format("  it does not run: {}\n", Printable(report.failed->message()));
    if (!report.failed->excerpt().empty()) text += Printable(report.failed->excerpt()) + "\n";
  }
  const std::string lines = DifferenceLines(report.differences, kMaxDifferences);
  std::size_t begin = 0;
  while (begin < lines.size()) {
    const std::size_t end = lines.find('\n', begin);
    text += "  " + lines.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  for (const std::string& other : report.other_rows) text += fmt::format("  ~ {}\n", Printable(other));
  return text + "Nothing was written.\n";
}

std::string ProofText(const SquashReport& report) {
  std::string text =
      fmt::format("proved: the same schema as after the {}", Counted(report.replaces.size(), "migration"));
  if (report.rows.empty()) return text + "\n";
  text += ", and the same rows\n";
  for (const SquashReport::TableRows& table : report.rows) {
    text += fmt::format("  {} of {}\n", Counted(static_cast<std::size_t>(table.rows), "row"), Printable(table.table));
  }
  return text;
}

std::string TextOf(const SquashReport& report) {
  if (!report.proved()) return RefusalText(report);
  const char* would = report.dry_run ? "would be " : "";
  std::string text = ProofText(report);
  text += fmt::format("{}created {}\n", would, ShownPath(report.folder, report.up_path));
  for (const std::string& file : report.removed) {
    text += fmt::format("{}removed {}\n", would, ShownPath(report.folder, file));
  }
  text += fmt::format("{}added {} to {}\n", would, report.id, ShownPath(report.folder, report.manifest));
  text += fmt::format("replaces {}\n", fmt::join(report.replaces, ", "));
  text += report.depends_on.empty() ? std::string("depends on nothing: it is a root\n")
                                    : fmt::format("depends on {}\n", fmt::join(report.depends_on, ", "));
  if (!report.dependants.empty()) text += fmt::format("on it depends {}\n", fmt::join(report.dependants, ", "));
  if (!report.dry_run) return text;
  return text + fmt::format("\n{}:\n{}\n\n{}:\n{}", report.manifest, report.line, report.up_path, report.up);
}

Json RefusalJson(const SquashReport& report) {
  Json json{{"differences", Json::array()}, {"rows", report.other_rows}, {"error", Json()}};
  for (const Difference& difference : report.differences) {
    json["differences"].push_back({{"kind", difference.kind},
                                   {"object", difference.object},
                                   {"what", difference.what},
                                   {"before", difference.before},
                                   {"after", difference.after}});
  }
  if (report.failed) json["error"] = ErrorJson(*report.failed);
  return json;
}

}  // namespace

std::string Render(const SquashReport& report, Format format) {
  if (format != Format::kJson) return TextOf(report);
  Json document = JsonDocument(report.command);
  document["database"] = report.database;
  document["id"] = report.id;
  document["proved"] = report.proved();
  document["written"] = report.proved() && !report.dry_run;
  document["replaces"] = report.replaces;
  document["depends_on"] = report.depends_on;
  document["dependants"] = report.dependants;
  document["manifest"] = report.manifest;
  document["files"] = std::vector<std::string>{report.up_path};
  document["removed"] = report.removed;
  document["rows"] = Json::array();
  for (const SquashReport::TableRows& table : report.rows) {
    document["rows"].push_back({{"table", table.table}, {"rows", table.rows}});
  }
  document["why_not"] = report.proved() ? Json() : RefusalJson(report);
  if (report.dry_run) {
    document["line"] = report.line;
    document["up"] = report.up;
  }
  return JsonText(document);
}

}  // namespace sqlmig
