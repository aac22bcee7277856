// CREATE of everything but tables and indexes.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"
#include "sqltext/lexer.h"

namespace sqlmig::draft {
namespace {

PgQuery__TypeName* TypeOf(PgQuery__Node* node) {
  if (node == nullptr) return nullptr;
  if (node->node_case == PG_QUERY__NODE__NODE_TYPE_NAME) return node->type_name;
  if (node->node_case == PG_QUERY__NODE__NODE_FUNCTION_PARAMETER) return node->function_parameter->arg_type;
  return nullptr;
}

// One name for each type, whatever a script calls it, and without what does not tell routines apart.
std::string ArgumentType(PgQuery__TypeName& type) {
  static const std::map<std::string_view, std::string_view> names = {{"int4", "int"},
                                                                     {"integer", "int"},
                                                                     {"int8", "bigint"},
                                                                     {"int2", "smallint"},
                                                                     {"bool", "boolean"},
                                                                     {"float8", "double precision"},
                                                                     {"float4", "real"},
                                                                     {"varchar", "varchar"},
                                                                     {"bpchar", "char"},
                                                                     {"decimal", "numeric"},
                                                                     {"timestamptz", "timestamp with time zone"},
                                                                     {"timetz", "time with time zone"}};
  const std::size_t typmods = std::exchange(type.n_typmods, 0);
  const std::size_t bounds = std::exchange(type.n_array_bounds, 0);
  std::string text = TextOf(type);
  type.n_typmods = typmods;
  type.n_array_bounds = bounds;
  const auto known = names.find(text);
  if (known != names.end()) text = known->second;
  return bounds > 0 ? text + "[]" : text;
}

// An aggregate's arguments as they identify it: "(*)", "(int)", "(text ORDER BY int)".
std::string AggregateArguments(const PgQuery__DefineStmt& statement) {
  if (statement.n_args == 0 || statement.args[0]->node_case != PG_QUERY__NODE__NODE_LIST) {
    // The old style names the type among the rest.
    for (std::size_t i = 0; i < statement.n_definition; ++i) {
      const PgQuery__DefElem& element = *statement.definition[i]->def_elem;
      if (std::string_view(element.defname) == "basetype" && TypeOf(element.arg) != nullptr) {
        const std::string type = TextOf(*TypeOf(element.arg));
        return type == "\"any\"" || type == "\"ANY\"" ? "(*)" : "(" + type + ")";
      }
    }
    return "(*)";
  }
  const PgQuery__List& list = *statement.args[0]->list;
  const int direct = statement.n_args > 1 && statement.args[1]->node_case == PG_QUERY__NODE__NODE_INTEGER
                         ? statement.args[1]->integer->ival
                         : -1;
  std::string text;
  for (std::size_t i = 0; i < list.n_items; ++i) {
    if (static_cast<int>(i) == direct)
      text += text.empty() ? "ORDER BY " : " ORDER BY ";
    else if (i > 0)
      text += ", ";
    if (list.items[i]->function_parameter->mode == PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_VARIADIC) {
      text += "VARIADIC ";
    }
    text += ArgumentType(*list.items[i]->function_parameter->arg_type);
  }
  return "(" + text + ")";
}

std::string OperatorArguments(const PgQuery__DefineStmt& statement) {
  std::string left = "NONE";
  std::string right = "NONE";
  for (std::size_t i = 0; i < statement.n_definition; ++i) {
    const PgQuery__DefElem& element = *statement.definition[i]->def_elem;
    PgQuery__TypeName* const type = TypeOf(element.arg);
    if (type == nullptr) continue;
    if (std::string_view(element.defname) == "leftarg") left = ArgumentType(*type);
    if (std::string_view(element.defname) == "rightarg") right = ArgumentType(*type);
  }
  return fmt::format(" ({}, {})", left, right);
}

// The names of a view's columns, when its query says them all.
std::optional<std::vector<std::string>> ColumnsOf(const PgQuery__ViewStmt& view) {
  if (view.n_aliases > 0) return NamesOf(view.aliases, view.n_aliases);
  const PgQuery__SelectStmt* select = view.query->select_stmt;
  while (select != nullptr && select->larg != nullptr) select = select->larg;
  if (select == nullptr || select->n_target_list == 0) return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < select->n_target_list; ++i) {
    const PgQuery__ResTarget& target = *select->target_list[i]->res_target;
    if (target.name != nullptr && *target.name != '\0') {
      names.emplace_back(target.name);
      continue;
    }
    if (target.val == nullptr || target.val->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return std::nullopt;
    const PgQuery__ColumnRef& column = *target.val->column_ref;
    const PgQuery__Node& last = *column.fields[column.n_fields - 1];
    if (last.node_case != PG_QUERY__NODE__NODE_STRING) return std::nullopt;
    names.emplace_back(last.string->sval);
  }
  return names;
}

bool SameColumns(const std::string& former, std::string_view now) {
  const auto before = ParseTree::Of(former);
  const auto after = ParseTree::Of(now);
  if (!before || !after || before->statement().node_case != PG_QUERY__NODE__NODE_VIEW_STMT) return false;
  const auto columns = ColumnsOf(*before->statement().view_stmt);
  return columns && columns == ColumnsOf(*after->statement().view_stmt);
}

std::string Joined(const std::vector<std::string>& statements) {
  std::string text;
  for (const std::string& statement : statements) text += (text.empty() ? "" : ";\n") + statement;
  return text;
}

}  // namespace

std::string SignatureOf(PgQuery__Node* const* types, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    PgQuery__TypeName* const type = TypeOf(types[i]);
    text += (i == 0 ? "" : ", ") + (type == nullptr ? std::string("NONE") : ArgumentType(*type));
  }
  return "(" + text + ")";
}

