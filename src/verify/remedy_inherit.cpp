// Tables that belong to others: inheritance and partitions, and what of it shows in their columns, constraints and
// indexes.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "verify/remedy.h"
#include "verify/used_names.h"

namespace sqlmig {
namespace {

std::set<std::string> ParentsOf(const CatalogObject& table) {
  const std::string& list = PropertyOf(table, "inherits");
  std::set<std::string> parents;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(", ", at), list.size());
    parents.insert(list.substr(at, end - at));
    at = end + 2;
  }
  return parents;
}

bool SameLineage(const CatalogObject& from, const CatalogObject& to) {
  return PropertyOf(from, "inherits") == PropertyOf(to, "inherits") &&
         PropertyOf(from, "partition of") == PropertyOf(to, "partition of") &&
         PropertyOf(from, "partition bound") == PropertyOf(to, "partition bound");
}

}  // namespace

bool IsOfLineage(const std::string& what) {
  return what == "inherits" || what == "partition of" || what == "partition bound" || what == "inherited" ||
         what == "inherited from";
}

bool IsInherited(const CatalogObject& object) {
  return !PropertyOf(object, "inherited from").empty() || !PropertyOf(object, "inherited").empty();
}

std::optional<std::vector<std::string>> ChangeLineage(const CatalogObject& from, const CatalogObject& to) {
  std::vector<std::string> statements;
  const std::string& left = PropertyOf(from, "partition of");
  const std::string& joined = PropertyOf(to, "partition of");
  if (!left.empty()) statements.push_back(fmt::format("ALTER TABLE {} DETACH PARTITION {}", left, to.name));
  const std::set<std::string> before = ParentsOf(from);
  const std::set<std::string> after = ParentsOf(to);
  for (const std::string& parent : before) {
    if (!after.contains(parent)) statements.push_back(fmt::format("ALTER TABLE {} NO INHERIT {}", to.name, parent));
  }
  for (const std::string& parent : after) {
    if (!before.contains(parent)) statements.push_back(fmt::format("ALTER TABLE {} INHERIT {}", to.name, parent));
  }
  if (!joined.empty()) {
    statements.push_back(
        fmt::format("ALTER TABLE {} ATTACH PARTITION {} {}", joined, to.name, PropertyOf(to, "partition bound")));
  }
  return statements;
}

// The table that an object is, or belongs to, itself or by its constraint.
const CatalogObject* Remedies::TableOf(const ObjectIndex& side, const CatalogObject& object) {
  const CatalogObject* at = &object;
  for (int depth = 0; at != nullptr && depth < 3; ++depth) {
    if (IsRelation(at->kind)) return at;
    at = side.Find(at->parent);
  }
  return nullptr;
}

// What the object's table is, inherited or not, is changed by the statement for the table.
Remedies::Statements Remedies::ChangeTableLineage(const CatalogObject& object) const {
  const CatalogObject* const here = TableOf(found_, object);
  const CatalogObject* const there = TableOf(wanted_, object);
  const CatalogObject* const table = here != nullptr ? here : there;
  if (table == nullptr) return std::nullopt;
  const CatalogObject* const from = found_.Find(table->kind, table->name);
  const CatalogObject* const to = wanted_.Find(table->kind, table->name);
  if (from == nullptr || to == nullptr || SameLineage(*from, *to)) return std::nullopt;
  return ChangeLineage(*from, *to);
}

// Indexes of partitions first, with their names: that of the whole table takes in those that are like it.
Remedies::Statements Remedies::CreatePartitionedIndex(const CatalogObject& index) const {
  constexpr std::string_view kOnly = " ON ONLY ";
  std::string definition = WithoutEnd(PropertyOf(index, "definition"));
  const std::size_t only = definition.find(kOnly);
  if (only == std::string::npos || !PropertyOf(index, "valid").empty()) return std::nullopt;
  definition.replace(only, kOnly.size(), " ON ");
  std::vector<std::string> statements;
  for (const CatalogObject& partition : wanted_.all()) {
    if (partition.kind != "index" || PropertyOf(partition, "inherited from") != "index " + index.name) continue;
    const CatalogObject* const table = TableOf(wanted_, partition);
    // A partition that is made brings its own.
    if (table == nullptr || found_.Find(table->kind, table->name) == nullptr) continue;
    if (found_.Find(partition.kind, partition.name) != nullptr) continue;
    if (PropertyOf(partition, "definition").find(kOnly) != std::string::npos) return std::nullopt;
    statements.push_back(WithoutEnd(PropertyOf(partition, "definition")));
  }
  statements.push_back(definition);
  return statements;
}

// The mark that one index of a table may have.
Remedies::Statements Remedies::ChangeClustered(const CatalogObject& index) const {
  const CatalogObject* const table = TableOf(wanted_, index);
  if (table == nullptr || (table->kind != "table" && table->kind != "materialized view")) return std::nullopt;
  const std::string alter = (table->kind == "table" ? "ALTER TABLE " : "ALTER MATERIALIZED VIEW ") + table->name;
  const CatalogObject* marked = nullptr;
  const auto look = [&](const CatalogObject* child) {
    if (child->kind == "index" && !PropertyOf(*child, "clustered").empty()) marked = child;
  };
  for (const CatalogObject* child : wanted_.ChildrenOf(*table)) {
    look(child);
    if (child->kind != "constraint") continue;
    for (const CatalogObject* own : wanted_.ChildrenOf(*child)) look(own);
  }
  if (marked == nullptr) return JustOne(alter + " SET WITHOUT CLUSTER");
  // Without its schema, which is the table's.
  const std::string name = NameToLookFor(*marked);
  const std::string schema = table->name.substr(0, table->name.rfind('.') + 1);
  return JustOne(alter + " CLUSTER ON " + (name.starts_with(schema) ? name.substr(schema.size()) : name));
}

}  // namespace sqlmig
