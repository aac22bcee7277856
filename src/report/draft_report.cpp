#include "report/draft_report.h"

#include <fmt/format.h>

#include "report/draft_json.h"
#include "report/shown_path.h"
#include "support/counted.h"

namespace sqlmig {

void AddDraft(Json& document, const DownDraft& draft) {
  document["statements"] = draft.statements;
  document["unfinished"] = Json::array();
  for (const UnfinishedUndo& one : draft.unfinished) {
    document["unfinished"].push_back(Json{{"line", one.draft_line},
                                          {"up_line", one.up.line},
                                          {"up_column", one.up.column},
                                          {"statement", one.statement},
                                          {"why", one.why}});
  }
}

std::string DraftText(const DownDraft& draft, const std::string& file) {
  std::string text = fmt::format("drafted {}: {}\n", file, Counted(draft.statements, "statement"));
  if (draft.unfinished.empty()) return text;
  text += fmt::format("to be written by hand before 'sqlmig check' accepts it: {}\n",
                      Counted(draft.unfinished.size(), "statement"));
  for (const UnfinishedUndo& one : draft.unfinished) {
    text += fmt::format("  {}:{}: up.sql:{}: {}\n    {}\n", file, one.draft_line, one.up.line, one.statement, one.why);
  }
  return text;
}

std::string Render(const DraftReport& report, Format format) {
  if (format != Format::kJson) {
    if (report.only_shown) return report.draft.sql;
    return DraftText(report.draft, ShownPath(report.folder, report.file));
  }
  Json document = JsonDocument(report.command);
  document["database"] = report.database;
  document["id"] = report.id;
  document["file"] = report.file;
  document["written"] = !report.only_shown;
  AddDraft(document, report.draft);
  if (report.only_shown) document["sql"] = report.draft.sql;
  return JsonText(document);
}

}  // namespace sqlmig