std::string SignatureOf(const PgQuery__CreateFunctionStmt& routine, bool with_outputs) {
  std::string text;
  for (std::size_t i = 0; i < routine.n_parameters; ++i) {
    const PgQuery__FunctionParameter& parameter = *routine.parameters[i]->function_parameter;
    if (parameter.mode == PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_TABLE) continue;
    const bool output = parameter.mode == PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_OUT;
    if (output && !with_outputs) continue;
    if (!text.empty()) text += ", ";
    if (output) text += "OUT ";
    text += ArgumentType(*parameter.arg_type);
  }
  return "(" + text + ")";
}

std::string AsReplacing(const std::string& definition) {
  Lexer lexer(definition);
  const Token create = lexer.Next();
  const Token next = lexer.Next();
  if (IsWord(next.In(definition), "or")) return definition;
  return definition.substr(0, create.end) + " OR REPLACE" + definition.substr(create.end);
}

SchemaObject* Drafter::Former(const NewObject& what) const {
  const std::string name = what.space == Space::kRoutine ? what.name.name + what.arguments : what.name.name;
  return world_.Find(what.space, what.name.schema, what.space == Space::kOther ? what.kind + " " + name : name,
                     what.parent);
}

SchemaObject& Drafter::Create(NewObject what) {
  SchemaObject* const former = Former(what);
  if (former != nullptr && what.if_not_exists) return *former;
  if (former != nullptr && what.replace) {
    Replace(*former, what);
    return *former;
  }
  SchemaObject object;
  object.space = what.space;
  object.kind = what.kind;
  object.schema = what.name.schema;
  object.name = what.name.name;
  if (what.space == Space::kRoutine) object.name += what.arguments;
  if (what.space == Space::kOther) object.name = what.kind + " " + what.name.name;
  object.arguments = what.arguments;
  object.written = what.written.empty() ? what.name.Sql() : what.written;
  object.parent = what.parent;
  object.script = script_;
  const bool unsure = what.if_not_exists || what.replace;
  object.certain = !unsure || Covered(what.parent, Refers::kNo);
  object.temporary = what.temporary;
  object.definition = Text();
  object.facts["comment"] = "";
  if (what.parent != nullptr && what.parent->definition) Belongs(what.parent);
  const bool covered = what.parent != nullptr && Covered(what.parent);
  SchemaObject& added = world_.Add(std::move(object));
  if (what.temporary || covered) return added;
  if (!added.certain) {
    Unfinished(what.replace ? "no earlier up script says what was there before"
                            : "whether it was there before cannot be known from the scripts",
               {added.DropText()});
    return added;
  }
  Undo("");
  if (drafting_) items_.back().drops = &added;
  return added;
}

