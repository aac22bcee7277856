// Which object of the world a name in a statement means.
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"

namespace sqlmig::draft {

std::vector<std::string> ListNames(const PgQuery__Node* node) {
  if (node == nullptr) return {};
  if (node->node_case == PG_QUERY__NODE__NODE_STRING) return {node->string->sval};
  if (node->node_case == PG_QUERY__NODE__NODE_LIST) return NamesOf(node->list->items, node->list->n_items);
  if (node->node_case == PG_QUERY__NODE__NODE_TYPE_NAME) {
    return NamesOf(node->type_name->names, node->type_name->n_names);
  }
  if (node->node_case == PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS) {
    return NamesOf(node->object_with_args->objname, node->object_with_args->n_objname);
  }
  return {};
}

Space SpaceOfPart(PgQuery__ObjectType type) {
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
      return Space::kTrigger;
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
      return Space::kRule;
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
      return Space::kPolicy;
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT:
      return Space::kConstraint;
    default:
      return Space::kColumn;
  }
}

bool IsRelation(PgQuery__ObjectType type) {
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE:
      return true;
    default:
      return false;
  }
}

const char* KindWord(PgQuery__ObjectType type) {
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_ACCESS_METHOD:
      return "ACCESS METHOD";
    case PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE:
      return "AGGREGATE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_CAST:
      return "CAST";
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLLATION:
      return "COLLATION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_CONVERSION:
      return "CONVERSION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE:
      return "DATABASE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN:
      return "DOMAIN";
    case PG_QUERY__OBJECT_TYPE__OBJECT_EVENT_TRIGGER:
      return "EVENT TRIGGER";
    case PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION:
      return "EXTENSION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_FDW:
      return "FOREIGN DATA WRAPPER";
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_SERVER:
      return "SERVER";
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE:
      return "FOREIGN TABLE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
      return "FUNCTION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_INDEX:
      return "INDEX";
    case PG_QUERY__OBJECT_TYPE__OBJECT_LANGUAGE:
      return "LANGUAGE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
      return "MATERIALIZED VIEW";
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPCLASS:
      return "OPERATOR CLASS";
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPERATOR:
      return "OPERATOR";
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPFAMILY:
      return "OPERATOR FAMILY";
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
      return "POLICY";
    case PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE:
      return "PROCEDURE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_PUBLICATION:
      return "PUBLICATION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROLE:
      return "ROLE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE:
      return "ROUTINE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
      return "RULE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA:
      return "SCHEMA";
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
      return "SEQUENCE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_SUBSCRIPTION:
      return "SUBSCRIPTION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_STATISTIC_EXT:
      return "STATISTICS";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
      return "TABLE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLESPACE:
      return "TABLESPACE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRANSFORM:
      return "TRANSFORM";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
      return "TRIGGER";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TSCONFIGURATION:
      return "TEXT SEARCH CONFIGURATION";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TSDICTIONARY:
      return "TEXT SEARCH DICTIONARY";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TSPARSER:
      return "TEXT SEARCH PARSER";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TSTEMPLATE:
      return "TEXT SEARCH TEMPLATE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
      return "TYPE";
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
      return "VIEW";
    default:
      return nullptr;
  }
}

SchemaObject* Drafter::ResolveRelation(const PgQuery__RangeVar* relation) const {
  if (relation == nullptr) return nullptr;
  const WrittenName name = NameOf(*relation);
  return world_.Find(Space::kRelation, name.schema, name.name);
}

SchemaObject* Drafter::Resolve(PgQuery__ObjectType type, PgQuery__Node* node) const {
  std::vector<std::string> names = ListNames(node);
  if (IsRelation(type)) {
    const WrittenName name = NameOf(names);
    return world_.Find(Space::kRelation, name.schema, name.name);
  }
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN: {
      const WrittenName name = NameOf(names);
      return world_.Find(Space::kType, name.schema, name.name);
    }
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT: {
      if (names.size() < 2) return nullptr;
      const std::string own = names.back();
      names.pop_back();
      const WrittenName name = NameOf(names);
      SchemaObject* const table = world_.Find(Space::kRelation, name.schema, name.name);
      if (table == nullptr && type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN) {
        SchemaObject* const composite = world_.Find(Space::kType, name.schema, name.name);
        return composite;
      }
      return table == nullptr ? nullptr : world_.Find(SpaceOfPart(type), "", own, table);
    }
    case PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION:
    case PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE: {
      if (node->node_case != PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS) return nullptr;
      const PgQuery__ObjectWithArgs& routine = *node->object_with_args;
      const WrittenName name = NameOf(names);
      if (routine.args_unspecified) return world_.FindRoutine(name.schema, name.name);
      std::string signature = SignatureOf(routine.objargs, routine.n_objargs);
      if (type == PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE && routine.n_objargs == 0) signature = "(*)";
      SchemaObject* const exact = world_.Find(Space::kRoutine, name.schema, name.name + signature);
      if (exact != nullptr || type != PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE) return exact;
      return world_.FindRoutine(name.schema, name.name);
    }
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPERATOR:
      if (node->node_case != PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS || node->object_with_args->n_objargs != 2) {
        return nullptr;
      }
      return world_.Find(Space::kOther, "",
                         "OPERATOR " + names.back() + " " +
                             SignatureOf(node->object_with_args->objargs, node->object_with_args->n_objargs));
    case PG_QUERY__OBJECT_TYPE__OBJECT_CAST: {
      if (node->node_case != PG_QUERY__NODE__NODE_LIST || node->list->n_items != 2) return nullptr;
      return world_.Find(Space::kOther, "",
                         fmt::format("CAST ({} AS {})", TextOf(*node->list->items[0]->type_name),
                                     TextOf(*node->list->items[1]->type_name)));
    }
    case PG_QUERY__OBJECT_TYPE__OBJECT_DOMCONSTRAINT: {
      // The constraint goes with its domain.
      if (node->node_case != PG_QUERY__NODE__NODE_LIST || node->list->n_items != 2) return nullptr;
      const WrittenName name = NameOf(ListNames(node->list->items[0]));
      return world_.Find(Space::kType, name.schema, name.name);
    }
    default: {
      const char* const word = KindWord(type);
      if (word == nullptr || names.empty()) return nullptr;
      return world_.Find(Space::kOther, "", word + std::string(" ") + names.back());
    }
  }
}

}  // namespace sqlmig::draft
