#include "sqltext/draft/drafter.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/script.h"

namespace sqlmig::draft {
namespace {

// Nothing at all, or nothing that a dump or a reader of the tables sees.
bool LeavesNothing(const PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT:
    case PG_QUERY__NODE__NODE_VACUUM_STMT:
    case PG_QUERY__NODE__NODE_REINDEX_STMT:
    case PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT:
    case PG_QUERY__NODE__NODE_CHECK_POINT_STMT:
    case PG_QUERY__NODE__NODE_LOCK_STMT:
    case PG_QUERY__NODE__NODE_CONSTRAINTS_SET_STMT:
    case PG_QUERY__NODE__NODE_DISCARD_STMT:
    case PG_QUERY__NODE__NODE_NOTIFY_STMT:
    case PG_QUERY__NODE__NODE_LISTEN_STMT:
    case PG_QUERY__NODE__NODE_UNLISTEN_STMT:
    case PG_QUERY__NODE__NODE_LOAD_STMT:
    case PG_QUERY__NODE__NODE_PREPARE_STMT:
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT:
    case PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT:
    case PG_QUERY__NODE__NODE_FETCH_STMT:
    case PG_QUERY__NODE__NODE_ALTER_COLLATION_STMT:
      return true;
    default:
      return false;
  }
}

std::vector<std::string> RolesOf(const PgQuery__DropRoleStmt& statement) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < statement.n_roles; ++i) {
    const char* const name = statement.roles[i]->role_spec->rolename;
    names.emplace_back(name == nullptr ? "" : name);
  }
  return names;
}

}  // namespace

WrittenName NameOf(const PgQuery__RangeVar& relation) {
  return {relation.schemaname == nullptr ? "" : relation.schemaname, relation.relname};
}

WrittenName NameOf(const std::vector<std::string>& parts) {
  if (parts.empty()) return {};
  return {parts.size() < 2 ? "" : parts[parts.size() - 2], parts.back()};
}

WrittenName NameOf(PgQuery__Node* const* nodes, std::size_t count) {
  return NameOf(NamesOf(nodes, count));
}

void Drafter::BeginScript() {
  ++script_;
  context_.clear();
  world_.default_schema = first_schema_;
}

void Drafter::Take(std::string_view statement, std::size_t index) {
  text_ = statement;
  statement_ = index;
  names_.emplace(statement);
  const auto tree = ParseTree::Of(statement);
  if (!tree) return TakeAnything("the parser does not know this statement, or it is very large");
  Dispatch(tree->statement());
}

void Drafter::Dispatch(PgQuery__Node& node) {
  if (DispatchCreate(node) || TakeOtherCreate(node) || DispatchAlter(node) || DispatchRedefinition(node) ||
      DispatchRows(node))
    return;
  TakeAnything("no inverse of such a statement is known");
}

bool Drafter::DispatchCreate(PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_STMT:
      TakeTable(*node.create_stmt, "TABLE");
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FOREIGN_TABLE_STMT:
      TakeTable(*node.create_foreign_table_stmt->base_stmt, "FOREIGN TABLE");
      return true;
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT: {
      const PgQuery__CreateTableAsStmt& as = *node.create_table_as_stmt;
      TakeTableAs(*as.into, as.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW, as.if_not_exists);
      return true;
    }
    case PG_QUERY__NODE__NODE_INDEX_STMT:
      TakeIndex(*node.index_stmt);
      return true;
    case PG_QUERY__NODE__NODE_VIEW_STMT:
      TakeView(*node.view_stmt);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
      TakeSequence(*node.create_seq_stmt);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT:
      TakeRoutine(*node.create_function_stmt);
      return true;
    case PG_QUERY__NODE__NODE_DEFINE_STMT:
      TakeDefine(*node.define_stmt);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT:
      TakeSchema(*node.create_schema_stmt);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_OP_CLASS_STMT:
      TakeOperatorClass(*node.create_op_class_stmt);
      return true;
    default:
      return false;
  }
}

