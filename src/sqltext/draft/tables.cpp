// CREATE TABLE and CREATE INDEX, and the names that the server gives when a script gives none.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"
#include "support/text_position.h"

namespace sqlmig::draft {
namespace {

constexpr std::size_t kLongestName = 63;  // NAMEDATALEN - 1

// Cut to `limit` bytes, between characters.
std::string Cut(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

// makeObjectName of src/backend/commands/indexcmds.c: the longer of both parts is cut until all fits.
std::string MadeName(const std::string& table, const std::string& columns, const std::string& label) {
  std::size_t overhead = label.empty() ? 0 : label.size() + 1;
  if (!columns.empty()) ++overhead;
  std::size_t first = table.size();
  std::size_t second = columns.size();
  while (first + second > kLongestName - overhead) --(first > second ? first : second);
  std::string name = Cut(table, first);
  if (!columns.empty()) name += "_" + Cut(columns, second);
  return label.empty() ? name : name + "_" + label;
}

// ChooseIndexNameAddition: the columns' names, until they are long enough.
std::string JoinedColumns(const std::vector<std::string>& columns) {
  std::string joined;
  for (const std::string& column : columns) {
    if (!joined.empty()) joined += '_';
    joined += column;
    if (joined.size() >= kLongestName + 1) break;
  }
  return Cut(joined, kLongestName);
}

// What the server calls an index column that is an expression (FigureIndexColname), where that is simple.
std::string NameOfElement(const PgQuery__IndexElem& element) {
  if (element.name != nullptr && *element.name != '\0') return element.name;
  const PgQuery__Node* expression = element.expr;
  while (expression != nullptr) {
    switch (expression->node_case) {
      case PG_QUERY__NODE__NODE_FUNC_CALL:
        return NamesOf(expression->func_call->funcname, expression->func_call->n_funcname).back();
      case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        return "coalesce";
      case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
        expression = expression->collate_clause->arg;
        break;
      case PG_QUERY__NODE__NODE_TYPE_CAST:
        if (expression->type_cast->arg->node_case == PG_QUERY__NODE__NODE_A_EXPR ||
            expression->type_cast->arg->node_case == PG_QUERY__NODE__NODE_A_CONST) {
          const auto names =
              NamesOf(expression->type_cast->type_name->names, expression->type_cast->type_name->n_names);
          return names.empty() ? "expr" : names.back();
        }
        expression = expression->type_cast->arg;
        break;
      case PG_QUERY__NODE__NODE_COLUMN_REF: {
        const auto names = NamesOf(expression->column_ref->fields, expression->column_ref->n_fields);
        return names.empty() ? "expr" : names.back();
      }
      default:
        return "expr";
    }
  }
  return "expr";
}

std::vector<std::string> ElementsOf(const PgQuery__IndexStmt& index) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < index.n_index_params; ++i) {
    std::string name = NameOfElement(*index.index_params[i]->index_elem);
    std::string unique = name;
    // As the server numbers columns of one index that would be called the same.
    for (int number = 1; std::find(names.begin(), names.end(), unique) != names.end(); ++number) {
      unique = name + std::to_string(number);
    }
    names.push_back(unique);
  }
  return names;
}

std::vector<std::string> ColumnsOf(const PgQuery__Constraint& constraint) {
  std::vector<std::string> columns;
  if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN)
    return NamesOf(constraint.fk_attrs, constraint.n_fk_attrs);
  if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION) {
    for (std::size_t i = 0; i < constraint.n_exclusions; ++i) {
      columns.push_back(NameOfElement(*constraint.exclusions[i]->list->items[0]->index_elem));
    }
    return columns;
  }
  if (constraint.contype != PG_QUERY__CONSTR_TYPE__CONSTR_CHECK) return NamesOf(constraint.keys, constraint.n_keys);
  if (constraint.raw_expr == nullptr) return columns;
  WalkTree(constraint.raw_expr->base, [&](const ProtobufCMessage& message) {
    if (message.descriptor != &pg_query__column_ref__descriptor) return true;
    const auto& reference = reinterpret_cast<const PgQuery__ColumnRef&>(message);
    const auto names = NamesOf(reference.fields, reference.n_fields);
    if (!names.empty() && std::find(columns.begin(), columns.end(), names.back()) == columns.end()) {
      columns.push_back(names.back());
    }
    return true;
  });
  // A table's CHECK is called after its column only when there is one.
  if (columns.size() != 1) columns.clear();
  return columns;
}

