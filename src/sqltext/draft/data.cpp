// Rows, queries, settings, and what may do anything.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"
#include "sqltext/script.h"

namespace sqlmig::draft {
namespace {

// Functions that scripts call in a SELECT and that leave nothing behind.
const std::set<std::string_view>& HarmlessFunctions() {
  static const std::set<std::string_view> names = {"abs",
                                                   "array_agg",
                                                   "avg",
                                                   "btrim",
                                                   "ceil",
                                                   "cardinality",
                                                   "clock_timestamp",
                                                   "concat",
                                                   "count",
                                                   "current_database",
                                                   "current_schema",
                                                   "current_setting",
                                                   "currval",
                                                   "exists",
                                                   "floor",
                                                   "format",
                                                   "generate_series",
                                                   "has_table_privilege",
                                                   "json_agg",
                                                   "jsonb_agg",
                                                   "lastval",
                                                   "length",
                                                   "lower",
                                                   "max",
                                                   "min",
                                                   "now",
                                                   "obj_description",
                                                   "pg_advisory_lock",
                                                   "pg_advisory_xact_lock",
                                                   "pg_sleep",
                                                   "pg_backend_pid",
                                                   "pg_get_serial_sequence",
                                                   "pg_table_is_visible",
                                                   "quote_ident",
                                                   "quote_literal",
                                                   "random",
                                                   "round",
                                                   "row_number",
                                                   "string_agg",
                                                   "sum",
                                                   "to_char",
                                                   "to_regclass",
                                                   "to_regtype",
                                                   "trim",
                                                   "txid_current",
                                                   "unnest",
                                                   "upper",
                                                   "version"};
  return names;
}

bool IsLiteral(const PgQuery__Node& node) {
  if (node.node_case == PG_QUERY__NODE__NODE_A_CONST) return node.a_const->isnull == 0;
  return node.node_case == PG_QUERY__NODE__NODE_TYPE_CAST && IsLiteral(*node.type_cast->arg);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

std::string StringOf(const PgQuery__Node& node) {
  if (node.node_case != PG_QUERY__NODE__NODE_A_CONST || node.a_const->val_case != PG_QUERY__A__CONST__VAL_SVAL)
    return {};
  return node.a_const->sval->sval;
}

}  // namespace

std::string FirstSchema(const std::string& search_path) {
  std::string first = search_path.substr(0, search_path.find(','));
  while (!first.empty() && (first.back() == ' ' || first.back() == '"')) first.pop_back();
  while (!first.empty() && (first.front() == ' ' || first.front() == '"')) first.erase(0, 1);
  return first.empty() || first == "$user" ? "public" : first;
}

void Drafter::TakeRows(const PgQuery__RangeVar* relation, const char* why) {
  const SchemaObject* const table = ResolveRelation(relation);
  if (MadeHere(table) || (table != nullptr && table->temporary)) return;
  Unfinished(why);
}

void Drafter::TakeUpdate(const PgQuery__UpdateStmt& statement) {
  const SchemaObject* const table = ResolveRelation(statement.relation);
  bool covered = table != nullptr && statement.with_clause == nullptr;
  // Columns that the draft drops take their values along.
  for (std::size_t i = 0; covered && i < statement.n_target_list; ++i) {
    covered = MadeHere(world_.Find(Space::kColumn, "", statement.target_list[i]->res_target->name, table));
  }
  if (!covered) TakeRows(statement.relation, "the former values are not kept");
}

void Drafter::TakeTruncate(const PgQuery__TruncateStmt& statement) {
  bool covered = statement.behavior != PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  for (std::size_t i = 0; i < statement.n_relations; ++i) {
    covered = covered && MadeHere(ResolveRelation(statement.relations[i]->range_var));
  }
  if (!covered) Unfinished("the rows are not kept");
}

void Drafter::TakeInsert(PgQuery__InsertStmt& statement) {
  const SchemaObject* const table = ResolveRelation(statement.relation);
  if (MadeHere(table) || (table != nullptr && table->temporary)) return;
  if (const auto sql = DeleteOf(statement, table)) return Undo(*sql);
  Unfinished("which rows it adds cannot be told from the script",
             {fmt::format("DELETE FROM {} WHERE ...", NameOf(*statement.relation).Sql())});
}

// Rows whose whole primary key stands there as literals were not there before, so they can go by it.
std::optional<std::string> Drafter::DeleteOf(const PgQuery__InsertStmt& statement, const SchemaObject* table) const {
  const auto key_fact = table == nullptr ? std::nullopt : table->Fact("primary key");
  if (!key_fact || statement.on_conflict_clause != nullptr || statement.with_clause != nullptr ||
      statement.select_stmt == nullptr || statement.select_stmt->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) {
    return std::nullopt;
  }
  std::vector<std::string> listed;
  for (std::size_t i = 0; i < statement.n_cols; ++i) listed.emplace_back(statement.cols[i]->res_target->name);
  if (listed.empty() && !table->Fact("open")) {
    for (const SchemaObject* const column : world_.ChildrenOf(*table, Space::kColumn)) listed.push_back(column->name);
  }
  std::vector<std::size_t> positions;
  std::string columns;
  for (const std::string& key : Lines(*key_fact)) {
    const auto at = std::find(listed.begin(), listed.end(), key);
    if (at == listed.end()) return std::nullopt;
    positions.push_back(static_cast<std::size_t>(at - listed.begin()));
    columns += (columns.empty() ? "" : ", ") + Quoted(key);
  }
  const PgQuery__SelectStmt& values = *statement.select_stmt->select_stmt;
  if (positions.empty() || values.n_values_lists == 0) return std::nullopt;
  std::string rows;
  for (std::size_t i = 0; i < values.n_values_lists; ++i) {
    const PgQuery__List& row = *values.values_lists[i]->list;
    std::string keys;
    for (const std::size_t at : positions) {
      if (at >= row.n_items || !IsLiteral(*row.items[at])) return std::nullopt;
      keys += (keys.empty() ? "" : ", ") + ExpressionText(*row.items[at]);
    }
    rows += (rows.empty() ? "" : ", ") + (positions.size() > 1 ? "(" + keys + ")" : keys);
  }
  const std::string left = positions.size() > 1 ? "(" + columns + ")" : columns;
  const bool one = values.n_values_lists == 1;
  return fmt::format("DELETE FROM {} WHERE {} {}{}{}", NameOf(*statement.relation).Sql(), left, one ? "= " : "IN (",
                     rows, one ? "" : ")");
}

void Drafter::SetContext(const std::string& name, const std::string& sql, const std::string& schema) {
  if (name == "search_path") {
    world_.default_schema = schema;
  } else if (name != "role" && name != "session_authorization" && name.find('.') == std::string::npos) {
    return;
  }
  context_[name] = sql;
}

void Drafter::TakeSet(const PgQuery__VariableSetStmt& statement) {
  if (statement.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL) context_.clear();
  if (statement.name == nullptr) return;
  std::string schema;
  if (statement.n_args > 0) schema = StringOf(*statement.args[0]);
  SetContext(statement.name, Text(), FirstSchema(schema));
}

bool Drafter::TakeSetConfig(const PgQuery__SelectStmt& statement) {
  if (statement.n_target_list != 1 || statement.n_from_clause > 0) return false;
  const PgQuery__Node* const value = statement.target_list[0]->res_target->val;
  if (value == nullptr || value->node_case != PG_QUERY__NODE__NODE_FUNC_CALL) return false;
  const PgQuery__FuncCall& call = *value->func_call;
  if (NamesOf(call.funcname, call.n_funcname).back() != "set_config" || call.n_args != 3) return false;
  if (StringOf(*call.args[0]).empty()) return false;
  SetContext(StringOf(*call.args[0]), Text(), FirstSchema(StringOf(*call.args[1])));
  return true;
}

void Drafter::TakeSelect(PgQuery__Node& node) {
  PgQuery__SelectStmt& statement = *node.select_stmt;
  if (statement.into_clause != nullptr) return TakeTableAs(*statement.into_clause, false, false);
  if (TakeSetConfig(statement)) return;
  std::string function;
  bool writes = false;
  WalkTree(node.base, [&](const ProtobufCMessage& message) {
    writes = writes || message.descriptor == &pg_query__insert_stmt__descriptor ||
             message.descriptor == &pg_query__update_stmt__descriptor ||
             message.descriptor == &pg_query__delete_stmt__descriptor;
    if (message.descriptor == &pg_query__func_call__descriptor) {
      const auto& call = reinterpret_cast<const PgQuery__FuncCall&>(message);
      const auto names = NamesOf(call.funcname, call.n_funcname);
      if (!names.empty() && HarmlessFunctions().count(names.back()) == 0) function = names.back();
    }
    return true;
  });
  if (writes) return TakeAnything("it changes rows");
  if (function.empty()) return;
  // setval('users_id_seq', ...) of a sequence that goes again.
  const bool own = std::any_of(world_.objects().begin(), world_.objects().end(), [&](const auto& object) {
    return object->parent == nullptr && MadeHere(object.get()) && names_->Has(*object);
  });
  if (own && (function == "setval" || function == "nextval" || function == "setval_oid")) return;
  TakeAnything(fmt::format("what {}() changes is not known", Quoted(function)).c_str());
}

void Drafter::TakeAnything(const char* why) {
  world_.ForgetMentioned(*names_);
  Unfinished(why);
}

}  // namespace sqlmig::draft
