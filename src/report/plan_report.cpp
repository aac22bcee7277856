#include "report/plan_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/error_json.h"
#include "report/fleet_text.h"
#include "report/json.h"
#include "report/loss_json.h"
#include "report/loss_text.h"
#include "report/markdown.h"
#include "support/counted.h"

namespace sqlmig {
namespace {

std::string Flags(const Step& step) {
  std::string flags;
  if (!step.transactional) flags += ", without a transaction";
  if (step.late) flags += ", late";
  if (step.from_ledger) flags += ", script from the ledger";
  return flags;
}

// Members with the same plan are shown once: of a fleet, few plans are different.
struct SamePlan {
  std::string lines;  // of the plan, what it drops and its warnings
  const DatabasePlan* first = nullptr;
  std::vector<std::string> members;
};

std::vector<SamePlan> GroupedPlans(const DatabasePlan& fleet) {
  std::vector<SamePlan> groups;
  for (const DatabasePlan& member : fleet.members) {
    const std::string lines = member.error ? fmt::format("error {}", ErrorCodeName(member.error->code()))
                                           : PlanLines(member.plan) + LossLines(member.destroys);
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const SamePlan& known) { return known.lines == lines; });
    if (group == groups.end()) group = groups.insert(groups.end(), {lines, &member, {}});
    group->members.push_back(member.name);
  }
  return groups;
}

std::string TextOfGroup(const SamePlan& group) {
  const std::string who = fmt::format("{} ({})", Counted(group.members.size(), "member"), ShownNames(group.members));
  if (group.first->error) return fmt::format("{}: no plan\n", who);
  if (group.first->plan.empty()) return fmt::format("{}: nothing to do\n", who);
  return fmt::format("{}: {}\n{}", who, Counted(group.first->plan.steps.size(), "step"), group.lines);
}

std::string FleetPlanText(const DatabasePlan& fleet) {
  if (fleet.members.empty()) return fmt::format("{}: the fleet has no members\n", fleet.name);
  std::string text;
  for (const SamePlan& group : GroupedPlans(fleet)) text += fmt::format("{}: {}", fleet.name, TextOfGroup(group));
  return text;
}

std::string MarkdownOf(const DatabasePlan& database);

std::string FleetPlanMarkdown(const DatabasePlan& fleet) {
  std::string text;
  for (const SamePlan& group : GroupedPlans(fleet)) {
    DatabasePlan shown = *group.first;
    shown.name = fmt::format("{}: {}", fleet.name, Counted(group.members.size(), "member"));
    text += MarkdownOf(shown);
    text += MarkdownCell(ShownNames(group.members)) + "\n\n";
  }
  return text;
}

std::string MarkdownOf(const DatabasePlan& database) {
  if (database.fleet) return FleetPlanMarkdown(database);
  std::string text = fmt::format("### {}\n\n", database.name);
  if (!database.notice.empty()) return text + database.notice + "\n\n";
  if (database.error) return text + fmt::format("> {}\n\n", database.error->message());
  if (database.plan.empty()) return text + fmt::format("Nothing to do ({} applied).\n\n", database.applied);
  text += "| # | step | migration | why |\n|--:|---|---|---|\n";
  for (std::size_t i = 0; i < database.plan.steps.size(); ++i) {
    const Step& step = database.plan.steps[i];
    text += fmt::format("| {} | {} | `{}` | {} |\n", i + 1, DirectionName(step.direction), step.id.str(),
                        MarkdownCell(step.reason + Flags(step)));
  }
  for (const RowLoss& loss : database.destroys) text += fmt::format("\n> {}\n", MarkdownCell(LossText(loss)));
  for (const std::string& warning : database.warnings) text += fmt::format("\n> {}\n", warning);
  return text + "\n";
}

Json JsonOf(const DatabasePlan& database) {
  if (database.fleet) {
    Json json{{"name", database.name}, {"members", Json::array()}};
    for (const DatabasePlan& member : database.members) json["members"].push_back(JsonOf(member));
    if (database.error) json["error"] = ErrorJson(*database.error);
    return json;
  }
  Json steps = Json::array();
  for (const Step& step : database.plan.steps) {
    steps.push_back({{"id", step.id.str()},
                     {"direction", DirectionName(step.direction)},
                     {"transactional", step.transactional},
                     {"reason", step.reason},
                     {"late", step.late}});
  }
  Json json{{"name", database.name}, {"steps", std::move(steps)}};
  if (!database.destroys.empty()) json["destroys"] = LossesJson(database.destroys);
  if (!database.warnings.empty()) json["warnings"] = database.warnings;
  if (!database.notice.empty()) json["notice"] = database.notice;
  if (database.error) json["error"] = ErrorJson(*database.error);
  return json;
}

}  // namespace

std::string PlanLines(const Plan& plan) {
  std::size_t width = 0;
  for (const Step& step : plan.steps) width = std::max(width, step.id.str().size());
  std::string text;
  for (const Step& step : plan.steps) {
    text += fmt::format("  {:<4} {:<{}}  {}{}\n", DirectionName(step.direction), step.id.str(), width, step.reason,
                        Flags(step));
  }
  return text;
}

std::string Render(const PlanReport& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["databases"] = Json::array();
    const Error* first = nullptr;
    for (const DatabasePlan& database : report.databases) {
      document["databases"].push_back(JsonOf(database));
      if (first == nullptr && database.error) first = &*database.error;
    }
    if (first != nullptr) document["error"] = ErrorJson(*first);
    return JsonText(document);
  }
  std::string text;
  for (const DatabasePlan& database : report.databases) {
    if (format == Format::kMarkdown) {
      text += MarkdownOf(database);
    } else if (database.fleet) {
      text += FleetPlanText(database);
    } else if (!database.notice.empty()) {
      text += database.notice + "\n";
    } else if (database.error) {
      text += fmt::format("{}: no plan\n", database.name);
    } else if (database.plan.empty()) {
      text += fmt::format("{}: nothing to do ({} applied)\n", database.name, database.applied);
    } else {
      text += fmt::format("{}: {}\n{}", database.name, Counted(database.plan.steps.size(), "step"),
                          PlanLines(database.plan));
      text += LossLines(database.destroys);
    }
  }
  return text;
}

}  // namespace sqlmig
