// ALTER TABLE, and the forms of ALTER INDEX, VIEW, SEQUENCE and TYPE that the grammar treats alike.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/draft/drafter.h"
#include "sqltext/script.h"

namespace sqlmig::draft {
namespace {

std::string PrefixOf(const PgQuery__AlterTableStmt& statement, const WrittenName& name) {
  return fmt::format("ALTER {} {}{}{}", KindWord(statement.objtype), statement.missing_ok ? "IF EXISTS " : "",
                     statement.relation->inh || statement.objtype != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE ? "" : "ONLY ",
                     name.Sql());
}

std::string OptionName(const PgQuery__DefElem& option) {
  return (IsSet(option.defnamespace) ? std::string(option.defnamespace) + "." : std::string()) + option.defname;
}

struct Switch {
  PgQuery__AlterTableType type;
  const char* key;    // of the table's facts
  const char* value;  // that it gets
  const char* set;    // what brings the other one back
};

constexpr Switch kSwitches[] = {
    {PG_QUERY__ALTER_TABLE_TYPE__AT_EnableRowSecurity, "row security", "YES", "DISABLE ROW LEVEL SECURITY"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_DisableRowSecurity, "row security", "NO", "ENABLE ROW LEVEL SECURITY"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_ForceRowSecurity, "force row security", "YES", "NO FORCE ROW LEVEL SECURITY"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_NoForceRowSecurity, "force row security", "NO", "FORCE ROW LEVEL SECURITY"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_SetLogged, "logged", "YES", "SET UNLOGGED"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_SetUnLogged, "logged", "NO", "SET LOGGED"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrigAll, "triggers", "YES", "DISABLE TRIGGER ALL"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigAll, "triggers", "NO", "ENABLE TRIGGER ALL"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrigUser, "user triggers", "YES", "DISABLE TRIGGER USER"},
    {PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigUser, "user triggers", "NO", "ENABLE TRIGGER USER"},
};

// What ENABLE and DISABLE make of a trigger or a rule.
const char* StateOf(PgQuery__AlterTableType type) {
  switch (type) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrig:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableRule:
      return "ENABLE";
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableAlwaysTrig:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableAlwaysRule:
      return "ENABLE ALWAYS";
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableReplicaTrig:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableReplicaRule:
      return "ENABLE REPLICA";
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrig:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DisableRule:
      return "DISABLE";
    default:
      return nullptr;
  }
}

bool IsOfRule(PgQuery__AlterTableType type) {
  return type >= PG_QUERY__ALTER_TABLE_TYPE__AT_EnableRule && type <= PG_QUERY__ALTER_TABLE_TYPE__AT_DisableRule;
}

}  // namespace

SchemaObject* Drafter::Column(const AlterTarget& target, const char* name) const {
  if (target.table == nullptr || !IsSet(name)) return nullptr;
  return world_.Find(Space::kColumn, "", name, target.table);
}

void Drafter::TakeAlterTable(PgQuery__AlterTableStmt& statement) {
  AlterTarget target;
  target.name = NameOf(*statement.relation);
  target.prefix = PrefixOf(statement, target.name);
  target.table = ResolveRelation(statement.relation);
  if (target.table == nullptr && statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_TYPE) {
    target.table = world_.Find(Space::kType, target.name.schema, target.name.name);
  }
  if (statement.relation->relname != nullptr) Belongs(target.table);
  for (std::size_t i = 0; i < statement.n_cmds; ++i) TakeCommand(target, *statement.cmds[i]->alter_table_cmd);
}

