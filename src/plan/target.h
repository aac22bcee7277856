// What a person types to name migrations: syntax here, meaning in Resolve.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plan/situation.h"

namespace sqlmig {

// head, heads, base, current, @tag, +N, -N, an id, a unique prefix of an id or of its slug; head, base, current and ids
// also with +N or -N behind. A name that ends in -N may be an id of that spelling: only the graph can tell, so `name`
// keeps it whole.
struct TargetTerm {
  enum class Kind { kHead, kHeads, kBase, kCurrent, kTag, kSteps, kName };
  Kind kind = Kind::kName;
  std::string name;         // of kTag without '@', of kName as typed
  std::int64_t offset = 0;  // of kSteps; and behind a word
  std::string text;         // as typed
};

// Throws kTarget: empty text, a character that no target has, a number that is too large.
TargetTerm ParseTarget(std::string_view text);
std::vector<TargetTerm> ParseTargets(const std::vector<std::string>& texts);

// What terms stand for in a situation.
struct ResolvedTargets {
  NodeSet nodes;           // named migrations (not their ancestors)
  bool base = false;       // the empty state was named
  std::int64_t steps = 0;  // a single +N or -N
};

// Throws kTarget with candidates and the ways out: nothing of that name ("did you mean"), ambiguous prefix, offset that
// leads outside; kHeads for `head` with several heads. +N and -N stand alone or not at all.
ResolvedTargets ResolveTargets(const std::vector<TargetTerm>& terms, const Situation& situation);

// Exact id, unique prefix of an id, unique prefix of a slug. Throws kTarget.
Node ResolveName(std::string_view name, const Situation& situation);

}  // namespace sqlmig
