#include "report/fleet_text.h"

#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/counted.h"

namespace sqlmig {
namespace {

constexpr std::size_t kShownNames = 10;

}  // namespace

std::string ShownNames(std::vector<std::string> names) {
  const std::size_t all = names.size();
  if (all > kShownNames) names.resize(kShownNames);
  const std::string more = all > kShownNames ? fmt::format(" and {} more", all - kShownNames) : "";
  return fmt::format("{}{}", fmt::join(names, ", "), more);
}

FleetCounts CountMembers(const DatabaseRun& fleet) {
  FleetCounts counts;
  for (const DatabaseRun& member : fleet.members) {
    counts.steps += member.result.done.size();
    if (!member.begun) {
      ++counts.not_begun;
    } else if (member.result.error || member.dump_error) {
      ++counts.failed;
    } else if (member.result.done.empty()) {
      ++counts.nothing;
    } else {
      ++counts.changed;
    }
  }
  return counts;
}

std::string FleetText(const DatabaseRun& fleet) {
  const FleetCounts counts = CountMembers(fleet);
  std::vector<std::string> parts;
  if (counts.changed > 0)
    parts.push_back(fmt::format("{} migrated ({})", counts.changed, Counted(counts.steps, "step")));
  if (counts.nothing > 0) parts.push_back(fmt::format("{} with nothing to do", counts.nothing));
  if (counts.failed > 0) parts.push_back(fmt::format("{} failed", counts.failed));
  if (counts.not_begun > 0) parts.push_back(fmt::format("{} not begun", counts.not_begun));
  if (parts.empty()) return fmt::format("{}: the fleet has no members\n", fleet.name);
  std::string text =
      fmt::format("{}: {}: {}\n", fleet.name, Counted(fleet.members.size(), "member"), fmt::join(parts, ", "));
  std::map<std::string, std::vector<std::string>> failed;  // names by code
  std::vector<std::string> not_begun;
  for (const DatabaseRun& member : fleet.members) {
    if (!member.begun) not_begun.push_back(member.name);
    const auto& error = member.result.error ? member.result.error : member.dump_error;
    if (member.begun && error) failed[std::string(ErrorCodeName(error->code()))].push_back(member.name);
  }
  for (auto& [code, names] : failed) text += fmt::format("  {}: {}\n", code, ShownNames(std::move(names)));
  if (!not_begun.empty()) text += fmt::format("  not begun: {}\n", ShownNames(std::move(not_begun)));
  return text;
}

}  // namespace sqlmig
