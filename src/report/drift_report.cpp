#include "report/drift_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/difference_text.h"
#include "report/error_json.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/shown_path.h"
#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

// Statements as they are run; those of several lines keep them.
std::string Statements(const Remedy& remedy, const std::string& indent) {
  std::string text;
  for (const std::string& statement : remedy.statements) {
    text += indent;
    for (const char c : Printable(statement)) text += c == '\n' ? "\n" + indent : std::string(1, c);
    text += ";\n";
  }
  return text;
}

std::string CauseSentence(const DriftItem& item, const DatabaseDrift& database, const std::filesystem::path& folder) {
  if (!item.expected) return database.file.empty() ? "not made by any migration" : "not in the stored schema";
  if (!item.cause) return {};
  std::string text = "expected by " + item.cause->migration.str();
  if (item.cause->at.file.empty()) return text;
  text += ", " + ShownPath(folder, item.cause->at.file);
  if (item.cause->at.at.line > 0) text += fmt::format(":{}", item.cause->at.at.line);
  return text;
}

std::string RemedyText(const char* title, const Remedy& remedy) {
  if (remedy.statements.empty()) {
    return fmt::format("  {}: no statement is known{}\n", title, remedy.note.empty() ? "" : ": " + remedy.note);
  }
  return fmt::format("  {}{}:\n", title, remedy.loses_data ? " (loses what is stored in it)" : "") +
         Statements(remedy, "    ");
}

std::string TextOf(const DriftItem& item, const DatabaseDrift& database, const DriftReport& report) {
  std::string text = DifferenceLines({item.difference}, 1);
  const std::string cause = CauseSentence(item, database, report.folder);
  if (!cause.empty()) text += "  " + Printable(cause) + "\n";
  text += RemedyText("heal", item.heal);
  if (report.verbose) text += RemedyText("accept, in a new migration", item.accept);
  return text;
}

std::string ExpectedSentence(const DatabaseDrift& database) {
  if (!database.file.empty()) return "the schema stored in " + Printable(database.file);
  return fmt::format("what {} {}", Counted(database.applied, "applied migration"),
                     database.applied == 1 ? "says" : "say");
}

std::string Sentence(const DatabaseDrift& database) {
  if (database.saved) {
    return fmt::format("{} stored in {}", Counted(database.objects, "object"), Printable(database.file));
  }
  const Drift& drift = database.drift;
  std::string text = drift.items.empty() ? "no drift: the schema is " + ExpectedSentence(database)
                                         : fmt::format("{} from {}", Counted(drift.items.size(), "difference"),
                                                       ExpectedSentence(database));
  if (drift.ignored > 0) text += fmt::format(", {} ignored", drift.ignored);
  return text;
}

std::string TextOf(const DatabaseDrift& database, const DriftReport& report, bool color) {
  if (!database.notice.empty()) return database.notice + "\n";
  if (database.error) {
    std::string text = fmt::format("{}: not compared\n  {}\n", database.name, Printable(database.error->message()));
    if (!database.error->hint().empty()) text += fmt::format("  hint: {}\n", Printable(database.error->hint()));
    return text;
  }
  std::string text;
  for (const DriftItem& item : database.drift.items) text += TextOf(item, database, report);
  const char* begin = !color ? "" : database.ok() ? "\033[32m" : "\033[31m";
  text += fmt::format("{}: {}{}{}\n", database.name, begin, Sentence(database), color ? "\033[0m" : "");
  if (!report.verbose) return text;
  for (const PatternUse& use : database.drift.patterns) {
    text += use.matched > 0
                ? fmt::format("  ignore '{}': {}\n", Printable(use.pattern), Counted(use.matched, "difference"))
                : fmt::format("  ignore '{}' matches nothing\n", Printable(use.pattern));
  }
  return text;
}

Json JsonOf(const Remedy& remedy) {
  if (remedy.statements.empty()) return Json();
  return {{"statements", remedy.statements}, {"loses_data", remedy.loses_data}};
}

