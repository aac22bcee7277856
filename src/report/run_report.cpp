#include "report/run_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/difference_json.h"
#include "report/error_json.h"
#include "report/fleet_text.h"
#include "report/loss_json.h"
#include "support/counted.h"

namespace sqlmig {
namespace {

std::string Seconds(std::int64_t ms) {
  return ms < 1000 ? fmt::format("{} ms", ms) : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
}

std::string TextOf(const DatabaseRun& run) {
  if (!run.notice.empty()) return run.notice + "\n";
  if (run.fleet) return FleetText(run);
  const RunResult& result = run.result;
  if (result.run.empty() && !result.error) {
    return fmt::format("{}: nothing to do ({} applied)\n", run.name, run.applied_before);
  }
  std::size_t up = 0;
  std::size_t down = 0;
  std::int64_t total = 0;
  for (const StepResult& step : result.done) {
    ++(step.step.direction == Direction::kUp ? up : down);
    total += step.duration_ms;
  }
  std::string did;
  if (down > 0) did = Counted(down, "migration") + " rolled back";
  if (up > 0)
    did += (did.empty() ? "" : ", ") + Counted(up, "migration") +
           (run.fake ? " recorded as applied, no SQL was run" : " applied");
  std::string text = run.name + ": ";
  if (did.empty()) {
    // What a step without a transaction did before it failed stays, so nothing is said of that here.
    text += result.failed  ? result.failed->step.id.str() + " failed"
            : result.error ? "failed, nothing was changed"
                           : "nothing was changed";
  } else {
    text += run.fake ? did : fmt::format("{} in {}", did, Seconds(total));
    if (result.failed) text += fmt::format(", then {} failed", result.failed->step.id.str());
  }
  if (!result.error && run.current_after) {
    text += fmt::format("; now at {}",
                        run.current_after->empty() ? "base" : fmt::format("{}", fmt::join(*run.current_after, ", ")));
  }
  return text + "\n";
}

const Error* ErrorOf(const DatabaseRun& run) {
  if (run.result.error) return &*run.result.error;
  return run.dump_error ? &*run.dump_error : nullptr;
}

// Nothing: it was not looked at.
Json ProofJson(const DatabaseRun& run, const Step& step) {
  const auto proof = run.proofs.find(step.id);
  if (step.direction != Direction::kDown || proof == run.proofs.end()) return {};
  if (!proof->second.problem.empty()) return Json{{"restored", nullptr}, {"problem", proof->second.problem}};
  Json json{{"restored", proof->second.differences.empty()}};
  if (!proof->second.differences.empty()) json["differences"] = DifferencesJson(proof->second.differences);
  return json;
}

Json StepJson(const DatabaseRun& run, const StepResult& step) {
  Json json{
      {"id", step.step.id.str()}, {"direction", DirectionName(step.step.direction)}, {"duration_ms", step.duration_ms}};
  if (Json proof = ProofJson(run, step.step); !proof.is_null()) json["proof"] = std::move(proof);
  return json;
}

Json FailedJson(const DatabaseRun& run) {
  if (!run.result.failed) return {};
  const Step& step = run.result.failed->step;
  Json json{{"id", step.id.str()}, {"direction", DirectionName(step.direction)}};
  if (Json proof = ProofJson(run, step); !proof.is_null()) json["proof"] = std::move(proof);
  return json;
}

Json JsonOf(const DatabaseRun& run);

Json FleetJson(const DatabaseRun& run) {
  const FleetCounts counts = CountMembers(run);
  Json json{{"name", run.name}, {"outcome", run.result.outcome}};
  json["counts"] = {{"members", run.members.size()}, {"changed", counts.changed},     {"nothing", counts.nothing},
                    {"failed", counts.failed},       {"not_begun", counts.not_begun}, {"steps", counts.steps}};
  json["members"] = Json::array();
  for (const DatabaseRun& member : run.members) json["members"].push_back(JsonOf(member));
  if (const Error* const error = ErrorOf(run)) json["error"] = ErrorJson(*error);
  return json;
}

Json JsonOf(const DatabaseRun& run) {
  if (run.fleet) return FleetJson(run);
  Json json{{"name", run.name}, {"run", run.result.run.empty() ? Json() : Json(run.result.run)}};
  json["outcome"] = !run.begun ? "not_begun" : run.notice.empty() ? run.result.outcome : "skipped";
  json["steps"] = Json::array();
  for (const StepResult& step : run.result.done) json["steps"].push_back(StepJson(run, step));
  json["failed"] = FailedJson(run);
  json["current"] = run.current_after ? Json(*run.current_after) : Json();
  if (!run.destroys.empty()) json["destroys"] = LossesJson(run.destroys);
  if (run.fake) json["fake"] = true;
  if (!run.notice.empty()) json["notice"] = run.notice;
  if (run.dump) json["schema_file"] = {{"file", run.dump->file.string()}, {"written", run.dump->written}};
  if (const Error* const error = ErrorOf(run)) json["error"] = ErrorJson(*error);
  return json;
}

}  // namespace

std::string Render(const RunReport& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["databases"] = Json::array();
    const Error* first = nullptr;
    for (const DatabaseRun& run : report.databases) {
      document["databases"].push_back(JsonOf(run));
      if (first == nullptr) first = ErrorOf(run);
    }
    if (first != nullptr) document["error"] = ErrorJson(*first);
    return JsonText(document);
  }
  std::string text;
  for (const DatabaseRun& run : report.databases) {
    text += TextOf(run);
    if (run.dump) text += DumpLine(*run.dump, report.folder);
  }
  return text;
}

}  // namespace sqlmig