void Drafter::TakeCommand(const AlterTarget& target, PgQuery__AlterTableCmd& command) {
  if (TakeSwitch(target, command) || TakeColumnCommand(target, command) || TakeConstraintCommand(target, command) ||
      TakePartition(target, command)) {
    return;
  }
  const bool covered = Covered(target.table);
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner: {
      const auto former = target.table == nullptr ? std::nullopt : target.table->Fact("owner");
      if (target.table != nullptr) target.table->facts["owner"] = RoleText(*command.newowner);
      if (covered) return;
      if (former) return Undo(target.prefix + " OWNER TO " + *former);
      return Unfinished("the former owner is not known", {target.prefix + " OWNER TO ..."});
    }
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ClusterOn:
      return UndoProperty(target, target.table, "cluster", command.name, "CLUSTER ON {}", "SET WITHOUT CLUSTER");
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropCluster:
      return UndoProperty(target, target.table, "cluster", "", "CLUSTER ON {}", "SET WITHOUT CLUSTER");
    case PG_QUERY__ALTER_TABLE_TYPE__AT_SetRelOptions:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions:
      return UndoOptions(target, target.table, target.prefix, command.def,
                         command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions);
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ReplicaIdentity: {
      const PgQuery__ReplicaIdentityStmt& identity = *command.def->replica_identity_stmt;
      const std::string type = identity.identity_type;
      const std::string value = type == "f"   ? "FULL"
                                : type == "n" ? "NOTHING"
                                : type == "i" ? "USING INDEX " + Quoted(identity.name)
                                              : "DEFAULT";
      return UndoProperty(target, target.table, "replica identity", value, "REPLICA IDENTITY {}", "");
    }
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddInherit:
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropInherit: {
      const bool add = command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_AddInherit;
      if (covered) return;
      const std::string parent = NameOf(*command.def->range_var).Sql();
      return Undo(fmt::format("{} {}INHERIT {}", target.prefix, add ? "NO " : "", parent));
    }
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddOf:
      if (!covered) Undo(target.prefix + " NOT OF");
      return;
    default:
      if (covered) return;
      Touch(target.table);
      Unfinished("the former state is not known");
  }
}

bool Drafter::TakeSwitch(const AlterTarget& target, const PgQuery__AlterTableCmd& command) {
  if (const char* const state = StateOf(command.subtype)) {
    const bool rule = IsOfRule(command.subtype);
    SchemaObject* const object = world_.Find(rule ? Space::kRule : Space::kTrigger, "", command.name, target.table);
    const auto former = object == nullptr ? std::nullopt : object->Fact("state");
    if (object != nullptr) object->facts["state"] = state;
    if (Covered(target.table) || Covered(object)) return true;
    const std::string what = fmt::format(" {} {}", rule ? "RULE" : "TRIGGER", Quoted(command.name));
    if (!former && object == nullptr && std::string_view(state).starts_with("ENABLE ")) {
      Unfinished("whether it was enabled before, and how, is not in the earlier up scripts",
                 {target.prefix + " ENABLE" + what, target.prefix + " DISABLE" + what});
      return true;
    }
    const bool enabled = std::string_view(state) != "DISABLE";
    const std::string back = former.value_or(object != nullptr || !enabled ? "ENABLE" : "DISABLE");
    if (back != state) Undo(target.prefix + " " + back + what);
    return true;
  }
  for (const Switch& one : kSwitches) {
    if (one.type != command.subtype) continue;
    const auto former = target.table == nullptr ? std::nullopt : target.table->Fact(one.key);
    if (target.table != nullptr) target.table->facts[one.key] = one.value;
    const bool covered = Covered(target.table);
    const bool triggers = std::string_view(one.key).ends_with("triggers");
    if (triggers && !covered) UndoTriggerStates(target, std::string_view(one.value) == "YES" ? "ENABLE" : "DISABLE");
    if (covered || (former && *former == one.value)) return true;
    Undo(target.prefix + " " + one.set);
    return true;
  }
  return false;
}

// ALL or USER has put every trigger into one state: those that were in another one than its inverse gives get it back,
// behind that.
void Drafter::UndoTriggerStates(const AlterTarget& target, const std::string& state) {
  if (target.table == nullptr) return;
  for (SchemaObject* const trigger : world_.ChildrenOf(*target.table, Space::kTrigger)) {
    const std::string former = trigger->Fact("state").value_or("ENABLE");
    trigger->facts["state"] = state;
    const bool brought_back = former == (state == "ENABLE" ? "DISABLE" : "ENABLE");
    if (!brought_back && !Covered(trigger)) {
      Undo(fmt::format("{} {} TRIGGER {}", target.prefix, former, Quoted(trigger->name)));
    }
  }
}

// `set` holds {} for the former value; `none` is the form for an empty one.
void Drafter::UndoProperty(const AlterTarget& target, SchemaObject* object, const std::string& key,
                           const std::string& value, const std::string& set, const std::string& none) {
  const auto former = object == nullptr ? std::nullopt : object->Fact(key);
  if (object != nullptr) object->facts[key] = value;
  if (Covered(object) || Covered(target.table)) return;
  if (former && *former == value) return;
  if (!former) {
    std::vector<std::string> proposals;
    if (!none.empty()) proposals.push_back(target.prefix + " " + none);
    proposals.push_back(target.prefix + " " + fmt::format(fmt::runtime(set), "..."));
    return Unfinished("the former value is not in the earlier up scripts", std::move(proposals));
  }
  Undo(target.prefix + " " + (former->empty() && !none.empty() ? none : fmt::format(fmt::runtime(set), *former)));
}

