#include "report/bookkeeping_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/json.h"

namespace sqlmig {
namespace {

Json RunId(const std::string& run) {
  return run.empty() ? Json() : Json(run);
}

void Count(std::vector<std::string>* parts, std::size_t number, const char* what) {
  if (number > 0) parts->push_back(fmt::format("{} {}", number, what));
}

std::string Lines(const char* word, const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += fmt::format("  {:<7}  {}\n", word, id);
  return text;
}

std::string TextOf(const DatabaseStamp& database) {
  if (!database.notice.empty()) return database.notice + "\n";
  if (database.run.empty()) return fmt::format("{}: nothing to do ({} applied)\n", database.name, database.applied);
  std::vector<std::string> parts;
  Count(&parts, database.purged.size(), "purged");
  Count(&parts, database.removed.size(), "removed");
  Count(&parts, database.stamped.size(), "stamped");
  return fmt::format("{}: {}; {} applied now, no SQL was run\n", database.name, fmt::join(parts, ", "),
                     database.applied) +
         Lines("purged", database.purged) + Lines("removed", database.removed) + Lines("stamped", database.stamped);
}

Json JsonOf(const DatabaseStamp& database) {
  Json json{{"name", database.name},
            {"run", RunId(database.run)},
            {"stamped", database.stamped},
            {"removed", database.removed},
            {"purged", database.purged}};
  if (!database.notice.empty()) json["notice"] = database.notice;
  return json;
}

std::string TextOf(const DatabaseRepair& database) {
  if (!database.notice.empty()) return database.notice + "\n";
  std::string text;
  for (const RepairItem& item : database.repaired) {
    text += fmt::format("{}: repaired {}: {}\n", database.name, item.subject, item.detail);
  }
  for (const RepairItem& item : database.decisions) {
    text += fmt::format("{}: {} {}: {}\n", database.name, KindName(item.kind), item.subject, item.detail);
    for (const std::string& command : item.commands) text += "  " + command + "\n";
  }
  if (text.empty()) text = fmt::format("{}: nothing to repair\n", database.name);
  if (database.scopes.size() > 1)
    text += fmt::format("  the ledger has rows of {}\n", fmt::join(database.scopes, ", "));
  return text;
}

Json ItemsJson(const std::vector<RepairItem>& items, bool commands) {
  Json array = Json::array();
  for (const RepairItem& item : items) {
    Json json{{"kind", KindName(item.kind)}, {"subject", item.subject}, {"detail", item.detail}};
    if (commands) json["commands"] = item.commands;
    array.push_back(std::move(json));
  }
  return array;
}

Json JsonOf(const DatabaseRepair& database) {
  Json json{{"name", database.name},
            {"run", RunId(database.run)},
            {"repaired", ItemsJson(database.repaired, false)},
            {"decisions", ItemsJson(database.decisions, true)}};
  if (!database.notice.empty()) json["notice"] = database.notice;
  return json;
}

template <typename Report>
std::string RenderEach(const Report& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["databases"] = Json::array();
    for (const auto& database : report.databases) document["databases"].push_back(JsonOf(database));
    return JsonText(document);
  }
  std::string text;
  for (const auto& database : report.databases) text += TextOf(database);
  return text;
}

}  // namespace

const char* KindName(RepairItem::Kind kind) {
  switch (kind) {
    case RepairItem::Kind::kEdited:
      return "edited";
    case RepairItem::Kind::kInterrupted:
      return "interrupted";
    case RepairItem::Kind::kScope:
      return "scope";
  }
  return "";
}

std::string Render(const StampReport& report, Format format) {
  return RenderEach(report, format);
}
std::string Render(const RepairReport& report, Format format) {
  return RenderEach(report, format);
}

}  // namespace sqlmig
