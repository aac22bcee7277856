// Which migrations a squash replaces.
#pragma once

#include <string_view>
#include <vector>

#include "plan/situation.h"

namespace sqlmig {

// A set with one way in and one way out: what stands before it is before all of it, what depends on it depends on all
// of it. So one migration can stand in its place.
struct SquashSet {
  std::vector<Node> nodes;       // in plan order; the last is the only one that others depend on
  std::vector<Node> depends_on;  // of the first: what the squash depends on
  bool from_base = false;        // all that the last depends on is in it
};

// FROM..TO: both and all on the paths between them; base..TO: TO and all its ancestors. Throws kTarget with what breaks
// the set: a member that depends on something outside, an outsider that depends on a member other than TO, a FROM that
// is no ancestor of TO, a single migration, a member that is a squash itself and still says what it replaces.
SquashSet FindSquashSet(std::string_view range, const Situation& situation);

}  // namespace sqlmig
