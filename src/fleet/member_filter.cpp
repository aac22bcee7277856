#include "fleet/member_filter.h"

#include <algorithm>

#include <fmt/format.h>
#include <fnmatch.h>

#include "support/edit_distance.h"

namespace sqlmig {
namespace {

bool Fits(const Member& member, const std::string& pattern) {
  const auto fits = [&](const std::string& text) {
    return text == pattern || fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
  };
  return fits(member.name) || std::any_of(member.labels.begin(), member.labels.end(), fits);
}

bool FitsOneOf(const Member& member, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return Fits(member, pattern); });
}

Error NobodyFits(const std::vector<Member>& members, const std::string& pattern) {
  std::vector<std::string> names;
  for (const Member& member : members) names.push_back(member.name);
  const auto near = DidYouMean(pattern, names);
  return Error(ErrorCode::kTarget, fmt::format("no member of the fleet fits '{}'", pattern))
      .Hint(
          near ? fmt::format("did you mean '{}'?", *near)
               : "a pattern is a name or a label, with * and ? for what may differ; 'sqlmig status' lists the members");
}

}  // namespace

std::vector<Member> Filtered(std::vector<Member> members, const MemberFilter& filter) {
  for (const std::string& pattern : filter.only) {
    const bool used =
        std::any_of(members.begin(), members.end(), [&](const Member& member) { return Fits(member, pattern); });
    if (!used) throw NobodyFits(members, pattern);
  }
  std::erase_if(members, [&](const Member& member) {
    return (!filter.only.empty() && !FitsOneOf(member, filter.only)) || FitsOneOf(member, filter.exclude);
  });
  return members;
}

}  // namespace sqlmig
