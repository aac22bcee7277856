#include "verify/effect.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

namespace sqlmig {
namespace {

constexpr std::size_t kMaxNameBytes = 63;

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Whoever uses them uses what they belong to.
bool IsPart(const CatalogObject& object) {
  static constexpr std::array<std::string_view, 7> kParts = {"column", "constraint", "trigger",          "policy",
                                                             "rule",   "attribute",  "domain constraint"};
  return std::find(kParts.begin(), kParts.end(), object.kind) != kParts.end();
}

// Kinds that say by their name alone who uses them: a script, or a definition, that does has the name in it. All others
// (extensions, casts, operators, event triggers, default privileges, publications ...) may act unnamed.
bool IsNamedWhereUsed(const CatalogObject& object) {
  static constexpr std::array<std::string_view, 15> kNamed = {
      "table",     "foreign table", "view",   "materialized view", "sequence",  "index", "type", "domain", "function",
      "procedure", "aggregate",     "schema", "statistics object", "collation", "server"};
  return IsPart(object) || std::find(kNamed.begin(), kNamed.end(), object.kind) != kNamed.end();
}

bool IsRoutine(const CatalogObject& object) {
  return object.kind == "function" || object.kind == "procedure" || object.kind == "aggregate";
}

struct Owner {
  std::string kind;
  std::string name;
};

// "table" and "public.users" of "table public.users": the kind may have several words, and the name blanks in quotes.
Owner OwnerOf(const std::string& parent) {
  static constexpr std::array<std::string_view, 8> kKinds = {
      "table", "view", "materialized view", "foreign table", "sequence", "type", "domain", "index"};
  for (std::size_t at = parent.find(' '); at != std::string::npos; at = parent.find(' ', at + 1)) {
    const std::string kind = parent.substr(0, at);
    if (std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end()) return {kind, parent.substr(at + 1)};
  }
  return {"", parent};
}

bool HasRelationLocks(const std::string& kind) {
  return kind.ends_with("table") || kind.ends_with("view") || kind == "sequence";
}

// The relation that an object is or belongs to; empty: none.
std::string RelationOf(const CatalogObject& object) {
  if (!object.parent.empty()) {
    Owner owner = OwnerOf(object.parent);
    if (HasRelationLocks(owner.kind)) return std::move(owner.name);
  }
  return HasRelationLocks(object.kind) ? object.name : std::string();
}

// The name by which scripts use what an object is or belongs to; empty: they have locked a relation then.
std::string NameInUse(const CatalogObject& object) {
  if (!IsPart(object)) return BareName(object.name);
  const Owner owner = OwnerOf(object.parent);
  return HasRelationLocks(owner.kind) ? std::string() : BareName(owner.name);
}

void AddDefinition(const CatalogObject& object, std::set<std::string>* words) {
  AddWords(object.name, words);
  for (const auto& [name, value] : object.properties) AddWords(value, words);
}

bool HasCommon(const std::set<std::string>& a, const std::set<std::string>& b) {
  const std::set<std::string>& few = a.size() < b.size() ? a : b;
  const std::set<std::string>& many = a.size() < b.size() ? b : a;
  return std::any_of(few.begin(), few.end(), [&](const std::string& item) { return many.contains(item); });
}

// Routines are called by name in texts; what those call in turn stands in theirs.
void AddRoutines(const Snapshot& snapshot, std::set<std::string>* words) {
  std::multimap<std::string, const CatalogObject*> routines;
  for (const CatalogObject& object : snapshot.objects()) {
    if (IsRoutine(object)) routines.emplace(BareName(object.name), &object);
  }
  bool grown = !routines.empty();
  while (grown) {
    grown = false;
    for (auto routine = routines.begin(); routine != routines.end();) {
      if (!words->contains(routine->first)) {
        ++routine;
        continue;
      }
      AddDefinition(*routine->second, words);
      routine = routines.erase(routine);
      grown = true;
    }
  }
}

// A lock that plain reading, or a foreign key to the relation, takes. With stronger ones rows or definition are
// changed, or might be.
bool IsReadersLock(const std::string& mode) {
  return mode == "AccessShareLock" || mode == "RowShareLock" || mode == "ShareLock" || mode == "ShareRowExclusiveLock";
}

// Statements that look for themselves which objects they are about: GRANT ... ON ALL TABLES IN SCHEMA, DROP OWNED,
// REASSIGN OWNED, ALTER TABLE ALL IN TABLESPACE, IMPORT FOREIGN SCHEMA. Words of comments may make more of them.
bool PicksItsObjects(const std::set<std::string>& words) {
  const auto has = [&](const char* word) { return words.contains(word); };
  return (has("all") && (has("schema") || has("tablespace"))) || (has("owned") && (has("drop") || has("reassign"))) ||
         (has("import") && has("foreign"));
}

}  // namespace

void AddWords(std::string_view text, std::set<std::string>* words) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      // Any quote may be the first or the last of a name: which, a string or a comment before it may hide.
      const std::size_t end = text.find('"', at + 1);
      const bool is_name = end != std::string_view::npos && end - at - 1 <= kMaxNameBytes;
      if (is_name) words->insert(Lower(text.substr(at + 1, end - at - 1)));
      ++at;
      continue;
    }
    if (!IsWordByte(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && IsWordByte(text[at])) ++at;
    words->insert(Lower(text.substr(begin, at - begin)));
  }
}