const char* LabelOf(const PgQuery__Constraint& constraint) {
  switch (constraint.contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
      return "pkey";
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
      return "key";
    case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION:
      return "excl";
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
      return "fkey";
    default:
      return "check";
  }
}

bool IsSerial(const PgQuery__ColumnDef& column) {
  if (column.type_name == nullptr) return false;
  const auto names = NamesOf(column.type_name->names, column.type_name->n_names);
  return !names.empty() &&
         (names.back().starts_with("serial") || names.back() == "bigserial" || names.back() == "smallserial");
}

bool HasIndex(const PgQuery__Constraint& constraint) {
  return constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY ||
         constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE ||
         constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION;
}

}  // namespace

std::string Drafter::Unused(const std::string& schema, const std::string& table, const std::string& columns,
                            const std::string& label, bool relation) const {
  std::string tried = label;
  for (int number = 1; number < 100; ++number) {
    std::string name = MadeName(table, columns, tried);
    const SchemaObject* const owner = world_.Find(Space::kRelation, schema, table);
    const bool taken = (relation && world_.Find(Space::kRelation, schema, name) != nullptr) ||
                       (owner != nullptr && world_.Find(Space::kConstraint, "", name, owner) != nullptr);
    if (!taken) return name;
    tried = label + std::to_string(number);
  }
  return {};
}

std::string Drafter::ConstraintName(const WrittenName& table, const PgQuery__Constraint& constraint,
                                    const std::string& column) const {
  if (constraint.conname != nullptr && *constraint.conname != '\0') return constraint.conname;
  if (constraint.indexname != nullptr && *constraint.indexname != '\0') return constraint.indexname;
  std::vector<std::string> columns = ColumnsOf(constraint);
  if (columns.empty() && !column.empty()) columns = {column};
  if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY) columns.clear();
  return Unused(table.schema, table.name, JoinedColumns(columns), LabelOf(constraint), HasIndex(constraint));
}

SchemaObject& Drafter::AddColumn(SchemaObject& table, PgQuery__ColumnDef& column) {
  SchemaObject object;
  object.space = Space::kColumn;
  object.kind = "COLUMN";
  object.name = column.colname;
  object.written = Quoted(column.colname);
  object.parent = &table;
  object.script = script_;
  std::map<std::string, std::string>& facts = object.facts;
  facts = {{"comment", ""},      {"default", ""}, {"not null", ""},          {"identity", ""},
           {"statistics", "-1"}, {"storage", ""}, {"compression", "default"}};
  if (column.type_name != nullptr) facts["type"] = TextOf(*column.type_name);
  if (IsSerial(column)) {
    facts.erase("default");
    facts.erase("type");
    facts["not null"] = "yes";
  }
  for (std::size_t i = 0; i < column.n_constraints; ++i) {
    const PgQuery__Constraint& constraint = *column.constraints[i]->constraint;
    switch (constraint.contype) {
      case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
      case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
        facts["not null"] = "yes";
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
        facts["not null"] = "yes";
        facts["identity"] =
            constraint.generated_when != nullptr && *constraint.generated_when == 'a' ? "ALWAYS" : "BY DEFAULT";
        if (constraint.n_options > 0) facts["identity options"] = "yes";
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
        facts["default"] = ExpressionText(*constraint.raw_expr);
        if (facts["default"].empty()) facts.erase("default");
        break;
      case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
        facts.erase("default");
        facts["generated"] = "yes";
        break;
      default:
        break;
    }
  }
  SchemaObject& added = world_.Add(std::move(object));
  for (std::size_t i = 0; i < column.n_constraints; ++i) {
    AddConstraint(table, *column.constraints[i]->constraint, column.colname);
  }
  return added;
}

