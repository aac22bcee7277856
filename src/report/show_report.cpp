#include "report/show_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "manifest/scalars.h"
#include "report/migration_json.h"
#include "report/receipt_json.h"
#include "report/shown_path.h"
#include "report/unparsed_json.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

std::string LabelledLine(const char* label, const std::string& text) {
  return text.empty() ? std::string() : fmt::format("{}: {}\n", label, text);
}

std::string SettingsText(const StepSettings& settings) {
  std::vector<std::string> words;
  if (settings.lock_timeout) words.push_back("lock_timeout=" + DurationText(*settings.lock_timeout));
  if (settings.statement_timeout) words.push_back("statement_timeout=" + DurationText(*settings.statement_timeout));
  for (const auto& [name, value] : settings.settings) words.push_back(fmt::format("{}={}", name, value));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string TransactionText(const Migration& migration) {
  if (migration.up_transaction == migration.down_transaction) return migration.up_transaction ? "yes" : "no";
  return migration.up_transaction ? "up yes, down no" : "up no, down yes";
}

std::vector<std::string> RequirementTexts(const Migration& migration) {
  std::vector<std::string> texts;
  for (const Requirement& required : migration.required) texts.push_back(required.database + "/" + required.id.str());
  return texts;
}

std::vector<std::string> ReplacedIds(const Migration& migration) {
  std::vector<std::string> ids;
  for (const MigrationId& id : migration.replaces) ids.push_back(id.str());
  return ids;
}

std::string DeclaredText(const TextLocation& at, const std::filesystem::path& folder) {
  if (at.at.line == 0) return {};
  return fmt::format("{}:{}:{}", ShownPath(folder, at.file), at.at.line, at.at.column);
}

// The lines of `history -v`, then what only `show` tells.
std::string TextOf(const ShownMigration& shown, bool several) {
  std::string text = several ? LabelledLine("Database", shown.database) : std::string();
  text += VerboseEntry(shown.info);
  std::string details = LabelledLine("Declared", DeclaredText(shown.declared_at, shown.info.folder));
  details += LabelledLine("Dependants", fmt::format("{}", fmt::join(shown.info.dependants, ", ")));
  if (const Migration* migration = shown.info.migration) {
    details += LabelledLine("Transaction", TransactionText(*migration));
    details += LabelledLine("Settings", SettingsText(shown.settings));
    details += LabelledLine("Requires", fmt::format("{}", fmt::join(RequirementTexts(*migration), ", ")));
    if (migration->requires_server) details += LabelledLine("Server", migration->requires_server->text);
    details += LabelledLine("Replaces", fmt::format("{}", fmt::join(ReplacedIds(*migration), ", ")));
  }
  for (const UnparsedScript& script : shown.not_parsed) {
    details += LabelledLine("Not parsed", UnparsedText(script, shown.info.folder));
  }
  details += LabelledLine("Tags", fmt::format("{}", fmt::join(shown.tags, ", ")));
  if (!details.empty()) text += "\n" + details;
  for (const ShownReceipt& receipt : shown.receipts) text += "\n" + ReceiptText(receipt);
  return Printable(text);
}

Json ScriptJson(const ScriptRef& script) {
  switch (script.kind) {
    case ScriptRef::Kind::kFile:
      return script.path.string();
    case ScriptRef::Kind::kNone:
      return "none";
    case ScriptRef::Kind::kMissing:
      return nullptr;
  }
  return nullptr;
}

Json SettingsJson(const StepSettings& settings) {
  Json json = Json::object();
  json["lock_timeout_ms"] = settings.lock_timeout ? Json(settings.lock_timeout->count()) : Json();
  json["statement_timeout_ms"] = settings.statement_timeout ? Json(settings.statement_timeout->count()) : Json();
  for (const auto& [name, value] : settings.settings) json[name] = value;
  return json;
}

void AddManifestPart(const ShownMigration& shown, Json* json) {
  const Migration* migration = shown.info.migration;
  if (migration == nullptr) return;
  (*json)["declared"] = {{"file", shown.declared_at.file.string()},
                         {"line", shown.declared_at.at.line},
                         {"column", shown.declared_at.at.column}};
  (*json)["up"] = ScriptJson(migration->up);
  (*json)["down"] = ScriptJson(migration->down);
  (*json)["irreversible"] = migration->irreversible.empty() ? Json() : Json(migration->irreversible);
  (*json)["transaction"] = {{"up", migration->up_transaction}, {"down", migration->down_transaction}};
  (*json)["requires"] = RequirementTexts(*migration);
  (*json)["requires_server"] = migration->requires_server ? Json(migration->requires_server->text) : Json();
  (*json)["replaces"] = ReplacedIds(*migration);
  (*json)["settings"] = SettingsJson(shown.settings);
}

Json RowJson(const AppliedMigration& row) {
  return {{"ordinal", row.ordinal},       {"run", row.run},
          {"applied_at", row.applied_at}, {"duration_ms", row.duration_ms},
          {"status", StatusWord(&row)},   {"statements_done", row.statements_done},
          {"up_sha256", row.up.bytes},    {"down_sha256", row.down.bytes}};
}

Json JsonOf(const ShownMigration& shown) {
  Json json{{"database", shown.database}};
  json.update(MigrationJson(shown.info));
  AddManifestPart(shown, &json);
  json["tags"] = shown.tags;
  if (!shown.not_parsed.empty()) json["not_parsed"] = UnparsedJson(shown.not_parsed);
  const bool has_row = shown.info.row != nullptr && !shown.info.row->through_replaced;
  json["ledger"] = has_row ? RowJson(*shown.info.row) : Json();
  json["receipts"] = Json::array();
  for (const ShownReceipt& receipt : shown.receipts) json["receipts"].push_back(ReceiptJsonOf(receipt));
  return json;
}

}  // namespace

std::string Render(const ShowReport& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["migrations"] = Json::array();
    for (const ShownMigration& shown : report.migrations) document["migrations"].push_back(JsonOf(shown));
    return JsonText(document);
  }
  std::string text;
  for (const ShownMigration& shown : report.migrations) {
    if (!text.empty()) text += "\n";
    text += TextOf(shown, report.several);
  }
  return text;
}

}  // namespace sqlmig
