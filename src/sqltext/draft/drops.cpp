// DROP: what goes is made again as the earlier up scripts have made it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"

namespace sqlmig::draft {
namespace {

std::string WithStory(const SchemaObject& object) {
  std::string text = *object.definition;
  for (const std::string& statement : object.story) text += ";\n" + statement;
  return text;
}

bool HoldsRows(const SchemaObject& object) {
  return object.kind == "TABLE";
}

// Where a CREATE statement has the name of what it makes, or COMMENT that of what it is about; null for those whose
// parts may be named after it.
char** PlaceOfName(PgQuery__Node& node) {
  const auto last = [](PgQuery__Node** items, std::size_t count) -> char** {
    const bool string = count > 0 && items[count - 1]->node_case == PG_QUERY__NODE__NODE_STRING;
    return string ? &items[count - 1]->string->sval : nullptr;
  };
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_INDEX_STMT:
      return &node.index_stmt->idxname;
    case PG_QUERY__NODE__NODE_VIEW_STMT:
      return &node.view_stmt->view->relname;
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
      return &node.create_seq_stmt->sequence->relname;
    case PG_QUERY__NODE__NODE_CREATE_ENUM_STMT:
      return last(node.create_enum_stmt->type_name, node.create_enum_stmt->n_type_name);
    case PG_QUERY__NODE__NODE_COMPOSITE_TYPE_STMT:
      return &node.composite_type_stmt->typevar->relname;
    case PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT:
      return last(node.create_domain_stmt->domainname, node.create_domain_stmt->n_domainname);
    case PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT:
      return last(node.create_function_stmt->funcname, node.create_function_stmt->n_funcname);
    case PG_QUERY__NODE__NODE_CREATE_TRIG_STMT:
      return &node.create_trig_stmt->trigname;
    case PG_QUERY__NODE__NODE_CREATE_POLICY_STMT:
      return &node.create_policy_stmt->policy_name;
    case PG_QUERY__NODE__NODE_COMMENT_STMT: {
      // Of the object itself, not of a part of it.
      const PgQuery__Node& object = *node.comment_stmt->object;
      if (object.node_case == PG_QUERY__NODE__NODE_TYPE_NAME) {
        return last(object.type_name->names, object.type_name->n_names);
      }
      if (object.node_case == PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS) {
        return last(object.object_with_args->objname, object.object_with_args->n_objname);
      }
      return nullptr;
    }
    default:
      return nullptr;
  }
}

}  // namespace

std::optional<std::string> RenamedDefinition(const std::string& definition, const std::string& name) {
  const auto tree = ParseTree::Of(definition);
  if (!tree) return std::nullopt;
  char** const place = PlaceOfName(tree->statement());
  if (place == nullptr || *place == nullptr) return std::nullopt;
  std::string changed = name;
  char* const former = std::exchange(*place, changed.data());
  auto text = TextOf(tree->statement());
  *place = former;
  return text;
}

void Drafter::TakeDrop(PgQuery__DropStmt& statement) {
  std::vector<SchemaObject*> objects;
  for (std::size_t i = 0; i < statement.n_objects; ++i) {
    objects.push_back(Resolve(statement.remove_type, statement.objects[i]));
  }
  // The draft turns this around: what was made first is made first again.
  std::stable_sort(objects.begin(), objects.end(), [](const SchemaObject* a, const SchemaObject* b) {
    return (a == nullptr ? 0 : a->order + 1) > (b == nullptr ? 0 : b->order + 1);
  });
  for (SchemaObject* const object : objects) DropOne(object, statement, statement.n_objects);
}

void Drafter::DropOne(SchemaObject* object, const PgQuery__DropStmt& statement, std::size_t total) {
  const bool cascade = statement.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  if (object != nullptr) return TakeDropNamed(object, cascade);
  const std::string several = total > 1 ? ", nor of all others that it names," : "";
  Unfinished(statement.missing_ok ? "whether it was there, and as what, is not in the earlier up scripts"
                                  : fmt::format("the former definition{} is not in the earlier up scripts", several));
}

void Drafter::TakeDropNamed(SchemaObject* object, bool cascade) {
  if (object == nullptr) return Unfinished("the former definition is not in the earlier up scripts");
  // What was said of the parent does not hold any more; its story does, this statement included.
  if (object->parent != nullptr && object->parent->definition) Belongs(object->parent);
  const bool here = MadeHere(object) && object->script == script_;
  const bool covered = Covered(object->parent);
  world_.Remove(*object);
  for (const auto& other : world_.objects()) {
    if (other->parent == object && !other->gone && other->space != Space::kColumn) world_.Remove(*other);
  }
  if (here || covered || object->temporary) return;
  if (cascade) return Unfinished("what went with it by CASCADE is not known");
  if (!object->definition) {
    return Unfinished("its former definition cannot be put together from the earlier up scripts");
  }
  if (HoldsRows(*object))
    return UndoByFormer(WithStory(*object), object, "The rows of " + object->written + " do not come back.");
  UndoByFormer(WithStory(*object), object);
}

}  // namespace sqlmig::draft
