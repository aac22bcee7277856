#include "sqltext/schema_writes.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "sqltext/deep_stack.h"
#include "sqltext/outline.h"
#include "sqltext/parse_tree.h"

namespace sqlmig {
namespace {

class WriteFinder {
 public:
  explicit WriteFinder(const KeptTables& kept) : kept_(kept) {}

  bool FindIn(const PgQuery__Node& statement) const {
    if (IsChange(statement)) return true;
    // Also below WITH, and in a rule.
    bool found = false;
    draft::WalkTree(statement.base, [&](const ProtobufCMessage& message) {
      found = found || IsWrite(message);
      return !found;
    });
    return found;
  }

 private:
  bool IsKept(const PgQuery__RangeVar* relation) const {
    return relation != nullptr && relation->schemaname == kept_.schema && HasName(relation->relname);
  }
  bool HasName(const std::string& name) const {
    return std::find(kept_.names.begin(), kept_.names.end(), name) != kept_.names.end();
  }

  bool IsWrite(const ProtobufCMessage& message) const {
    const auto* const type = message.descriptor;
    const auto is_kept = [this](const auto& written) { return IsKept(written.relation); };
    if (type == &pg_query__insert_stmt__descriptor) {
      return is_kept(reinterpret_cast<const PgQuery__InsertStmt&>(message));
    }
    if (type == &pg_query__update_stmt__descriptor) {
      return is_kept(reinterpret_cast<const PgQuery__UpdateStmt&>(message));
    }
    if (type == &pg_query__delete_stmt__descriptor) {
      return is_kept(reinterpret_cast<const PgQuery__DeleteStmt&>(message));
    }
    return type == &pg_query__merge_stmt__descriptor && is_kept(reinterpret_cast<const PgQuery__MergeStmt&>(message));
  }

  bool IsChange(const PgQuery__Node& node) const {
    switch (node.node_case) {
      case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
        return std::any_of(node.truncate_stmt->relations,
                           node.truncate_stmt->relations + node.truncate_stmt->n_relations,
                           [this](const PgQuery__Node* one) {
                             return one->node_case == PG_QUERY__NODE__NODE_RANGE_VAR && IsKept(one->range_var);
                           });
      case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
        return IsKept(node.alter_table_stmt->relation);
      case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT:
        return IsKept(node.alter_object_schema_stmt->relation);
      case PG_QUERY__NODE__NODE_CREATE_TRIG_STMT:
        return IsKept(node.create_trig_stmt->relation);
      case PG_QUERY__NODE__NODE_RULE_STMT:
        return IsKept(node.rule_stmt->relation);
      case PG_QUERY__NODE__NODE_COPY_STMT:
        return node.copy_stmt->is_from != 0 && IsKept(node.copy_stmt->relation);
      case PG_QUERY__NODE__NODE_RENAME_STMT:
        return IsKept(node.rename_stmt->relation) ||
               (node.rename_stmt->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA &&
                node.rename_stmt->subname == kept_.schema);
      case PG_QUERY__NODE__NODE_DROP_STMT:
        return IsDropped(*node.drop_stmt);
      default:
        return false;
    }
  }

  bool IsDropped(const PgQuery__DropStmt& drop) const {
    const bool table = drop.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
    const bool schema = drop.remove_type == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA;
    for (std::size_t i = 0; i < drop.n_objects; ++i) {
      const PgQuery__Node& object = *drop.objects[i];
      if (schema && object.node_case == PG_QUERY__NODE__NODE_STRING && object.string->sval == kept_.schema) return true;
      if (!table || object.node_case != PG_QUERY__NODE__NODE_LIST) continue;
      const std::vector<std::string> name = draft::NamesOf(object.list->items, object.list->n_items);
      if (name.size() >= 2 && name[name.size() - 2] == kept_.schema && HasName(name.back())) return true;
    }
    return false;
  }

  const KeptTables& kept_;
};

}  // namespace

void RefuseWritesTo(const KeptTables& kept, const ParsedScript& script, const std::filesystem::path& file) {
  const auto text_of = [&script](const Statement& statement) {
    return std::string_view(script.sql).substr(statement.begin, statement.end - statement.begin);
  };
  if (!MentionsName(script.sql, kept.schema)) return;
  std::optional<std::size_t> found;
  RunOnDeepStack([&] {
    for (const Statement& statement : script.statements) {
      if (found || !MentionsName(text_of(statement), kept.schema)) continue;
      const auto tree = draft::ParseTree::Of(text_of(statement));
      if (tree && WriteFinder(kept).FindIn(tree->statement())) found = statement.begin;
    }
  });
  if (!found) return;
  throw ErrorAt(
      script, file, OffsetInOriginal(script, *found),
      fmt::format("the statement changes what schema {} holds: what is applied is recorded there", kept.schema))
      .Hint("remove it; 'sqlmig stamp', 'repair' and 'rollback' change the ledger");
}

}  // namespace sqlmig
