#include "report/verify_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/difference_json.h"
#include "report/difference_text.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/shown_path.h"
#include "sqltext/script.h"
#include "support/counted.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

using Way = MigrationProof::Way;

constexpr std::size_t kShownDifferences = 20;  // of one finding; JSON has them all

const char* WayName(Way way) {
  switch (way) {
    case Way::kProved:
      return "proved";
    case Way::kFailed:
      return "failed";
    case Way::kNone:
      return "none";
    case Way::kIrreversible:
      return "irreversible";
    case Way::kNotTried:
      return "not_tried";
  }
  return "";
}

const char* VerdictName(PairProof::Verdict verdict) {
  switch (verdict) {
    case PairProof::Verdict::kCommutes:
      return "commutes";
    case PairProof::Verdict::kColumnOrder:
      return "column_order";
    case PairProof::Verdict::kDiffers:
      return "differs";
    case PairProof::Verdict::kNotTried:
      return "not_tried";
    case PairProof::Verdict::kInconclusive:
      return "inconclusive";
  }
  return "";
}

std::size_t Failures(const DatabaseProof& proof) {
  return static_cast<std::size_t>(
      std::count_if(proof.findings.begin(), proof.findings.end(), [](const auto& finding) { return !finding.note; }));
}

// "proved", "2 findings, 1 note".
std::string Outcome(const DatabaseProof& proof) {
  const std::size_t failures = Failures(proof);
  const std::size_t notes = proof.findings.size() - failures;
  return (failures == 0 ? "proved" : Counted(failures, "finding")) + (notes == 0 ? "" : ", " + Counted(notes, "note"));
}

std::string PlaceOf(const VerifyFinding& finding, const std::filesystem::path& folder) {
  if (finding.location.file.empty()) return {};
  std::string place = ShownPath(folder, finding.location.file);
  if (finding.location.at.line > 0) place += fmt::format(":{}", finding.location.at.line);
  if (finding.location.at.column > 0) place += fmt::format(":{}", finding.location.at.column);
  return place;
}

// "create_users: message", unless the message names its migration itself.
std::string Sentence(const VerifyFinding& finding) {
  const std::string& id = finding.migration.str();
  const bool named = id.empty() || MentionsName(finding.message, id);
  return Printable(named ? finding.message : fmt::format("{}: {}", id, finding.message));
}

std::string Indented(const std::string& lines) {
  std::string text;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size() - 1);
    text += "  " + lines.substr(at, end - at + 1);
    at = end + 1;
  }
  return text;
}

std::string TextOf(const VerifyFinding& finding, const std::filesystem::path& folder, bool color) {
  const char* begin = !color ? "" : finding.note ? "\033[1;36m" : "\033[1;31m";
  const std::string place = PlaceOf(finding, folder);
  std::string text =
      fmt::format("{}{}:{} {}{}{} [{}]\n", begin, finding.note ? "note" : "error", color ? "\033[0m" : "",
                  Printable(place), place.empty() ? "" : ": ", Sentence(finding), VerifyCodeName(finding.code));
  text += finding.excerpt;
  text += Indented(DifferenceLines(finding.differences, kShownDifferences));
  if (!finding.hint.empty()) text += fmt::format("hint: {}\n", Printable(finding.hint));
  return text;
}

std::string PairSentence(const DatabaseProof& proof) {
  const PairSummary& pairs = proof.summary;
  if (pairs.unordered == 0) return "all migrations have one order";
  std::string text = fmt::format("{} without an order: {} tried in both, {} that touch nothing in common",
                                 Counted(pairs.unordered, "pair"), pairs.checked, pairs.pruned);
  if (pairs.inconclusive > 0) text += fmt::format(", {} that could not be tried", pairs.inconclusive);
  text += pairs.swapped > 0 ? fmt::format("; all in one other order, which swaps {} of them", pairs.swapped)
                            : std::string("; no other order of all could be run to its end");
  return text + "; effects of three together are not proved";
}

std::string MigrationSentence(const DatabaseProof& proof) {
  const auto count = [&](Way MigrationProof::*part, Way way) {
    return std::count_if(proof.migrations.begin(), proof.migrations.end(),
                         [&](const MigrationProof& migration) { return migration.*part == way; });
  };
  const auto none = count(&MigrationProof::down, Way::kNone);
  const auto irreversible = count(&MigrationProof::down, Way::kIrreversible);
  const auto left = count(&MigrationProof::up, Way::kNotTried);
  const std::size_t tried = proof.migrations.size() - static_cast<std::size_t>(irreversible + left);
  std::string text = fmt::format("{} tried up, down and up again", Counted(tried, "migration"));
  const auto alone = std::count_if(proof.migrations.begin(), proof.migrations.end(),
                                   [](const MigrationProof& migration) { return migration.alone; });
  if (alone > 0) text += fmt::format(", {} of them only from what they depend on", alone);
  if (none > 0) text += fmt::format(", {} with nothing to undo", none);
  if (irreversible > 0) text += fmt::format(", {} irreversible", irreversible);
  if (left > 0) text += fmt::format(", {} not tried, because what they depend on fails", left);
  if (proof.in_base > 0) text += fmt::format("; {} of the base only applied", proof.in_base);
  return text;
}