void Drafter::Replace(SchemaObject& former, const NewObject& what) {
  if (MadeHere(&former)) {
    // It may refer to what was made since, so it has to go before that.
    if (!Covered(&former) && drafting_) {
      const auto item =
          std::find_if(items_.begin(), items_.end(), [&](const UndoItem& one) { return one.drops == &former; });
      if (item != items_.end()) std::rotate(item, std::next(item), items_.end());
    }
  } else {
    UndoReplaced(former, what);
  }
  former.definition = Text();
}

void Drafter::UndoReplaced(const SchemaObject& former, const NewObject& what) {
  if (!former.definition) {
    Unfinished("its former definition is not in one statement of the earlier up scripts");
    return;
  }
  if (*former.definition == text_) return;
  if (what.kind == "VIEW" && !SameColumns(*former.definition, text_)) {
    // A view cannot lose columns; a new one has lost what was said of the old one.
    std::vector<std::string> statements = {former.DropText(), *former.definition};
    statements.insert(statements.end(), former.story.begin(), former.story.end());
    UndoByFormer(Joined(statements), &former);
    return;
  }
  UndoByFormer(AsReplacing(*former.definition), &former);
}

void Drafter::TakeRoutine(PgQuery__CreateFunctionStmt& statement) {
  NewObject what;
  what.space = Space::kRoutine;
  what.kind = statement.is_procedure ? "PROCEDURE" : "FUNCTION";
  what.name = NameOf(statement.funcname, statement.n_funcname);
  what.arguments = SignatureOf(statement, false);
  what.replace = statement.replace;
  SchemaObject& object = Create(what);
  if (statement.is_procedure) object.arguments = SignatureOf(statement, true);
}

void Drafter::TakeDefine(PgQuery__DefineStmt& statement) {
  const char* const word = KindWord(statement.kind);
  NewObject what;
  what.kind = word == nullptr ? "" : word;
  what.name = NameOf(statement.defnames, statement.n_defnames);
  what.replace = statement.replace;
  what.if_not_exists = statement.if_not_exists;
  switch (statement.kind) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE:
      what.space = Space::kRoutine;
      what.arguments = AggregateArguments(statement);
      Create(what);
      return;
    case PG_QUERY__OBJECT_TYPE__OBJECT_OPERATOR: {
      // An operator's name is not quoted.
      const std::string name = what.name.name + OperatorArguments(statement);
      what.written = (what.name.schema.empty() ? "" : Quoted(what.name.schema) + ".") + name;
      what.name.name = name;
      Create(what);
      return;
    }
    case PG_QUERY__OBJECT_TYPE__OBJECT_TYPE: {
      // A type that a shell stands for already is made, and dropped with its functions by CASCADE only.
      what.space = Space::kType;
      SchemaObject* const shell = Former(what);
      if (shell != nullptr && shell->Fact("shell") && MadeHere(shell)) {
        shell->facts.erase("shell");
        shell->arguments = " CASCADE";
        for (const auto& object : world_.objects()) {
          if (object->space == Space::kRoutine && !object->gone && object->order > shell->order && object->definition &&
              object->definition->find(shell->name) != std::string::npos) {
            world_.Remove(*object);
          }
        }
        return;
      }
      SchemaObject& object = Create(what);
      if (statement.n_definition == 0) object.facts["shell"] = "yes";
      return;
    }
    default:
      if (word == nullptr) return TakeAnything("no inverse of such a statement is known");
      Create(what);
  }
}

void Drafter::TakeView(PgQuery__ViewStmt& statement) {
  NewObject what{Space::kRelation, "VIEW", NameOf(*statement.view)};
  what.replace = statement.replace;
  what.temporary = std::string_view(statement.view->relpersistence) == "t";
  SchemaObject& view = Create(what);
  view.facts["open"] = "yes";
}

