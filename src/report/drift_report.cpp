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

// Statements as they are run. `further` stands before their second and further lines, which may be within a literal:
// only what takes it off again may set it.
std::string Statements(const std::vector<std::string>& statements, const std::string& indent,
                       const std::string& further = "") {
  std::string text;
  for (const std::string& statement : statements) {
    text += indent;
    for (const char c : Printable(statement)) text += c == '\n' ? "\n" + further : std::string(1, c);
    text += ";\n";
  }
  return text;
}

std::vector<std::string> StatementsOf(const Drift& drift, const std::vector<RemedyStep>& steps,
                                      Remedy DriftItem::*remedy) {
  std::vector<std::string> statements;
  for (const RemedyStep& step : steps)
    statements.push_back((drift.items[step.item].*remedy).statements[step.statement]);
  return statements;
}

// A part of the report, so that the statements, read from top to bottom, are in the order in which they can be
// executed: an item with its statements, or with the first of them, and the others where they can be executed.
struct HealPart {
  const DriftItem& item;
  bool goes_on = false;  // the item has been told of
  std::vector<std::string> statements;
};

std::vector<HealPart> HealParts(const Drift& drift) {
  std::vector<HealPart> parts;
  auto step = drift.heal.begin();
  const auto add = [&](std::size_t index, bool goes_on) {
    HealPart part{drift.items[index], goes_on, {}};
    for (; step != drift.heal.end() && step->item == index; ++step) {
      part.statements.push_back(part.item.heal.statements[step->statement]);
    }
    parts.push_back(std::move(part));
  };
  for (std::size_t i = 0; i < drift.items.size(); ++i) {
    while (step != drift.heal.end() && step->item < i) add(step->item, true);
    add(i, false);
  }
  while (step != drift.heal.end()) add(step->item, true);
  return parts;
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

std::string NotKnown(const char* title, const Remedy& remedy) {
  return fmt::format("  {}: no statement is known{}\n", title, remedy.note.empty() ? "" : ": " + remedy.note);
}

std::string TextOf(const HealPart& part, const DatabaseDrift& database, const DriftReport& report) {
  const DriftItem& item = part.item;
  if (part.goes_on) {
    return fmt::format("  heal, still {} {}:\n", item.difference.kind, Printable(item.difference.object)) +
           Statements(part.statements, "    ");
  }
  std::string text = DifferenceLines({item.difference}, 1);
  const std::string cause = CauseSentence(item, database, report.folder);
  if (!cause.empty()) text += "  " + Printable(cause) + "\n";
  if (item.heal.statements.empty()) {
    text += NotKnown("heal", item.heal);
  } else if (part.statements.empty()) {
    text += "  heal: a statement above does it\n";
  } else {
    text += fmt::format("  heal{}:\n", item.heal.loses_data ? " (loses what is stored in it)" : "") +
            Statements(part.statements, "    ");
  }
  if (report.verbose && item.accept.statements.empty()) text += NotKnown("accept", item.accept);
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
  for (const HealPart& part : HealParts(database.drift)) text += TextOf(part, database, report);
  if (report.verbose && !database.drift.accept.empty()) {
    text += "accept, in a new migration:\n" +
            Statements(StatementsOf(database.drift, database.drift.accept, &DriftItem::accept), "    ");
  }
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
            {"heal", StatementsOf(database.drift, database.drift.heal, &DriftItem::heal)},
            {"accept", StatementsOf(database.drift, database.drift.accept, &DriftItem::accept)},
            {"ignored", database.drift.ignored},
            {"ignore", std::move(patterns)},
            {"warnings", database.warnings}};
  if (!database.notice.empty()) json["notice"] = database.notice;
  if (database.error) json["error"] = ErrorJson(*database.error);
  return json;
}

std::string MarkdownOf(const DatabaseDrift& database, const DriftReport& report) {
  std::string text;
  for (const HealPart& part : HealParts(database.drift)) {
    const Difference& difference = part.item.difference;
    if (part.goes_on) {
      text += fmt::format("\n- Still **{} {}**:\n\n  ```sql\n{}  ```\n", MarkdownCell(difference.kind),
                          MarkdownCell(difference.object), Statements(part.statements, "  ", "  "));
      continue;
    }
    const std::string cause = CauseSentence(part.item, database, report.folder);
    text += fmt::format("\n- **{} {}**: {}{}\n", MarkdownCell(difference.kind), MarkdownCell(difference.object),
                        MarkdownCell(difference.what), cause.empty() ? "" : " (" + MarkdownCell(cause) + ")");
    text += "\n  ```diff\n  " + DifferenceLines({difference}, 1) + "  ```\n";
    if (part.item.heal.statements.empty()) {
      text += "\n  No statement is known that would heal it.\n";
      continue;
    }
    text += part.statements.empty() ? "\n  A statement above heals it.\n"
                                    : "\n  ```sql\n" + Statements(part.statements, "  ", "  ") + "  ```\n";
    if (part.item.heal.loses_data) text += "\n  It loses what is stored in it.\n";
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
