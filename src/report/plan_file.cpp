#include "report/plan_file.h"

#include <algorithm>

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

std::string PlanFileText(const FrozenPlan& plan) {
  Json document{{"sqlmig_plan", 1}, {"tool_version", plan.tool_version}, {"databases", Json::array()}};
  for (const FrozenDatabase& database : plan.databases) {
    Json steps = Json::array();
    for (const FrozenStep& step : database.steps) {
      steps.push_back({{"id", step.id}, {"direction", DirectionName(step.direction)}, {"script_sha256", step.script_hash}});
    }
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
    if (document.at("sqlmig_plan").get<int>() != 1) throw Error(ErrorCode::kUsage, "the plan file is of another version");
    FrozenPlan plan;
    plan.tool_version = document.at("tool_version").get<std::string>();
    for (const Json& entry : document.at("databases")) {
      FrozenDatabase database{entry.at("name"), entry.at("scope"), entry.at("state_sha256"), {}};
      for (const Json& step : entry.at("steps")) {
        database.steps.push_back({step.at("id"), step.at("direction") == "down" ? Direction::kDown : Direction::kUp,
                                  step.at("script_sha256")});
      }
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