std::string TextOf(const DatabaseProof& proof, const std::filesystem::path& folder, bool color) {
  if (!proof.notice.empty()) return proof.notice + "\n";
  std::string text;
  for (const VerifyFinding& finding : proof.findings) text += TextOf(finding, folder, color);
  text += fmt::format("{}: {}: {}\n", proof.database, Outcome(proof), MigrationSentence(proof));
  return text + fmt::format("  {}\n", PairSentence(proof));
}

Json JsonOf(const VerifyFinding& finding) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  const auto number = [](int value) { return value > 0 ? Json(value) : Json(); };
  return {{"severity", finding.note ? "note" : "error"},
          {"code", VerifyCodeName(finding.code)},
          {"migration", text(finding.migration.str())},
          {"other", text(finding.other.str())},
          {"message", finding.message},
          {"file", text(finding.location.file.string())},
          {"line", number(finding.location.at.line)},
          {"column", number(finding.location.at.column)},
          {"hint", text(finding.hint)},
          {"differences", DifferencesJson(finding.differences)}};
}

Json JsonOf(const DatabaseProof& proof) {
  Json migrations = Json::array();
  for (const MigrationProof& migration : proof.migrations) {
    migrations.push_back({{"id", migration.id.str()},
                          {"up", WayName(migration.up)},
                          {"down", WayName(migration.down)},
                          {"up_again", WayName(migration.up_again)},
                          {"in_copy", migration.in_copy},
                          {"alone", migration.alone}});
    if (!migration.reason.empty()) migrations.back()["reason"] = migration.reason;
  }
  Json pairs = Json::array();
  for (const PairProof& pair : proof.pairs) {
    pairs.push_back(
        {{"first", pair.first.str()}, {"second", pair.second.str()}, {"verdict", VerdictName(pair.verdict)}});
    if (!pair.reason.empty()) pairs.back()["reason"] = pair.reason;
  }
  Json findings = Json::array();
  for (const VerifyFinding& finding : proof.findings) findings.push_back(JsonOf(finding));
  Json json{{"name", proof.database},
            {"ok", proof.ok()},
            {"migrations", std::move(migrations)},
            {"in_base", proof.in_base},
            {"pairs", std::move(pairs)},
            {"pair_counts",
             {{"unordered", proof.summary.unordered},
              {"checked", proof.summary.checked},
              {"pruned", proof.summary.pruned},
              {"inconclusive", proof.summary.inconclusive},
              {"swapped_in_full_order", proof.summary.swapped}}},
            {"findings", std::move(findings)}};
  if (!proof.notice.empty()) json["notice"] = proof.notice;
  return json;
}

std::string MarkdownOf(const VerifyFinding& finding, const std::filesystem::path& folder) {
  const std::string place = PlaceOf(finding, folder);
  std::string text = fmt::format("- {} **{}** {}{}\n", finding.note ? "note:" : "error:", VerifyCodeName(finding.code),
                                 MarkdownCell(Sentence(finding)), place.empty() ? "" : " (`" + place + "`)");
  const std::string lines = finding.excerpt + DifferenceLines(finding.differences, kShownDifferences);
  if (!lines.empty()) text += "\n" + Indented("```diff\n" + lines + "```\n") + "\n";
  if (!finding.hint.empty()) text += fmt::format("  {}\n", MarkdownCell(finding.hint));
  return text;
}

std::string MarkdownOf(const VerifyReport& report) {
  std::string text = fmt::format("### {}\n\n| database | migrations | pairs tried | findings |\n|---|---|---|---|\n",
                                 report.ok() ? "Migrations proved" : "Migrations with findings");
  for (const DatabaseProof& proof : report.databases) {
    text += fmt::format("| {} | {} | {} of {} | {} |\n", MarkdownCell(proof.database), proof.migrations.size(),
                        proof.summary.checked, proof.summary.unordered, Failures(proof));
  }
  for (const DatabaseProof& proof : report.databases) {
    text += fmt::format("\n**{}**: {}\n\n{}\n", MarkdownCell(proof.database),
                        proof.notice.empty() ? MigrationSentence(proof) : MarkdownCell(proof.notice),
                        proof.notice.empty() ? PairSentence(proof) + "." : "");
    if (!proof.findings.empty()) text += "\n";
    for (const VerifyFinding& finding : proof.findings) text += MarkdownOf(finding, report.folder);
  }
  return text;
}

}  // namespace

bool VerifyReport::ok() const {
  return std::all_of(databases.begin(), databases.end(), [](const DatabaseProof& proof) { return proof.ok(); });
}

std::string Render(const VerifyReport& report, Format format, bool color) {
  if (format == Format::kMarkdown) return MarkdownOf(report);
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["ok"] = report.ok();
    document["databases"] = Json::array();
    for (const DatabaseProof& proof : report.databases) document["databases"].push_back(JsonOf(proof));
    if (!report.effects_file.empty()) {
      document["effects"] = Json{{"file", report.effects_file}, {"migrations", report.effects}};
    }
    return JsonText(document);
  }
  std::string text;
  for (const DatabaseProof& proof : report.databases) text += TextOf(proof, report.folder, color);
  if (!report.effects_file.empty()) {
    text += fmt::format("wrote {} ({})\n", report.effects_file, Counted(report.effects, "effect"));
  }
  return text;
}

}  // namespace sqlmig
