#include "report/plan_file.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "report/json.h"
#include "support/error.h"
#include "support/sha256.h"

namespace sqlmig {

std::string StateHash(std::vector<std::string> applied) {
  std::sort(applied.begin(), applied.end());
  Sha256Stream stream;
  for (const std::string& id : applied) stream.Add(id + "\n");
  return ToHex(stream.Finish());
}

namespace {

constexpr int kVersion = 2;

Json TimeoutJson(const std::optional<std::chrono::milliseconds>& timeout) {
  return timeout ? Json(timeout->count()) : Json();
}

std::optional<std::chrono::milliseconds> TimeoutOf(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return std::chrono::milliseconds(json.get<std::int64_t>());
}

Json StepJson(const FrozenStep& step) {
  return {{"id", step.id},
          {"direction", DirectionName(step.direction)},
          {"script_sha256", step.script_hash},
          {"transactional", step.transactional},
          {"settings", step.settings.settings},
          {"lock_timeout_ms", TimeoutJson(step.settings.lock_timeout)},
          {"statement_timeout_ms", TimeoutJson(step.settings.statement_timeout)}};
}

FrozenStep StepOf(const Json& json) {
  FrozenStep step;
  step.id = json.at("id");
  step.direction = json.at("direction") == "down" ? Direction::kDown : Direction::kUp;
  step.script_hash = json.at("script_sha256");
  step.transactional = json.at("transactional");
  step.settings.settings = json.at("settings").get<std::map<std::string, std::string>>();
  step.settings.lock_timeout = TimeoutOf(json.at("lock_timeout_ms"));
  step.settings.statement_timeout = TimeoutOf(json.at("statement_timeout_ms"));
  return step;
}

}  // namespace

std::string PlanFileText(const FrozenPlan& plan) {
  Json document{{"sqlmig_plan", kVersion}, {"tool_version", plan.tool_version}, {"databases", Json::array()}};
  for (const FrozenDatabase& database : plan.databases) {
    Json steps = Json::array();
    for (const FrozenStep& step : database.steps) steps.push_back(StepJson(step));
    document["databases"].push_back({{"name", database.name},
                                     {"scope", database.scope},
                                     {"state_sha256", database.state_hash},
                                     {"steps", std::move(steps)}});
  }
  return JsonText(document);
}

FrozenPlan ParsePlanFile(const std::string& text) {
  try {
    const Json document = Json::parse(text);
    if (document.at("sqlmig_plan").get<int>() != kVersion) {
      throw Error(ErrorCode::kUsage, "the plan file was written by another version of sqlmig")
          .Hint("freeze the plan again with 'sqlmig plan --out FILE'");
    }
    FrozenPlan plan;
    plan.tool_version = document.at("tool_version").get<std::string>();
    for (const Json& entry : document.at("databases")) {
      FrozenDatabase database{entry.at("name"), entry.at("scope"), entry.at("state_sha256"), {}};
      for (const Json& step : entry.at("steps")) database.steps.push_back(StepOf(step));
      plan.databases.push_back(std::move(database));
    }
    return plan;
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(ErrorCode::kUsage, fmt::format("this is not a plan file: it is no JSON at byte {}", error.byte))
        .Hint("'sqlmig plan --out FILE' writes one");
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorCode::kUsage, "this is not a plan file: it lacks what every plan has")
        .Hint("'sqlmig plan --out FILE' writes one");
  }
}

}  // namespace sqlmig