std::string BareName(std::string_view name) {
  std::size_t begin = 0;
  std::size_t end = name.size();
  bool quoted = false;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '"') quoted = !quoted;
    if (quoted) continue;
    if (name[at] == '(') {
      end = at;
      break;
    }
    if (name[at] == '.') begin = at + 1;
  }
  std::string bare = Lower(name.substr(begin, end - begin));
  bare.erase(std::remove(bare.begin(), bare.end(), '"'), bare.end());
  return bare;
}

std::vector<ObjectChange> ChangesBetween(const Snapshot& before, const Snapshot& after) {
  const auto key = [](const CatalogObject& object) { return std::tie(object.kind, object.name); };
  std::vector<ObjectChange> changes;
  auto old_one = before.objects().begin();
  auto new_one = after.objects().begin();
  const auto old_end = before.objects().end();
  const auto new_end = after.objects().end();
  while (old_one != old_end || new_one != new_end) {
    if (new_one == new_end || (old_one != old_end && key(*old_one) < key(*new_one))) {
      changes.push_back({old_one->kind, old_one->name, *old_one, std::nullopt});
      ++old_one;
    } else if (old_one == old_end || key(*new_one) < key(*old_one)) {
      changes.push_back({new_one->kind, new_one->name, std::nullopt, *new_one});
      ++new_one;
    } else {
      const bool same = old_one->parent == new_one->parent && old_one->properties == new_one->properties;
      if (!same) changes.push_back({old_one->kind, old_one->name, *old_one, *new_one});
      ++old_one;
      ++new_one;
    }
  }
  return changes;
}

Effect EffectOf(std::string_view script, const Snapshot& before, const Snapshot& after,
                const std::vector<LockedRelation>& locked) {
  Effect effect;
  effect.changes = ChangesBetween(before, after);
  for (const ObjectChange& change : effect.changes) {
    const CatalogObject& object = change.any();
    effect.is_global = effect.is_global || !IsNamedWhereUsed(object);
    if (std::string name = NameInUse(object); !name.empty()) effect.names.insert(std::move(name));
    for (const auto& side : {change.before, change.after}) {
      if (!side) continue;
      AddDefinition(*side, &effect.words);
      if (std::string relation = RelationOf(*side); !relation.empty()) effect.written.insert(std::move(relation));
      if (HasRelationLocks(side->kind)) effect.written.insert(side->name);
    }
  }
  for (const LockedRelation& lock : locked) {
    (IsReadersLock(lock.mode) ? effect.read : effect.written).insert(lock.name);
  }
  std::set<std::string> own_words;
  AddWords(script, &own_words);
  effect.reads_catalog = PicksItsObjects(own_words);
  effect.words.merge(own_words);
  for (const CatalogObject& object : after.objects()) {
    const std::string relation = RelationOf(object);
    if (effect.read.contains(relation) || effect.written.contains(relation)) AddDefinition(object, &effect.words);
  }
  AddRoutines(after, &effect.words);
  return effect;
}

bool MayInterfere(const Effect& a, const Effect& b) {
  const auto changes = [](const Effect& effect) { return !effect.changes.empty(); };
  if (a.is_global || b.is_global) return true;
  if ((a.reads_catalog && changes(b)) || (b.reads_catalog && changes(a))) return true;
  return HasCommon(a.written, b.written) || HasCommon(a.written, b.read) || HasCommon(a.read, b.written) ||
         HasCommon(a.names, b.words) || HasCommon(a.words, b.names);
}

}  // namespace sqlmig