bool Drafter::DispatchAlter(PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
      TakeAlterTable(*node.alter_table_stmt);
      return true;
    case PG_QUERY__NODE__NODE_RENAME_STMT:
      TakeRename(node);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT:
      TakeSetSchema(node);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_OWNER_STMT:
      TakeOwner(*node.alter_owner_stmt);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_ENUM_STMT:
      TakeEnum(node);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_DOMAIN_STMT:
      TakeDomain(*node.alter_domain_stmt);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_SEQ_STMT:
      TakeSequenceChange(*node.alter_seq_stmt);
      return true;
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
      TakeComment(node);
      return true;
    case PG_QUERY__NODE__NODE_GRANT_STMT:
      TakeGrant(node, *node.grant_stmt);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_DEFAULT_PRIVILEGES_STMT:
      TakeGrant(node, *node.alter_default_privileges_stmt->action);
      return true;
    case PG_QUERY__NODE__NODE_GRANT_ROLE_STMT:
      TakeRoleGrant(node);
      return true;
    case PG_QUERY__NODE__NODE_ALTER_PUBLICATION_STMT:
      TakePublicationChange(node);
      return true;
    default:
      return false;
  }
}

// By the former definition or setting, as a whole.
bool Drafter::DispatchRedefinition(PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_ALTER_ROLE_SET_STMT:
    case PG_QUERY__NODE__NODE_ALTER_DATABASE_SET_STMT: {
      const bool role = node.node_case == PG_QUERY__NODE__NODE_ALTER_ROLE_SET_STMT;
      const PgQuery__VariableSetStmt& set =
          role ? *node.alter_role_set_stmt->setstmt : *node.alter_database_set_stmt->setstmt;
      const std::string whose = !role ? "DATABASE " + Quoted(node.alter_database_set_stmt->dbname)
                                : node.alter_role_set_stmt->role == nullptr
                                    ? "ROLE ALL"
                                    : "ROLE " + RoleText(*node.alter_role_set_stmt->role);
      Unfinished("the former setting is not known",
                 {fmt::format("ALTER {} RESET {}", whose, set.name == nullptr ? "ALL" : set.name)});
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_FUNCTION_STMT: {
      PgQuery__AlterFunctionStmt& alter = *node.alter_function_stmt;
      PgQuery__Node function =
          NodeOf(PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS, &PgQuery__Node::object_with_args, alter.func);
      TakeRedefined(Resolve(PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION, &function), "function");
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_POLICY_STMT: {
      SchemaObject* const table = ResolveRelation(node.alter_policy_stmt->table);
      TakeRedefined(world_.Find(Space::kPolicy, "", node.alter_policy_stmt->policy_name, table), "policy");
      return true;
    }
    case PG_QUERY__NODE__NODE_ALTER_EVENT_TRIG_STMT: {
      const PgQuery__AlterEventTrigStmt& alter = *node.alter_event_trig_stmt;
      if (Covered(world_.Find(Space::kOther, "", std::string("EVENT TRIGGER ") + alter.trigname))) return true;
      const bool enabled = alter.tgenabled[0] != 'D';
      Undo("ALTER EVENT TRIGGER " + Quoted(alter.trigname) + (enabled ? " DISABLE" : " ENABLE"));
      return true;
    }
    default:
      return false;
  }
}

bool Drafter::DispatchRows(PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_DROP_STMT:
      TakeDrop(*node.drop_stmt);
      return true;
    case PG_QUERY__NODE__NODE_DROP_ROLE_STMT:
      for (const std::string& name : RolesOf(*node.drop_role_stmt)) {
        TakeDropNamed(world_.Find(Space::kOther, "", "ROLE " + name), false);
      }
      return true;
    case PG_QUERY__NODE__NODE_INSERT_STMT:
      TakeInsert(*node.insert_stmt);
      return true;
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
      TakeUpdate(*node.update_stmt);
      return true;
    case PG_QUERY__NODE__NODE_DELETE_STMT:
      TakeRows(node.delete_stmt->relation, "the deleted rows are not kept");
      return true;
    case PG_QUERY__NODE__NODE_MERGE_STMT:
      TakeRows(node.merge_stmt->relation, "the former rows are not kept");
      return true;
    case PG_QUERY__NODE__NODE_COPY_STMT:
      if (node.copy_stmt->is_from) TakeRows(node.copy_stmt->relation, "which rows it added is not known");
      return true;
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
      TakeTruncate(*node.truncate_stmt);
      return true;
    case PG_QUERY__NODE__NODE_SELECT_STMT:
      TakeSelect(node);
      return true;
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
      TakeSet(*node.variable_set_stmt);
      return true;
    case PG_QUERY__NODE__NODE_DO_STMT:
      TakeAnything("what the block does is not known");
      return true;
    case PG_QUERY__NODE__NODE_CALL_STMT:
    case PG_QUERY__NODE__NODE_EXECUTE_STMT:
      TakeAnything("what it does is not known");
      return true;
    default:
      return LeavesNothing(node);
  }
}

