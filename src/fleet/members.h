// Makes members of a list: what is wrong with one of them is that member's problem, and never the run's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/member.h"
#include "fleet/member_table.h"

namespace sqlmig {

struct MemberPlaces {
  // Where a url that is only the name of a database is completed from; none: nothing says it.
  std::optional<Conninfo> base;
  // What a url does not say, as for any other database (Conninfo::AddFrom).
  std::function<std::optional<std::string>(std::string_view)> environment;
};

// In the order of the list. Columns: name and url; optional are wave (a number), labels (words or key=value, between
// spaces or commas); every other column is a label of its name. Throws kMember when name or url is no column.
std::vector<Member> MakeMembers(const MemberTable& table, const MemberPlaces& places);

}  // namespace sqlmig