void Drafter::TakeSchema(PgQuery__CreateSchemaStmt& statement) {
  const bool named = statement.schemaname != nullptr && *statement.schemaname != '\0';
  const char* const role =
      statement.authrole != nullptr && statement.authrole->rolename != nullptr ? statement.authrole->rolename : "";
  if (!named && *role == '\0') return Unfinished("its name is that of the role which runs the script");
  if (statement.n_schema_elts > 0) {
    return Unfinished("it makes a schema and objects in it",
                      {fmt::format("DROP SCHEMA {} CASCADE", Quoted(named ? statement.schemaname : role))});
  }
  TakeNamed("SCHEMA", named ? statement.schemaname : role, statement.if_not_exists);
}

void Drafter::TakeOperatorClass(PgQuery__CreateOpClassStmt& statement) {
  const WrittenName name = NameOf(statement.opclassname, statement.n_opclassname);
  const std::string index = fmt::format(" USING {}", Quoted(statement.amname));
  const bool own_family =
      statement.n_opfamilyname == 0 && world_.Find(Space::kOther, "", "OPERATOR FAMILY " + name.name) == nullptr;
  // Without FAMILY it makes a family of its name, which takes the class along.
  Create({Space::kOther, own_family ? "OPERATOR FAMILY" : "OPERATOR CLASS", name, index});
}

void Drafter::TakeOnTable(Space space, const char* kind, const char* name, PgQuery__RangeVar& relation, bool replace) {
  SchemaObject* table = ResolveRelation(&relation);
  if (table == nullptr) {
    // Known from now on by its name alone.
    SchemaObject unknown;
    unknown.space = Space::kRelation;
    unknown.kind = "TABLE";
    const WrittenName written = NameOf(relation);
    unknown.schema = written.schema;
    unknown.name = written.name;
    unknown.written = written.Sql();
    unknown.facts["open"] = "yes";
    table = &world_.Add(std::move(unknown));
  }
  NewObject what{space, kind, {"", name}};
  what.parent = table;
  what.replace = replace;
  Create(what);
}

void Drafter::TakeNamed(const char* kind, const char* name, bool if_not_exists, bool replace) {
  NewObject what{Space::kOther, kind, {"", name}};
  what.if_not_exists = if_not_exists;
  what.replace = replace;
  Create(what);
}

void Drafter::TakeQualified(Space space, const char* kind, PgQuery__Node** names, std::size_t count,
                            std::string arguments, bool if_not_exists) {
  NewObject what{space, kind, NameOf(names, count)};
  what.arguments = std::move(arguments);
  what.if_not_exists = if_not_exists;
  Create(what);
}

bool Drafter::TakeNamedCreate(PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT:
      TakeNamed("EXTENSION", node.create_extension_stmt->extname, node.create_extension_stmt->if_not_exists);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_AM_STMT:
      TakeNamed("ACCESS METHOD", node.create_am_stmt->amname);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_PUBLICATION_STMT:
      TakeNamed("PUBLICATION", node.create_publication_stmt->pubname);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_SUBSCRIPTION_STMT:
      TakeNamed("SUBSCRIPTION", node.create_subscription_stmt->subname);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FOREIGN_SERVER_STMT:
      TakeNamed("SERVER", node.create_foreign_server_stmt->servername, node.create_foreign_server_stmt->if_not_exists);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_FDW_STMT:
      TakeNamed("FOREIGN DATA WRAPPER", node.create_fdw_stmt->fdwname);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_EVENT_TRIG_STMT:
      TakeNamed("EVENT TRIGGER", node.create_event_trig_stmt->trigname);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_PLANG_STMT:
      TakeNamed("LANGUAGE", node.create_plang_stmt->plname, false, node.create_plang_stmt->replace);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_ROLE_STMT:
      TakeNamed("ROLE", node.create_role_stmt->role);
      return true;
    case PG_QUERY__NODE__NODE_CREATEDB_STMT:
      TakeNamed("DATABASE", node.createdb_stmt->dbname);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_TABLE_SPACE_STMT:
      TakeNamed("TABLESPACE", node.create_table_space_stmt->tablespacename);
      return true;
    default:
      return false;
  }
}

