// `drift: {ignore: [...]}`: which differences of schemas are not to be told.
//
//   [kind ]name[:what]     "table public.tmp_*", "index *_idx", "public.users.*:comment", "function *:owner"
//   privilege:role         "privilege:reporting_*", all that was granted to such roles; the same as "*:privileges of
//   ..."
//
//   kind[:what]            "extension", all of that kind
//
// '*' stands for any characters, '?' for one; all else is literal. Names are as SQL has them, with their schema.
// Without `what` a pattern also takes what belongs to the object: the columns of a table, the index of a constraint.
#pragma once

#include <string>
#include <string_view>

#include "support/error.h"

namespace sqlmig {

struct IgnorePattern {
  std::string text;  // as written
  std::string kind;  // empty: any
  std::string name;
  std::string what;  // empty: any

  friend bool operator==(const IgnorePattern&, const IgnorePattern&) = default;
};

// Throws kUsage with what is wrong, as a sentence without its subject ("has an unknown kind 'tabel'"), and a hint.
IgnorePattern ParseIgnorePattern(std::string_view text);

// "table" and "public.users" of "table public.users": kinds may have several words. An unknown kind is empty.
struct ObjectReference {
  std::string kind;
  std::string name;

  friend bool operator==(const ObjectReference&, const ObjectReference&) = default;
};
ObjectReference ParseReference(std::string_view text);

bool MatchesGlob(std::string_view glob, std::string_view text);

// Whether the pattern names this object; `what` empty: all of it.
bool Matches(const IgnorePattern& pattern, const ObjectReference& object, std::string_view what);

}  // namespace sqlmig
