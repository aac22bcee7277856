// One database of a fleet, as the list of members names it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/conninfo.h"
#include "support/error.h"

namespace sqlmig {

struct Member {
  std::string name;
  std::optional<Conninfo> conninfo;  // none when there is a problem
  std::optional<int> wave;           // as the list says; none: it does not
  std::vector<std::string> labels;   // "key=value" or a word, sorted
  std::optional<Error> problem;      // why nothing can be done with it
};

}  // namespace sqlmig
