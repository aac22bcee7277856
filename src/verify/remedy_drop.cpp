// How an object is taken away.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "verify/remedy.h"
#include "verify/remedy_kinds.h"
#include "verify/used_names.h"

namespace sqlmig {

// How many of the statements drop the object, to begin with.
std::size_t Remedies::LeadingDrops(const CatalogObject* object, const std::vector<std::string>& statements) const {
  const Statements drop =
      object == nullptr || IsListedForPrivileges(*object) || IsInherited(*object) ? std::nullopt : Drop(*object);
  if (!drop || drop->size() > statements.size()) return 0;
  return std::equal(drop->begin(), drop->end(), statements.begin()) ? drop->size() : 0;
}

Remedies::Statements Remedies::Drop(const CatalogObject& object) const {
  if (!PropertyOf(object, "inherited from").empty()) return ChangeTableLineage(object);
  if (IsListedForPrivileges(object)) {
    const CatalogObject none{object.kind, object.name, object.parent, {}};
    std::vector<std::string> statements;
    for (const auto& [name, value] : object.properties) {
      const Statements some = Change(object, none, name);
      if (!some) return std::nullopt;
      statements.insert(statements.end(), some->begin(), some->end());
    }
    return statements;
  }
  if (object.kind == "column") {
    const bool of_table = object.parent.starts_with("table ") || object.parent.starts_with("foreign table ");
    if (of_table && IsInherited(object)) return ChangeTableLineage(object);
    if (!of_table) return std::nullopt;
    return JustOne(fmt::format("ALTER TABLE {} DROP COLUMN {}", ParentName(object), ShortNameOf(object)));
  }
  if (object.kind == "attribute") {
    return JustOne(fmt::format("ALTER TYPE {} DROP ATTRIBUTE {}", ParentName(object), ShortNameOf(object)));
  }
  if (object.kind == "constraint") {
    return JustOne(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", ParentName(object), ShortNameOf(object)));
  }
  if (object.kind == "domain constraint") {
    return JustOne(fmt::format("ALTER DOMAIN {} DROP CONSTRAINT {}", ParentName(object), ShortNameOf(object)));
  }
  if (object.kind == "index" && object.parent.starts_with("constraint ")) return std::nullopt;
  if (IsMadeOfFunctions(object)) return JustOne(DropOfFunctions(object));
  const auto target = DropTarget(object);
  if (!target) return std::nullopt;
  Statements statements = DropFirst(object);
  if (!statements) return std::nullopt;
  statements->push_back("DROP " + *target);
  return statements;
}

// The tables that a table's foreign keys refer to, of those that are dropped.
std::vector<const CatalogObject*> Remedies::DroppedReferences(const CatalogObject& foreign_key) const {
  std::vector<const CatalogObject*> tables;
  const UsedNames names(PropertyOf(foreign_key, "definition"));
  for (const std::string& name : names.all()) {
    const CatalogObject* const table = found_.Find("table", name);
    if (table != nullptr && wanted_.Find("table", name) == nullptr) tables.push_back(table);
  }
  return tables;
}

bool Remedies::RefersTo(const CatalogObject& foreign_key, const CatalogObject& table) const {
  std::vector<const CatalogObject*> next = DroppedReferences(foreign_key);
  std::set<const CatalogObject*> seen(next.begin(), next.end());
  while (!next.empty()) {
    const CatalogObject* const at = next.back();
    next.pop_back();
    if (at == &table) return true;
    for (const CatalogObject* child : found_.ChildrenOf(*at)) {
      if (!IsForeignKey(*child)) continue;
      for (const CatalogObject* more : DroppedReferences(*child)) {
        if (seen.insert(more).second) next.push_back(more);
      }
    }
  }
  return false;
}

// Of functions that take a row of the table, and that are dropped, too.
bool Remedies::UsesFunctionOfRows(const CatalogObject& child, const CatalogObject& table) const {
  return std::any_of(row_functions_.begin(), row_functions_.end(), [&](const CatalogObject* function) {
    if (!UsedNames(function->name).Has(table.name)) return false;
    UsedNames used;
    for (const auto& [name, value] : child.properties) used.Add(value);
    return used.Uses(*function);
  });
}

// Tables that refer to each other cannot be dropped one by one while they do, nor a table with a function that it uses
// and that takes its rows; nor a server that has users.
Remedies::Statements Remedies::DropFirst(const CatalogObject& object) const {
  std::vector<std::string> statements;
  if (object.kind == "server") {
    for (const CatalogObject* child : found_.ChildrenOf(object)) {
      if (child->kind == "user mapping") statements.push_back("DROP USER MAPPING " + child->name);
    }
  }
  if (object.kind != "table") return statements;
  for (const CatalogObject* child : found_.ChildrenOf(object)) {
    if (IsColumn(*child) || !PropertyOf(*child, "inherited from").empty()) continue;
    if (IsForeignKey(*child)) {
      const std::vector<const CatalogObject*> tables = DroppedReferences(*child);
      const bool itself = tables.size() == 1 && tables.front() == &object;
      if (itself || !RefersTo(*child, object)) continue;
    } else if (!UsesFunctionOfRows(*child, object)) {
      continue;
    }
    const Statements drop = Drop(*child);
    if (!drop) return std::nullopt;
    statements.insert(statements.end(), drop->begin(), drop->end());
  }
  return statements;
}

}  // namespace sqlmig