bool Drafter::TakeConstraintCommand(const AlterTarget& target, PgQuery__AlterTableCmd& command) {
  switch (command.subtype) {
    case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint:
      UndoAddConstraint(target, command);
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint:
      UndoDropConstraint(target, command);
      return true;
    case PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint:
      UndoValidate(target, command);
      return true;
    default:
      return false;
  }
}

void Drafter::UndoAddConstraint(const AlterTarget& target, PgQuery__AlterTableCmd& command) {
  PgQuery__Constraint& constraint = *command.def->constraint;
  const std::string name = ConstraintName(target.name, constraint, "");
  const bool covered = Covered(target.table) || CoveredByColumn(target.table, constraint.base);
  SchemaObject* index = nullptr;
  if (IsSet(constraint.indexname)) index = world_.Find(Space::kRelation, target.name.schema, constraint.indexname);
  if (!covered && !name.empty()) {
    if (constraint.contype == PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY) UndoPrimaryKey(target, constraint);
    std::string sql = fmt::format("{} DROP CONSTRAINT {}", target.prefix, Quoted(name));
    if (!IsSet(constraint.indexname) || MadeHere(index)) {
      Undo(sql);
    } else if (index != nullptr && index->definition) {
      Undo(sql + ";\n" + *index->definition);  // the index goes with the constraint
    } else {
      Unfinished("the index goes with the constraint, and its definition is not in the earlier up scripts", {sql});
    }
  }
  if (index != nullptr) world_.Remove(*index);
  if (target.table != nullptr) AddConstraint(*target.table, constraint, "");
}

// A primary key makes its columns NOT NULL, and they stay so without it.
void Drafter::UndoPrimaryKey(const AlterTarget& target, const PgQuery__Constraint& constraint) {
  for (const std::string& key : NamesOf(constraint.keys, constraint.n_keys)) {
    const SchemaObject* const column = Column(target, key.c_str());
    const auto not_null = column == nullptr ? std::nullopt : column->Fact("not null");
    const std::string sql = fmt::format("{} ALTER COLUMN {} DROP NOT NULL", target.prefix, Quoted(key));
    if (not_null && !not_null->empty()) continue;
    if (not_null)
      Undo(sql);
    else
      Unfinished(fmt::format("whether {} was NOT NULL before is not in the earlier up scripts", Quoted(key)), {sql});
  }
  if (constraint.n_keys == 0) {
    Unfinished("which columns of the index were NOT NULL before is not known",
               {target.prefix + " ALTER COLUMN ... DROP NOT NULL"});
  }
}

void Drafter::UndoDropConstraint(const AlterTarget& target, PgQuery__AlterTableCmd& command) {
  SchemaObject* const constraint =
      target.table == nullptr ? nullptr : world_.Find(Space::kConstraint, "", command.name, target.table);
  const bool here = MadeHere(constraint) && !MadeHere(target.table);
  const auto definition = constraint == nullptr ? std::nullopt : constraint->Fact("definition");
  const auto comment = constraint == nullptr ? std::nullopt : constraint->Fact("comment");
  if (constraint != nullptr) world_.Remove(*constraint);
  if (here && drafting_) {
    // What this script has added and dropped again leaves nothing.
    const std::string undo = fmt::format("{} DROP CONSTRAINT {}", target.prefix, Quoted(command.name));
    const auto item = std::find_if(items_.begin(), items_.end(), [&](const UndoItem& one) { return one.sql == undo; });
    if (item != items_.end()) items_.erase(item);
    return;
  }
  if (Covered(target.table)) return;
  if (!definition || command.behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE) {
    return Unfinished(command.missing_ok
                          ? "whether the constraint was there, and as what, is not in the earlier up scripts"
                          : "the constraint's definition is not in the earlier up scripts");
  }
  std::string sql = target.prefix + " " + *definition;
  if (comment && !comment->empty()) {
    sql += fmt::format(";\nCOMMENT ON CONSTRAINT {} ON {} IS {}", Quoted(command.name), target.name.Sql(), *comment);
  }
  UndoByFormer(std::move(sql), constraint);
}

