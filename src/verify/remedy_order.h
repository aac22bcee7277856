// In which order statements that make one schema of another can be executed, all in one go.
//
// No catalog of dependencies is asked: what is compared may be a file. Which statement needs which is told by the names
// in them, and in what the objects are like that they drop or change. Names come with their schema wherever the server
// writes them down, so that hardly one is missed; where a word is another thing's name, an order is kept that nothing
// needed.
#pragma once

#include <cstddef>
#include <vector>

#include "catalog/difference.h"
#include "verify/remedy.h"

namespace sqlmig {

struct Fix {
  const Difference* difference;
  const Remedy* remedy;
};

// One statement of the remedy of one item.
struct RemedyStep {
  std::size_t item = 0;
  std::size_t statement = 0;

  friend bool operator==(const RemedyStep&, const RemedyStep&) = default;
};

// Every statement once, and those of one item together, in their order, unless others must come between. `from` is the
// schema that they are executed in, `to` what they make of it.
std::vector<RemedyStep> OrderRemedies(const std::vector<Fix>& fixes, const ObjectIndex& from, const ObjectIndex& to);

}  // namespace sqlmig
