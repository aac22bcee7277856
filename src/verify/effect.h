// What a migration's up does to a schema, as a value: what it changed, before and after, and what it looked at. Two
// migrations whose effects have nothing in common give the same schema in either order.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/snapshot.h"

namespace sqlmig {

struct ObjectChange {
  std::string kind;
  std::string name;
  std::optional<CatalogObject> before;  // nothing: it was not there
  std::optional<CatalogObject> after;

  const CatalogObject& any() const { return before ? *before : *after; }
};

// A relation that a session had locked when the script was done.
struct LockedRelation {
  std::string name;  // as CatalogObject has it; of an index: its table
  std::string mode;  // "AccessShareLock"
};

struct Effect {
  std::vector<ObjectChange> changes;  // ordered by (kind, name)
  std::set<std::string> written;      // relations whose definition or rows it changed
  std::set<std::string> read;         // relations that it used in any other way
  std::set<std::string> names;        // bare names of all that it changed but parts of relations, in lower case
  // Words of the script, of the definitions of all relations that it used and of the functions that those name: what
  // it may have called without a lock. In lower case.
  std::set<std::string> words;
  bool reads_catalog = false;  // what the script does may depend on anything: it asked the catalog, or acts on ALL
  bool is_global = false;      // it changed something that may matter to anything, as an extension does
};

// All objects that differ.
std::vector<ObjectChange> ChangesBetween(const Snapshot& before, const Snapshot& after);

// The effect of a script that made `after` of `before`. `locked`: nothing when it is not known.
Effect EffectOf(std::string_view script, const Snapshot& before, const Snapshot& after,
                const std::vector<LockedRelation>& locked);

// Whether the order of the two may matter. True when in doubt.
bool MayInterfere(const Effect& a, const Effect& b);

// Words of SQL text: names and keywords, in lower case, and quoted names as a whole.
void AddWords(std::string_view text, std::set<std::string>* words);

// The last part of a name, without quotes and arguments, in lower case: "f" of `public."F"(integer)`.
std::string BareName(std::string_view name);

}  // namespace sqlmig