void Drafter::Undo(std::string sql, SchemaObject* owner) {
  if (!drafting_) return;
  UndoItem item;
  item.sql = std::move(sql);
  item.owner = owner;
  item.statement = statement_;
  for (const auto& [name, statement] : context_) item.context += statement + ";\n";
  items_.push_back(std::move(item));
}

void Drafter::UndoWithNote(std::string sql, std::string note) {
  Undo(std::move(sql));
  if (drafting_) items_.back().note = std::move(note);
}

void Drafter::UndoByFormer(std::string sql, const SchemaObject* object, std::string note) {
  if (!drafting_) return;
  const auto renaming = std::find_if(items_.begin(), items_.end(), [&](const UndoItem& item) {
    return item.renames && MentionsName(sql, item.renames->former);
  });
  if (renaming == items_.end()) return UndoWithNote(std::move(sql), std::move(note));
  const std::string own = object == nullptr ? "" : object->name.substr(0, object->name.find('('));
  const bool between = std::any_of(renaming, items_.end(), [&](const UndoItem& item) {
    const bool later_name = item.renames && MentionsName(sql, item.renames->now);
    return later_name || (!own.empty() && MentionsName(item.sql + item.why, own));
  });
  if (between) {
    return Unfinished("it was made under names that this script changes, and has to be put together by hand",
                      {std::move(sql)});
  }
  const auto place = renaming - items_.begin();
  UndoWithNote(std::move(sql), std::move(note));
  std::rotate(items_.begin() + place, items_.end() - 1, items_.end());
}

void Drafter::Unfinished(std::string why, std::vector<std::string> proposals) {
  Undo("");
  if (!drafting_) return;
  items_.back().why = std::move(why);
  items_.back().proposals = std::move(proposals);
}

void Drafter::Note(std::string note) {
  UndoWithNote("", std::move(note));
}

bool Drafter::MadeHere(const SchemaObject* object) const {
  for (; object != nullptr; object = object->parent) {
    if (drafting_ && object->script == script_ && object->certain && !object->gone) return true;
  }
  return false;
}

bool Drafter::Covered(const SchemaObject* object, Refers refers) const {
  if (!MadeHere(object)) return false;
  if (refers == Refers::kNo) return true;
  while (!(object->script == script_ && object->certain)) object = object->parent;
  // Of what is made here, the outermost goes first of all.
  for (const SchemaObject* up = object; up != nullptr; up = up->parent) {
    if (up->script == script_ && up->certain) object = up;
  }
  const auto& all = world_.objects();
  return std::none_of(all.begin() + static_cast<std::ptrdiff_t>(object->order) + 1, all.end(), [&](const auto& later) {
    return later->parent == nullptr && later->script == script_ && !later->gone && names_->Has(*later);
  });
}

bool Drafter::CoveredByColumn(const SchemaObject* table, const ProtobufCMessage& message) const {
  bool covered = false;
  const auto look = [&](const std::string& name) {
    const SchemaObject* const column = table == nullptr ? nullptr : world_.Find(Space::kColumn, "", name, table);
    covered = covered || Covered(column);
  };
  WalkTree(message, [&](const ProtobufCMessage& part) {
    if (part.descriptor == &pg_query__column_ref__descriptor) {
      const auto& reference = reinterpret_cast<const PgQuery__ColumnRef&>(part);
      const auto names = NamesOf(reference.fields, reference.n_fields);
      if (!names.empty()) look(names.back());
    }
    if (part.descriptor == &pg_query__index_elem__descriptor) {
      const auto& element = reinterpret_cast<const PgQuery__IndexElem&>(part);
      if (element.name != nullptr) look(element.name);
    }
    if (part.descriptor == &pg_query__constraint__descriptor) {
      const auto& constraint = reinterpret_cast<const PgQuery__Constraint&>(part);
      for (const std::string& name : NamesOf(constraint.keys, constraint.n_keys)) look(name);
      for (const std::string& name : NamesOf(constraint.fk_attrs, constraint.n_fk_attrs)) look(name);
    }
    return true;
  });
  return covered;
}

void Drafter::Belongs(SchemaObject* object) {
  if (object == nullptr) return;
  for (SchemaObject* up = object; up != nullptr; up = up->parent) {
    if (up->definition) up->story.push_back(Text());
  }
}

void Drafter::Touch(SchemaObject* object) {
  for (; object != nullptr; object = object->parent) object->definition.reset();
}

}  // namespace sqlmig::draft
