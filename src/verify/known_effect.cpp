#include "verify/known_effect.h"

#include <algorithm>

#include "verify/sql_form.h"

namespace sqlmig {
namespace {

bool IsPosition(const CatalogObject& object, const std::string& property) {
  return property == "position" && (object.kind == "column" || object.kind == "attribute");
}

bool SameIn(const CatalogObject& a, const CatalogObject& b, const std::string& property) {
  const auto found_a = a.properties.find(property);
  const auto found_b = b.properties.find(property);
  if (found_a == a.properties.end() || found_b == b.properties.end()) {
    return found_a == a.properties.end() && found_b == b.properties.end();
  }
  return found_a->second == found_b->second;
}

// `side` without what the other has just so.
CatalogObject OnlyChanged(const CatalogObject& side, const CatalogObject& other) {
  CatalogObject changed{side.kind, side.name, side.parent, {}};
  for (const auto& [property, value] : side.properties) {
    if (!SameIn(side, other, property) && !IsPosition(side, property)) changed.properties.emplace(property, value);
  }
  return changed;
}

CatalogObject WithoutPosition(CatalogObject object) {
  std::erase_if(object.properties, [&](const auto& property) { return IsPosition(object, property.first); });
  return object;
}

// What of the object that is there now is compared with `change.before`.
CatalogObject Compared(const CatalogObject& object, const ObjectChange& change) {
  CatalogObject compared{object.kind, object.name, object.parent, {}};
  for (const auto& [property, value] : object.properties) {
    const bool was_there = change.before && change.before->properties.contains(property);
    const bool was_changed = change.after && change.after->properties.contains(property);
    const bool granted = property.starts_with("privileges");
    const bool whole = !change.before || !change.after;
    if (was_there || was_changed || (whole && !granted && !IsPosition(object, property))) {
      compared.properties.emplace(property, value);
    }
  }
  return compared;
}

}  // namespace

std::vector<ObjectChange> TouchedObjects(const Snapshot& before, const Snapshot& after) {
  std::vector<ObjectChange> touched;
  for (ObjectChange& change : ChangesBetween(before, after)) {
    if (change.before && change.after) {
      const CatalogObject old_side = OnlyChanged(*change.before, *change.after);
      const CatalogObject new_side = OnlyChanged(*change.after, *change.before);
      if (old_side == new_side) continue;  // only its place among the columns
      change.before = old_side;
      change.after = new_side;
    } else if (change.before) {
      change.before = WithoutPosition(*std::move(change.before));
    } else {
      change.after = WithoutPosition(*std::move(change.after));
    }
    touched.push_back(std::move(change));
  }
  return touched;
}

std::vector<Difference> NotRestored(const std::vector<ObjectChange>& touched, const Snapshot& found) {
  const ObjectIndex index(found);
  std::vector<CatalogObject> expected;
  std::vector<CatalogObject> there;
  for (const ObjectChange& change : touched) {
    if (change.before) expected.push_back(*change.before);
    const CatalogObject* const object = index.Find(change.kind, change.name);
    if (object != nullptr) there.push_back(Compared(*object, change));
  }
  std::vector<Difference> differences = Compare(Snapshot(std::move(expected)), Snapshot(std::move(there)));
  std::erase_if(differences, IsColumnOrder);
  return differences;
}

const KnownEffect* DatabaseEffects::Find(const std::string& up, const std::string& down) const {
  const auto found = std::find_if(migrations.begin(), migrations.end(),
                                  [&](const KnownEffect& effect) { return effect.up == up && effect.down == down; });
  return found == migrations.end() ? nullptr : &*found;
}

}  // namespace sqlmig