Json JsonOf(const DriftItem& item) {
  Json cause;
  if (item.cause) {
    const TextLocation& at = item.cause->at;
    cause = {{"migration", item.cause->migration.str()},
             {"file", TextOrNull(at.file.string())},
             {"line", at.at.line > 0 ? Json(at.at.line) : Json()}};
  }
  return {{"kind", item.difference.kind},
          {"object", item.difference.object},
          {"what", item.difference.what},
          {"before", TextOrNull(item.difference.before)},
          {"after", TextOrNull(item.difference.after)},
          {"cause", std::move(cause)},
          {"heal", JsonOf(item.heal)},
          {"accept", JsonOf(item.accept)}};
}

Json JsonOf(const DatabaseDrift& database) {
  Json items = Json::array();
  for (const DriftItem& item : database.drift.items) items.push_back(JsonOf(item));
  Json patterns = Json::array();
  for (const PatternUse& use : database.drift.patterns) {
    patterns.push_back({{"pattern", use.pattern}, {"matched", use.matched}});
  }
  const char* from = database.saved ? nullptr : database.file.empty() ? "migrations" : "file";
  Json json{{"name", database.name},
            {"expected_from", from == nullptr || database.error || !database.notice.empty() ? Json() : Json(from)},
            {"file", TextOrNull(database.file)},
            {"migrations", database.applied},
            {"drift", std::move(items)},
            {"ignored", database.drift.ignored},
            {"ignore", std::move(patterns)},
            {"warnings", database.warnings}};
  if (!database.notice.empty()) json["notice"] = database.notice;
  if (database.error) json["error"] = ErrorJson(*database.error);
  return json;
}

std::string MarkdownOf(const DatabaseDrift& database, const DriftReport& report) {
  std::string text;
  for (const DriftItem& item : database.drift.items) {
    const std::string cause = CauseSentence(item, database, report.folder);
    text +=
        fmt::format("\n- **{} {}**: {}{}\n", MarkdownCell(item.difference.kind), MarkdownCell(item.difference.object),
                    MarkdownCell(item.difference.what), cause.empty() ? "" : " (" + MarkdownCell(cause) + ")");
    text += "\n  ```diff\n  " + DifferenceLines({item.difference}, 1) + "  ```\n";
    if (item.heal.statements.empty()) {
      text += "\n  No statement is known that would heal it.\n";
      continue;
    }
    text += "\n  ```sql\n" + Statements(item.heal, "  ") + "  ```\n";
    if (item.heal.loses_data) text += "\n  It loses what is stored in it.\n";
  }
  return text;
}

std::string MarkdownOf(const DriftReport& report) {
  std::string text = "| database | differences | ignored | compared with |\n|---|--:|--:|---|\n";
  for (const DatabaseDrift& database : report.databases) {
    const bool compared = database.notice.empty() && !database.error && !database.saved;
    const std::string what = !database.notice.empty() ? database.notice
                             : database.error         ? database.error->message()
                             : database.saved         ? Sentence(database)
                                                      : ExpectedSentence(database);
    text += fmt::format("| {} | {} | {} | {} |\n", MarkdownCell(database.name),
                        compared ? std::to_string(database.drift.items.size()) : "",
                        compared ? std::to_string(database.drift.ignored) : "", MarkdownCell(what));
  }
  for (const DatabaseDrift& database : report.databases) {
    if (!database.drift.items.empty()) text += fmt::format("\n**{}**\n", MarkdownCell(database.name));
    text += MarkdownOf(database, report);
  }
  return text;
}

}  // namespace

std::string Render(const DriftReport& report, Format format, bool color) {
  if (format == Format::kMarkdown) return MarkdownOf(report);
  if (format == Format::kJson) {
    Json document = JsonDocument("drift");
    document["databases"] = Json::array();
    const Error* first = nullptr;
    for (const DatabaseDrift& database : report.databases) {
      document["databases"].push_back(JsonOf(database));
      if (first == nullptr && database.error) first = &*database.error;
    }
    if (first != nullptr) document["error"] = ErrorJson(*first);
    return JsonText(document);
  }
  std::string text;
  for (const DatabaseDrift& database : report.databases) text += TextOf(database, report, color);
  return text;
}

}  // namespace sqlmig