bool Drafter::TakeOtherCreate(PgQuery__Node& node) {
  switch (node.node_case) {
    case PG_QUERY__NODE__NODE_COMPOSITE_TYPE_STMT:
      Create({Space::kType, "TYPE", NameOf(*node.composite_type_stmt->typevar)});
      return true;
    case PG_QUERY__NODE__NODE_CREATE_ENUM_STMT:
      TakeQualified(Space::kType, "TYPE", node.create_enum_stmt->type_name, node.create_enum_stmt->n_type_name);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_RANGE_STMT:
      TakeQualified(Space::kType, "TYPE", node.create_range_stmt->type_name, node.create_range_stmt->n_type_name);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT:
      TakeNewDomain(*node.create_domain_stmt);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_TRIG_STMT:
      TakeOnTable(Space::kTrigger, "TRIGGER", node.create_trig_stmt->trigname, *node.create_trig_stmt->relation,
                  node.create_trig_stmt->replace);
      return true;
    case PG_QUERY__NODE__NODE_RULE_STMT:
      TakeOnTable(Space::kRule, "RULE", node.rule_stmt->rulename, *node.rule_stmt->relation, node.rule_stmt->replace);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_POLICY_STMT:
      TakeOnTable(Space::kPolicy, "POLICY", node.create_policy_stmt->policy_name, *node.create_policy_stmt->table,
                  false);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_CAST_STMT: {
      const PgQuery__CreateCastStmt& cast = *node.create_cast_stmt;
      NewObject what{Space::kOther, "CAST", {}};
      what.written = fmt::format("({} AS {})", TextOf(*cast.sourcetype), TextOf(*cast.targettype));
      what.name.name = what.written;
      Create(what);
      return true;
    }
    case PG_QUERY__NODE__NODE_CREATE_TRANSFORM_STMT: {
      const PgQuery__CreateTransformStmt& transform = *node.create_transform_stmt;
      const std::string type = TextOf(*transform.type_name);
      NewObject what{Space::kOther, "TRANSFORM", {"", type + " " + transform.lang}};
      what.replace = transform.replace;
      what.written = fmt::format("FOR {} LANGUAGE {}", type, Quoted(transform.lang));
      Create(what);
      return true;
    }
    case PG_QUERY__NODE__NODE_CREATE_CONVERSION_STMT:
      TakeQualified(Space::kOther, "CONVERSION", node.create_conversion_stmt->conversion_name,
                    node.create_conversion_stmt->n_conversion_name);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_OP_FAMILY_STMT:
      TakeQualified(Space::kOther, "OPERATOR FAMILY", node.create_op_family_stmt->opfamilyname,
                    node.create_op_family_stmt->n_opfamilyname,
                    fmt::format(" USING {}", Quoted(node.create_op_family_stmt->amname)));
      return true;
    case PG_QUERY__NODE__NODE_CREATE_STATS_STMT:
      TakeQualified(Space::kOther, "STATISTICS", node.create_stats_stmt->defnames, node.create_stats_stmt->n_defnames,
                    {}, node.create_stats_stmt->if_not_exists);
      return true;
    case PG_QUERY__NODE__NODE_CREATE_USER_MAPPING_STMT: {
      const PgQuery__CreateUserMappingStmt& mapping = *node.create_user_mapping_stmt;
      const std::string user = RoleText(*mapping.user);
      NewObject what{Space::kOther, "USER MAPPING", {"", user + " " + mapping.servername}};
      what.if_not_exists = mapping.if_not_exists;
      what.written = fmt::format("FOR {} SERVER {}", user, Quoted(mapping.servername));
      Create(what);
      return true;
    }
    default:
      return TakeNamedCreate(node);
  }
}

}  // namespace sqlmig::draft
