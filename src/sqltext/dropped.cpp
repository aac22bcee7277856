#include "sqltext/dropped.h"

#include <algorithm>
#include <string_view>

#include "sqltext/deep_stack.h"
#include "sqltext/parse_tree.h"

namespace sqlmig {
namespace {

using ThingKind = DroppedThing::Kind;

void AddDrop(const PgQuery__DropStmt& drop, std::vector<DroppedThing>* dropped) {
  const bool table = drop.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
  const bool schema = drop.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA &&
                      drop.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  if (!table && !schema) return;
  for (std::size_t i = 0; i < drop.n_objects; ++i) {
    PgQuery__Node& object = *drop.objects[i];
    if (object.node_case == PG_QUERY__NODE__NODE_STRING) {
      dropped->push_back({schema ? ThingKind::kSchema : ThingKind::kTable, {object.string->sval}});
    } else if (object.node_case == PG_QUERY__NODE__NODE_LIST) {
      dropped->push_back({ThingKind::kTable, draft::NamesOf(object.list->items, object.list->n_items)});
    }
  }
}

void AddColumns(const PgQuery__AlterTableStmt& alter, std::vector<DroppedThing>* dropped) {
  if (alter.relation == nullptr || alter.objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) return;
  std::vector<std::string> name;
  for (const char* const part : {alter.relation->schemaname, alter.relation->relname}) {
    if (part != nullptr && *part != '\0') name.emplace_back(part);
  }
  for (std::size_t i = 0; i < alter.n_cmds; ++i) {
    const PgQuery__Node& node = *alter.cmds[i];
    if (node.node_case != PG_QUERY__NODE__NODE_ALTER_TABLE_CMD) continue;
    const PgQuery__AlterTableCmd& command = *node.alter_table_cmd;
    if (command.subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn) continue;
    dropped->push_back({ThingKind::kColumn, name, command.name});
  }
}

// Most statements are none of them, and need no tree.
bool MayDrop(std::string_view statement) {
  return MentionsName(statement, "drop") && (MentionsName(statement, "table") || MentionsName(statement, "schema"));
}

std::vector<DroppedThing> AllDropped(const std::vector<std::string_view>& statements) {
  std::vector<DroppedThing> dropped;
  for (const std::string_view statement : statements) {
    const auto tree = draft::ParseTree::Of(statement);
    if (!tree) continue;
    const PgQuery__Node& node = tree->statement();
    if (node.node_case == PG_QUERY__NODE__NODE_DROP_STMT) AddDrop(*node.drop_stmt, &dropped);
    if (node.node_case == PG_QUERY__NODE__NODE_ALTER_TABLE_STMT) AddColumns(*node.alter_table_stmt, &dropped);
  }
  return dropped;
}

}  // namespace

std::vector<DroppedThing> FindDropped(const ParsedScript& script) {
  std::vector<std::string_view> statements;
  for (const Statement& statement : script.statements) {
    const auto text = std::string_view(script.sql).substr(statement.begin, statement.end - statement.begin);
    if (MayDrop(text)) statements.push_back(text);
  }
  if (statements.empty()) return {};
  std::vector<DroppedThing> all;
  RunOnDeepStack([&] { all = AllDropped(statements); });
  const bool moves = MentionsName(script.sql, "search_path");
  std::vector<DroppedThing> dropped;
  for (DroppedThing& thing : all) {
    if (moves && thing.kind != ThingKind::kSchema && thing.name.size() < 2) continue;
    if (std::find(dropped.begin(), dropped.end(), thing) == dropped.end()) dropped.push_back(std::move(thing));
  }
  return dropped;
}

}  // namespace sqlmig
