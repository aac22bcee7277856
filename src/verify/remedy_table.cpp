// How a table is made anew, with its columns, constraints, indexes and all else that belongs to it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "verify/remedy.h"
#include "verify/remedy_kinds.h"

namespace sqlmig {
namespace {

void AddAll(std::vector<std::string>* list, const std::vector<std::string>& more) {
  list->insert(list->end(), more.begin(), more.end());
}

// Those that others may need come first.
int Rank(const CatalogObject& child) {
  if (child.kind == "constraint") return 0;
  return child.kind == "index" ? 1 : 2;
}

// What stands behind the columns.
std::string TableEnd(const CatalogObject& table) {
  std::string sql;
  const auto add = [&](const char* property, const char* before, const char* after) {
    const std::string& value = PropertyOf(table, property);
    if (!value.empty()) sql += before + value + after;
  };
  add("inherits", " INHERITS (", ")");
  add("partitioned by", " PARTITION BY ", "");
  add("access method", " USING ", "");
  add("tablespace", " TABLESPACE ", "");
  return table.kind == "foreign table" ? sql + ForeignTableEnd(table) : sql;
}

// What a partition must have before it is one, so that it has it by this name.
bool ComesBeforePartition(const CatalogObject& child) {
  return child.kind == "index" || (child.kind == "constraint" && !IsForeignKey(child));
}

}  // namespace

// A partition is made as a table of its own first: so its columns have their own order and defaults, and its indexes
// their names.
Remedies::Statements Remedies::CreateTable(const CatalogObject& table) const {
  if (!PropertyOf(table, "of type").empty()) return std::nullopt;
  std::vector<const CatalogObject*> columns = wanted_.ChildrenOf(table);
  const bool heir = !PropertyOf(table, "inherits").empty();
  std::erase_if(columns, [&](const CatalogObject* child) {
    return child->kind != "column" || (heir && PropertyOf(*child, "inherited") == "yes");
  });
  std::vector<std::string> definitions;
  std::vector<std::string> extras;
  for (const CatalogObject* column : columns) {
    const auto definition = ColumnDefinition(*column);
    const Statements more = Extras(*column);
    if (!definition || !more) return std::nullopt;
    definitions.push_back(*definition);
    AddAll(&extras, *more);
  }
  Statements statements = CreateSequences(columns);
  const Statements own = OwnSequences(columns);
  const Statements children = CreateChildren(table, Children::kAllOthers);
  const Statements foreign_keys = CreateChildren(table, Children::kForeignKeys);
  const Statements more = Extras(table);
  if (!statements || !own || !children || !foreign_keys || !more) return std::nullopt;
  const char* const kind = table.kind == "foreign table"              ? "FOREIGN TABLE"
                           : PropertyOf(table, "persistence").empty() ? "TABLE"
                                                                      : "UNLOGGED TABLE";
  statements->push_back(
      fmt::format("CREATE {} {} ({}){}", kind, table.name, fmt::join(definitions, ", "), TableEnd(table)));
  AddAll(&*statements, *own);
  AddAll(&*statements, extras);
  AddAll(&*statements, *children);
  AddAll(&*statements, *more);
  // Two tables may refer to each other: the last statements, so that all of the other one can come before.
  AddAll(&*statements, *foreign_keys);
  return statements;
}

Remedies::Statements Remedies::CreateChildren(const CatalogObject& object, Children which) const {
  std::vector<const CatalogObject*> children = wanted_.ChildrenOf(object);
  std::stable_sort(children.begin(), children.end(),
                   [](const CatalogObject* a, const CatalogObject* b) { return Rank(*a) < Rank(*b); });
  const bool table = object.kind == "table" || object.kind == "foreign table";
  const std::string& partitioned = PropertyOf(object, "partition of");
  const std::string attach = partitioned.empty() || which == Children::kForeignKeys
                                 ? std::string()
                                 : fmt::format("ALTER TABLE {} ATTACH PARTITION {} {}", partitioned, object.name,
                                               PropertyOf(object, "partition bound"));
  std::vector<std::string> before;
  std::vector<std::string> statements;
  for (const CatalogObject* child : children) {
    if (IsForeignKey(*child) != (which == Children::kForeignKeys)) continue;
    // Columns come with a table or a view, a constraint's index with the constraint.
    if (child->kind == "column" && table) continue;  // CreateTable has seen to it
    const bool inherited = child->kind != "column" && IsInherited(*child);
    const bool early = !partitioned.empty() && ComesBeforePartition(*child);
    if (inherited && table && !early) continue;
    const bool comes_along = child->kind == "column" || object.kind == "constraint";
    const Statements some = comes_along ? Extras(*child) : inherited ? CreateWhole(*child) : Create(*child);
    if (!some) return std::nullopt;
    AddAll(inherited ? &before : &statements, *some);
  }
  if (!attach.empty()) before.push_back(attach);
  before.insert(before.end(), statements.begin(), statements.end());
  return before;
}

}  // namespace sqlmig