void Drafter::UndoValidate(const AlterTarget& target, const PgQuery__AlterTableCmd& command) {
  SchemaObject* const constraint =
      target.table == nullptr ? nullptr : world_.Find(Space::kConstraint, "", command.name, target.table);
  const auto definition = constraint == nullptr ? std::nullopt : constraint->Fact("definition");
  const bool was_valid = constraint != nullptr && constraint->Fact("valid") == "yes";
  if (constraint != nullptr) constraint->facts["valid"] = "yes";
  if (was_valid || Covered(target.table) || Covered(constraint)) return;
  if (!definition || definition->find("NOT VALID") == std::string::npos) {
    return Note(
        fmt::format("{} stays validated: its definition is not in the earlier up scripts.", Quoted(command.name)));
  }
  Undo(fmt::format("{} DROP CONSTRAINT {}, {}", target.prefix, Quoted(command.name), *definition));
  constraint->facts["definition"] = definition->substr(0, definition->find(" NOT VALID"));
}

bool Drafter::TakePartition(const AlterTarget& target, const PgQuery__AlterTableCmd& command) {
  const bool attach = command.subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition;
  if (!attach && command.subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition) return false;
  const PgQuery__PartitionCmd& partition = *command.def->partition_cmd;
  const std::string name = NameOf(*partition.name).Sql();
  SchemaObject* const known = ResolveRelation(partition.name);
  const auto bound = known == nullptr ? std::nullopt : known->Fact("bound");
  if (known != nullptr && !attach) known->facts.erase("bound");
  if (attach) {
    // An index's partition has no bounds.
    if (known != nullptr && partition.bound != nullptr) known->facts["bound"] = BoundText(*partition.bound);
    if (Covered(target.table) && (known == nullptr || MadeHere(known))) return true;
    if (partition.bound == nullptr) {
      Unfinished("an index cannot be detached from that of the partitioned table");
      return true;
    }
    Undo(fmt::format("{} DETACH PARTITION {}", target.prefix, name));
    return true;
  }
  if (MadeHere(known) || Covered(target.table)) {
    // It does not go with the table any more.
    if (drafting_ && MadeHere(known)) {
      const bool drops = std::any_of(items_.begin(), items_.end(), [&](const UndoItem& i) { return i.drops == known; });
      if (!drops) {
        Undo("");
        items_.back().drops = known;
      }
    }
    return true;
  }
  if (bound && !bound->empty())
    Undo(fmt::format("{} ATTACH PARTITION {} {}", target.prefix, name, *bound));
  else
    Unfinished("the partition's bounds are not in the earlier up scripts",
               {fmt::format("{} ATTACH PARTITION {} FOR VALUES ...", target.prefix, name)});
  return true;
}

void Drafter::UndoOptions(const AlterTarget& target, SchemaObject* object, const std::string& prefix,
                          PgQuery__Node* options, bool reset) {
  if (options == nullptr || options->node_case != PG_QUERY__NODE__NODE_LIST) return;
  std::string set_back;
  std::string reset_back;
  bool known = object != nullptr && object->Fact("comment").has_value() && object->Fact("options") != "some";
  for (std::size_t i = 0; i < options->list->n_items; ++i) {
    const PgQuery__DefElem& option = *options->list->items[i]->def_elem;
    const std::string name = OptionName(option);
    const auto former = object == nullptr ? std::nullopt : object->Fact("option " + name);
    if (object != nullptr) object->facts["option " + name] = reset ? "" : OptionValue(option.arg);
    if (former && !former->empty()) {
      set_back += fmt::format("{}{} = {}", set_back.empty() ? "" : ", ", name, *former);
    } else if (!reset) {
      reset_back += (reset_back.empty() ? "" : ", ") + name;
      known = known || former.has_value();
    }
  }
  if (Covered(object) || Covered(target.table)) return;
  if (!known) {
    return Unfinished("the former options are not in the earlier up scripts",
                      {prefix + (reset ? " SET (...)" : " RESET (" + reset_back + ")")});
  }
  if (!set_back.empty()) Undo(fmt::format("{} SET ({})", prefix, set_back));
  if (!reset_back.empty()) Undo(fmt::format("{} RESET ({})", prefix, reset_back));
}

}  // namespace sqlmig::draft
