// What ALTER TABLE does to columns.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"
#include "sqltext/script.h"

namespace sqlmig::draft {
namespace {

// Whether a USING says no more than a cast would: then its inverse is a cast too.
bool IsCastOf(const PgQuery__Node* expression, std::string_view column) {
  if (expression == nullptr) return true;
  while (expression->node_case == PG_QUERY__NODE__NODE_TYPE_CAST) expression = expression->type_cast->arg;
  if (expression->node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return false;
  const auto names = NamesOf(expression->column_ref->fields, expression->column_ref->n_fields);
  return !names.empty() && names.back() == column;
}

}  // namespace

bool IsSet(const char* text) {
  return text != nullptr && *text != '\0';
}

std::string OptionValue(PgQuery__Node* value) {
  if (value == nullptr) return {};
  switch (value->node_case) {
    case PG_QUERY__NODE__NODE_INTEGER:
      return std::to_string(value->integer->ival);
    case PG_QUERY__NODE__NODE_FLOAT:
      return value->float_->fval;
    case PG_QUERY__NODE__NODE_STRING:
      return QuotedLiteral(value->string->sval);
    case PG_QUERY__NODE__NODE_TYPE_NAME:
      return TextOf(*value->type_name);
    default:
      return {};
  }
}

bool Drafter::TakeColumnCommand(const AlterTarget& target, PgQuery__AlterTableCmd& command) {
  SchemaObject* const column = Column(target, command.name);
  const std::string alter = fmt::format("ALTER COLUMN {} ", IsSet(command.name) ? Quoted(command.name) : "");
  const std::string here = target.prefix + " " + alter;
  const bool covered = Covered(column) || Covered(target.table);
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn:
      UndoAddColumn(target, command);
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
      UndoDropColumn(target, command, column);
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType:
      UndoColumnType(target, command, column);
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
      UndoProperty(target, column, "default", command.def == nullptr ? "" : ExpressionText(*command.def),
                   alter + "SET DEFAULT {}", alter + "DROP DEFAULT");
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull: {
      const bool set = command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull;
      const auto former = column == nullptr ? std::nullopt : column->Fact("not null");
      if (column != nullptr) column->facts["not null"] = set ? "yes" : "";
      if (covered || (former && former->empty() != set)) return true;
      Undo(here + (set ? "DROP NOT NULL" : "SET NOT NULL"));
      return true;
    }
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetStatistics:
      if (!IsSet(command.name)) return false;
      UndoProperty(target, column, "statistics", command.def == nullptr ? "-1" : OptionValue(command.def),
                   alter + "SET STATISTICS {}", "");
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetStorage:
      UndoStorage(target, command, column);
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetCompression:
      UndoProperty(target, column, "compression", command.def == nullptr ? "default" : command.def->string->sval,
                   alter + "SET COMPRESSION {}", "");
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetOptions:
      UndoOptions(target, column, here.substr(0, here.size() - 1), command.def,
                  command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_ResetOptions);
      return true;
    default:
      return TakeIdentity(target, command, column);
  }
}

void Drafter::UndoStorage(const AlterTarget& target, const PgQuery__AlterTableCmd& command, SchemaObject* column) {
  const std::string here = fmt::format("{} ALTER COLUMN {} SET STORAGE ", target.prefix, Quoted(command.name));
  const auto former = column == nullptr ? std::nullopt : column->Fact("storage");
  const std::string value = command.def == nullptr ? "" : command.def->string->sval;
  if (column != nullptr) column->facts["storage"] = value;
  if (Covered(column) || Covered(target.table)) return;
  if (former && !former->empty()) return Undo(here + *former);
  Unfinished("the former storage is that of the column's type", {here + "EXTENDED"});
}

bool Drafter::TakeIdentity(const AlterTarget& target, const PgQuery__AlterTableCmd& command, SchemaObject* column) {
  const bool add = command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity;
  if (!add && command.subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_DropIdentity) return false;
  const std::string here = fmt::format("{} ALTER COLUMN {} ", target.prefix, Quoted(command.name));
  const auto former = column == nullptr ? std::nullopt : column->Fact("identity");
  const bool plain = column != nullptr && !column->Fact("identity options");
  if (column != nullptr) column->facts["identity"] = "";
  if (column != nullptr && add) {
    const PgQuery__Constraint& identity = *command.def->constraint;
    const bool always = identity.generated_when != nullptr && *identity.generated_when == 'a';
    column->facts["identity"] = always ? "ALWAYS" : "BY DEFAULT";
    if (identity.n_options > 0) column->facts["identity options"] = "yes";
  }
  if (Covered(column) || Covered(target.table)) return true;
  if (add) {
    Undo(here + "DROP IDENTITY");
  } else if (former && !former->empty() && plain) {
    UndoWithNote(here + fmt::format("ADD GENERATED {} AS IDENTITY", *former),
                 "Its sequence begins anew: set it above the values that are there.");
  } else {
    Unfinished("how the identity was made is not in the earlier up scripts",
               {here + "ADD GENERATED ALWAYS AS IDENTITY"});
  }
  return true;
}

void Drafter::UndoAddColumn(const AlterTarget& target, PgQuery__AlterTableCmd& command) {
  PgQuery__ColumnDef& definition = *command.def->column_def;
  const bool attribute = target.prefix.starts_with("ALTER TYPE");
  const std::string drop =
      fmt::format("{} DROP {} {}", target.prefix, attribute ? "ATTRIBUTE" : "COLUMN", Quoted(definition.colname));
  if (Column(target, definition.colname) != nullptr && command.missing_ok) return;
  const bool covered = Covered(target.table);
  SchemaObject* column = nullptr;
  if (target.table != nullptr) {
    column = &AddColumn(*target.table, definition);
    column->certain = !command.missing_ok;
  }
  if (covered) return;
  if (command.missing_ok) {
    return Unfinished("whether the column was there before cannot be known from the scripts", {drop});
  }
  Undo(drop, column);
}

void Drafter::UndoDropColumn(const AlterTarget& target, PgQuery__AlterTableCmd& command, SchemaObject* column) {
  const std::string name = Quoted(command.name);
  const bool attribute = target.prefix.starts_with("ALTER TYPE");
  const bool covered = Covered(target.table);
  const bool here = MadeHere(column);
  std::optional<std::string> type;
  std::string rest;
  bool simple = column != nullptr && command.behavior != PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
  std::string comment;
  if (simple) {
    type = column->Fact("type");
    const auto fallback = column->Fact("default");
    const auto not_null = column->Fact("not null");
    simple = type && fallback && not_null && column->Fact("identity") == "" && !column->Fact("generated") &&
             column->Fact("statistics") == "-1" && column->Fact("comment").has_value();
    if (simple && !fallback->empty()) rest += " DEFAULT " + *fallback;
    if (simple && !not_null->empty()) rest += " NOT NULL";
    simple = simple && (not_null->empty() || !fallback->empty());
    if (simple && !column->Fact("comment")->empty()) {
      comment = fmt::format(";\nCOMMENT ON COLUMN {}.{} IS {}", target.name.Sql(), name, *column->Fact("comment"));
    }
    // What else goes with the column would have to come back too.
    for (const auto& object : world_.objects()) {
      if (object->parent != target.table || object->gone || object.get() == column) continue;
      if (object->space == Space::kColumn) continue;
      const std::string text = object->definition.value_or(object->Fact("definition").value_or(""));
      if (text.empty() || MentionsName(text, command.name)) simple = false;
    }
  }
  if (column != nullptr) world_.Remove(*column);
  if (covered || here) return;
  if (!simple) {
    return Unfinished(command.missing_ok && column == nullptr
                          ? "whether the column was there, and as what, is not known from the scripts"
                          : "how to make the column, and what went with it, again is not known from the scripts; its "
                            "values are not kept");
  }
  UndoWithNote(
      fmt::format("{} ADD {} {} {}{}{}", target.prefix, attribute ? "ATTRIBUTE" : "COLUMN", name, *type, rest, comment),
      "The values of " + target.name.Sql() + "." + name + " do not come back.");
}

void Drafter::UndoColumnType(const AlterTarget& target, PgQuery__AlterTableCmd& command, SchemaObject* column) {
  PgQuery__ColumnDef& definition = *command.def->column_def;
  const auto former = column == nullptr ? std::nullopt : column->Fact("type");
  const std::string now = definition.type_name == nullptr ? "" : TextOf(*definition.type_name);
  if (column != nullptr) column->facts["type"] = now;
  if (Covered(column) || Covered(target.table)) return;
  const std::string name = Quoted(command.name);
  const bool attribute = target.prefix.starts_with("ALTER TYPE");
  const std::string alter =
      fmt::format("{} ALTER {} {} TYPE ", target.prefix, attribute ? "ATTRIBUTE" : "COLUMN", name);
  if (!former) return Unfinished("the former type is not in the earlier up scripts", {alter + "..."});
  if (*former == now) return;
  // A type of one's own is had from another through its text; all others have a cast, or a USING of their own.
  const auto own = [&](const std::string& type) {
    const std::string element = type.substr(0, type.find('['));
    return std::any_of(world_.objects().begin(), world_.objects().end(), [&](const auto& object) {
      return object->space == Space::kType && (object->written == element || Quoted(object->name) == element);
    });
  };
  const char* const through = own(*former) || own(now) ? "::text" : "";
  const std::string text = own(*former) && former->find('[') != std::string::npos ? "::text[]" : through;
  const std::string sql = alter + *former + (attribute ? "" : fmt::format(" USING {}{}::{}", name, text, *former));
  if (!IsCastOf(definition.raw_default, command.name)) {
    return Unfinished("the values have to be computed back", {sql});
  }
  Undo(sql);
}

}  // namespace sqlmig::draft