void Drafter::AddConstraint(SchemaObject& table, PgQuery__Constraint& constraint, const std::string& column) {
  const bool index = HasIndex(constraint);
  if (!index && constraint.contype != PG_QUERY__CONSTR_TYPE__CONSTR_CHECK &&
      constraint.contype != PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN) {
    return;
  }
  SchemaObject object;
  object.space = Space::kConstraint;
  object.kind = "CONSTRAINT";
  object.name = ConstraintName({table.schema, table.name}, constraint, column);
  object.written = Quoted(object.name);
  object.parent = &table;
  object.script = script_;
  object.facts["comment"] = "";
  if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY) {
    std::vector<std::string> keys = column.empty() ? ColumnsOf(constraint) : std::vector<std::string>{column};
    std::string key_list;
    for (const std::string& key : keys) key_list += key + "\n";
    table.facts["primary key"] = key_list;
    for (const std::string& key : keys) {
      SchemaObject* const known = world_.Find(Space::kColumn, "", key, &table);
      if (known != nullptr) known->facts["not null"] = "yes";
    }
  }
  // As it can be added to the table again, under its name.
  const bool from_index = constraint.indexname != nullptr && *constraint.indexname != '\0';
  const std::string text = from_index ? "" : ConstraintText(constraint, object.name, column);
  if (!text.empty()) object.facts["definition"] = text;
  object.facts["valid"] = constraint.skip_validation ? "" : "yes";
  if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN ||
      constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK) {
    object.facts["can be not valid"] = "yes";
  }
  world_.Add(std::move(object));
}

void Drafter::TakeTable(PgQuery__CreateStmt& statement, const char* kind) {
  NewObject what{Space::kRelation, kind, NameOf(*statement.relation)};
  what.if_not_exists = statement.if_not_exists;
  what.temporary = std::string_view(statement.relation->relpersistence) == "t";
  const bool there = Former(what) != nullptr;
  SchemaObject& table = Create(what);
  if (there && statement.if_not_exists) return;
  table.facts["row security"] = "NO";
  table.facts["force row security"] = "NO";
  table.facts["cluster"] = "";
  table.facts["logged"] = std::string_view(statement.relation->relpersistence) == "u" ? "NO" : "YES";
  table.facts["replica identity"] = "DEFAULT";
  table.facts["options"] = statement.n_options > 0 ? "some" : "";
  if (statement.n_inh_relations > 0 || statement.of_typename != nullptr) table.facts["open"] = "yes";
  if (statement.partbound != nullptr) {
    const PgQuery__RangeVar& parent = *statement.inh_relations[0]->range_var;
    table.facts["bound"] = BoundText(*statement.partbound);
    table.facts["partition of"] = NameOf(parent).name;
    // A partition is made anew with its parent, and goes with it.
    SchemaObject* const known = ResolveRelation(&parent);
    if (MadeHere(known) && drafting_ && !items_.empty() && items_.back().drops == &table) {
      items_.pop_back();
    }
  }
  for (std::size_t i = 0; i < statement.n_table_elts; ++i) {
    PgQuery__Node& element = *statement.table_elts[i];
    if (element.node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) AddColumn(table, *element.column_def);
    if (element.node_case == PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE) table.facts["open"] = "yes";
  }
  for (std::size_t i = 0; i < statement.n_table_elts; ++i) {
    PgQuery__Node& element = *statement.table_elts[i];
    if (element.node_case == PG_QUERY__NODE__NODE_CONSTRAINT) AddConstraint(table, *element.constraint, "");
  }
  for (std::size_t i = 0; i < statement.n_constraints; ++i)
    AddConstraint(table, *statement.constraints[i]->constraint, "");
}

void Drafter::TakeTableAs(const PgQuery__IntoClause& into, bool materialized, bool if_not_exists) {
  NewObject what{Space::kRelation, materialized ? "MATERIALIZED VIEW" : "TABLE", NameOf(*into.rel)};
  what.if_not_exists = if_not_exists;
  what.temporary = std::string_view(into.rel->relpersistence) == "t";
  SchemaObject& table = Create(what);
  table.facts["open"] = "yes";
}

void Drafter::TakeIndex(PgQuery__IndexStmt& statement) {
  const WrittenName table_name = NameOf(*statement.relation);
  SchemaObject* const table = ResolveRelation(statement.relation);
  const bool named = statement.idxname != nullptr && *statement.idxname != '\0';
  NewObject what{Space::kRelation, "INDEX", {table_name.schema, ""}};
  what.name.name = named
                       ? statement.idxname
                       : Unused(table_name.schema, table_name.name, JoinedColumns(ElementsOf(statement)), "idx", true);
  if (statement.concurrent && without_transaction_) what.kind = "INDEX CONCURRENTLY";
  what.if_not_exists = statement.if_not_exists;
  what.parent = table;
  const bool there = Former(what) != nullptr;
  if (there && statement.if_not_exists) return;
  const bool with_column = CoveredByColumn(table, statement.base);
  SchemaObject& index = Create(what);
  if (with_column && !items_.empty() && items_.back().drops == &index) items_.pop_back();
  if (statement.unique) index.facts["unique"] = "yes";
}

}  // namespace sqlmig::draft
