// RENAME, SET SCHEMA, OWNER, COMMENT, GRANT and the like: statements that are undone by one of their own kind.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"

namespace sqlmig::draft {
namespace {

// The last String below `node`, which is the object's own name.
char** OwnName(PgQuery__Node* node) {
  if (node == nullptr) return nullptr;
  if (node->node_case == PG_QUERY__NODE__NODE_STRING) return &node->string->sval;
  PgQuery__Node** items = nullptr;
  std::size_t count = 0;
  if (node->node_case == PG_QUERY__NODE__NODE_LIST) {
    items = node->list->items;
    count = node->list->n_items;
  } else if (node->node_case == PG_QUERY__NODE__NODE_TYPE_NAME) {
    items = node->type_name->names;
    count = node->type_name->n_names;
  } else if (node->node_case == PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS) {
    items = node->object_with_args->objname;
    count = node->object_with_args->n_objname;
  }
  return count == 0 ? nullptr : OwnName(items[count - 1]);
}

// What RENAME gives another name, as a place in the tree.
char** RenamedName(PgQuery__RenameStmt& statement) {
  switch (statement.rename_type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE:
      return &statement.relation->relname;
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN:
    case PG_QUERY__OBJECT_TYPE__OBJECT_ATTRIBUTE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMCONSTRAINT:
    case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROLE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLESPACE:
      return &statement.subname;
    default:
      return OwnName(statement.object);
  }
}

std::string LastPart(const std::string& written, const std::string& name) {
  const std::size_t dot = written.starts_with('"') ? written.find("\".") + 1 : written.find('.');
  const bool qualified = dot != std::string::npos && dot != 0 && written[dot] == '.';
  return (qualified ? written.substr(0, dot + 1) : std::string()) + Quoted(name);
}

}  // namespace

void Drafter::RenameKnown(SchemaObject* object, const std::string& name) {
  if (object == nullptr) return;
  const std::string former = object->name;
  const std::string former_written = object->written;
  if (object->parent != nullptr && object->parent->definition) Touch(object->parent);
  std::string stored = name;
  if (object->space == Space::kRoutine) stored += object->name.substr(object->name.find('('));
  if (object->space == Space::kOther) stored = object->kind + " " + name;
  world_.Rename(*object, object->schema, stored);
  object->written = LastPart(object->written, name);
  if (object->definition) object->definition = RenamedDefinition(*object->definition, name);
  for (std::string& statement : object->story) {
    const auto changed = RenamedDefinition(statement, name);
    if (changed)
      statement = *changed;
    else
      object->definition.reset();
  }
  if (const auto definition = object->Fact("definition")) {
    const std::string old = "ADD CONSTRAINT " + Quoted(former) + " ";
    if (definition->starts_with(old)) {
      object->facts["definition"] = "ADD CONSTRAINT " + Quoted(name) + " " + definition->substr(old.size());
    }
  }
  // Columns are of the type that has another name now; definitions that name the object are not what was written.
  for (const auto& other : world_.objects()) {
    if (other->gone || other.get() == object) continue;
    if (object->space == Space::kType && other->Fact("type") == former_written) other->facts["type"] = object->written;
    if (object->space == Space::kColumn && other->parent == object->parent) {
      other->facts.erase("definition");
      other->definition.reset();
    }
  }
}

void Drafter::TakeRename(PgQuery__Node& node) {
  PgQuery__RenameStmt& statement = *node.rename_stmt;
  char** const name = RenamedName(statement);
  if (name == nullptr || *name == nullptr) return TakeAnything("no inverse of such a statement is known");

  SchemaObject* object = nullptr;
  SchemaObject* const table = ResolveRelation(statement.relation);
  const bool part = statement.relation != nullptr && !IsRelation(statement.rename_type);
  if (part) {
    SchemaObject* const owner =
        table != nullptr || statement.rename_type != PG_QUERY__OBJECT_TYPE__OBJECT_ATTRIBUTE
            ? table
            : world_.Find(Space::kType, NameOf(*statement.relation).schema, NameOf(*statement.relation).name);
    if (owner != nullptr) object = world_.Find(SpaceOfPart(statement.rename_type), "", statement.subname, owner);
    if (object == nullptr && Covered(owner)) return;
    if (owner != nullptr) Touch(owner);
  } else if (IsRelation(statement.rename_type)) {
    object = table;
  } else if (statement.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_DOMCONSTRAINT) {
    object = Resolve(statement.rename_type, statement.object);
    if (Covered(object)) return;
    object = nullptr;
  } else if (statement.object != nullptr) {
    object = Resolve(statement.rename_type, statement.object);
  } else if (const char* const word = KindWord(statement.rename_type)) {
    object = world_.Find(Space::kOther, "", word + std::string(" ") + statement.subname);
  }

  const bool covered = Covered(object, Refers::kNo);
  const std::string renamed = statement.newname;
  if (!covered) {
    std::swap(*name, statement.newname);
    const auto sql = TextOf(node);
    std::swap(*name, statement.newname);
    if (sql) {
      Undo(*sql);
      if (drafting_) items_.back().renames = Renaming{*name, renamed};
    } else {
      Unfinished("no inverse of such a statement is known");
    }
  }
  RenameKnown(object, renamed);
}

void Drafter::TakeSetSchema(PgQuery__Node& node) {
  PgQuery__AlterObjectSchemaStmt& statement = *node.alter_object_schema_stmt;
  const bool relation = statement.relation != nullptr;
  SchemaObject* const object =
      relation ? ResolveRelation(statement.relation) : Resolve(statement.object_type, statement.object);
  std::string schema = relation ? NameOf(*statement.relation).schema : NameOf(ListNames(statement.object)).schema;
  if (schema.empty() && object != nullptr) schema = object->schema;
  const std::string target = statement.newschema;
  const std::string own = relation                              ? statement.relation->relname
                          : ListNames(statement.object).empty() ? std::string()
                                                                : ListNames(statement.object).back();
  const bool covered = Covered(object, Refers::kNo);
  if (!covered && (relation || schema.empty() || KindWord(statement.object_type) == nullptr || own.empty())) {
    if (!relation || schema.empty()) {
      Unfinished("the schema that it was in is not known");
    } else {
      Undo(fmt::format("ALTER {} {}.{} SET SCHEMA {}", KindWord(statement.object_type), Quoted(target), Quoted(own),
                       Quoted(schema)));
    }
  } else if (!covered) {
    std::string name = Quoted(target) + "." + Quoted(own);
    if (statement.object->node_case == PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS) {
      const PgQuery__ObjectWithArgs& with = *statement.object->object_with_args;
      const bool is_operator = statement.object_type == PG_QUERY__OBJECT_TYPE__OBJECT_OPERATOR;
      if (is_operator) name = Quoted(target) + "." + own + " ";
      if (!with.args_unspecified) name += SignatureOf(with.objargs, with.n_objargs);
    }
    const bool own_class = statement.object_type == PG_QUERY__OBJECT_TYPE__OBJECT_OPCLASS ||
                           statement.object_type == PG_QUERY__OBJECT_TYPE__OBJECT_OPFAMILY;
    if (own_class)
      Unfinished("the schema that it was in is not known");
    else
      Undo(fmt::format("ALTER {} {} SET SCHEMA {}", KindWord(statement.object_type), name, Quoted(schema)));
  }
  if (object == nullptr) return;
  object->written = Quoted(target) + "." + Quoted(own);
  object->definition.reset();
  world_.Rename(*object, target, object->name);
}

void Drafter::TakeOwner(const PgQuery__AlterOwnerStmt& statement) {
  SchemaObject* const object = statement.relation != nullptr ? ResolveRelation(statement.relation)
                                                             : Resolve(statement.object_type, statement.object);
  const auto former = object == nullptr ? std::nullopt : object->Fact("owner");
  if (object != nullptr) object->facts["owner"] = RoleText(*statement.newowner);
  Belongs(object);
  if (Covered(object, Refers::kNo)) return;
  if (former && KindWord(statement.object_type) != nullptr && object->space != Space::kOther) {
    return Undo(fmt::format("ALTER {} {}{} OWNER TO {}", KindWord(statement.object_type), object->written,
                            object->arguments, *former));
  }
  Unfinished("the former owner is not known");
}

void Drafter::TakeEnum(PgQuery__Node& node) {
  PgQuery__AlterEnumStmt& statement = *node.alter_enum_stmt;
  const WrittenName name = NameOf(statement.type_name, statement.n_type_name);
  SchemaObject* const type = world_.Find(Space::kType, name.schema, name.name);
  const bool rename = statement.old_val != nullptr && *statement.old_val != '\0';
  Belongs(type);
  if (Covered(type)) return;
  if (!rename) return Unfinished("a value cannot be taken out of an enum: it has to be made anew without it");
  std::swap(statement.old_val, statement.new_val);
  const auto sql = TextOf(node);
  std::swap(statement.old_val, statement.new_val);
  if (sql)
    Undo(*sql);
  else
    Unfinished("no inverse of such a statement is known");
}

void Drafter::TakeComment(PgQuery__Node& node) {
  PgQuery__CommentStmt& statement = *node.comment_stmt;
  SchemaObject* const object = Resolve(statement.objtype, statement.object);
  const bool shared =
      statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_DOMCONSTRAINT ||
      (statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN && object != nullptr && object->space == Space::kType);
  const std::string key = shared ? "comment " + ListNames(statement.object).back() : "comment";
  std::optional<std::string> former = object == nullptr ? std::nullopt : object->Fact(key);
  if (shared && !former && object != nullptr && object->Fact("comment")) former = "";
  const bool none = statement.comment == nullptr || *statement.comment == '\0';
  if (object != nullptr) object->facts[key] = none ? "" : QuotedLiteral(statement.comment);
  Belongs(object);
  SchemaObject* covering = object;
  if (object == nullptr && (statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN ||
                            statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT)) {
    // The column of a view, or of a table whose columns are not all known.
    std::vector<std::string> names = ListNames(statement.object);
    if (names.size() > 1) {
      names.pop_back();
      covering = world_.Find(Space::kRelation, NameOf(names).schema, NameOf(names).name);
      if (covering != nullptr) {
        const std::string column_key = "comment of " + ListNames(statement.object).back();
        former = covering->Fact(column_key);
        if (!former && covering->Fact("comment")) former = "";
        covering->facts[column_key] = none ? "" : QuotedLiteral(statement.comment);
        Belongs(covering);
      }
    }
  }
  if (Covered(covering, Refers::kNo)) return;
  char* const comment = statement.comment;
  std::string nothing;
  statement.comment = nothing.data();
  const std::string head = TextOf(node).value_or("");
  statement.comment = comment;
  const std::size_t is = head.rfind(" IS ");
  if (is == std::string::npos) return Unfinished("the former comment is not in the earlier up scripts");
  const std::string prefix = head.substr(0, is + 4);
  if (!former) return Unfinished("the former comment is not in the earlier up scripts", {prefix + "NULL"});
  Undo(prefix + (former->empty() ? "NULL" : *former));
}

void Drafter::TakeRedefined(SchemaObject* object, std::string_view what) {
  const bool covered = Covered(object);
  if (object == nullptr || !object->definition || !object->story.empty()) {
    if (!covered)
      Unfinished(fmt::format("the {}'s former definition is not in one statement of the earlier up scripts", what));
    Touch(object);
    return;
  }
  if (!covered) {
    if (object->space == Space::kRoutine)
      UndoByFormer(AsReplacing(*object->definition), object);
    else
      UndoByFormer(object->DropText() + ";\n" + *object->definition, object);
  }
  Touch(object);
}

}  // namespace sqlmig::draft
