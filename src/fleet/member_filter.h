#pragma once

#include <string>
#include <vector>

#include "fleet/member.h"

namespace sqlmig {

// Which members are meant: --only and --exclude. A pattern is a member's name, one of its labels ("canary",
// "region=eu"), or either with * and ? in it.
struct MemberFilter {
  std::vector<std::string> only;  // empty: all
  std::vector<std::string> exclude;
};

// Keeps the order. Throws kTarget for a pattern of `only` that no member fits, with what may have been meant.
std::vector<Member> Filtered(std::vector<Member> members, const MemberFilter& filter);

}  // namespace sqlmig
