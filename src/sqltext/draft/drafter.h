// Goes through the statements of scripts, keeps what they say of the schema, and notes how to undo those of the script
// that is drafted.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sqltext/draft/world.h"
#include "sqltext/parse_tree.h"

namespace sqlmig::draft {

// What RENAME has made of a name, without its schema.
struct Renaming {
  std::string former;
  std::string now;
};

// How one statement, or a part of one, is undone.
struct UndoItem {
  std::string sql;  // without its semicolon; several statements are separated by one and a newline
  // Not empty: there is no `sql`, and a person has to write it. `proposals` are statements that may be right.
  std::string why;
  std::vector<std::string> proposals;
  std::string note;                      // a comment above `sql`, or alone
  SchemaObject* drops = nullptr;         // `sql` is the statement that drops it as it is called in the end
  SchemaObject* owner = nullptr;         // when that is gone there is nothing left to undo
  std::size_t statement = 0;             // in the script
  std::string context;                   // SET statements that `sql` needs
  std::optional<Renaming> renames = {};  // the statement does
};

// A name as a script writes it.
struct WrittenName {
  std::string schema;  // empty: none was written
  std::string name;
  std::string Sql() const { return schema.empty() ? Quoted(name) : Quoted(schema) + "." + Quoted(name); }
};
WrittenName NameOf(const PgQuery__RangeVar& relation);
// The last two of a list of String nodes.
WrittenName NameOf(PgQuery__Node* const* nodes, std::size_t count);
WrittenName NameOf(const std::vector<std::string>& parts);

class Drafter {
 public:
  Drafter(bool without_transaction, std::string schema)
      : first_schema_(std::move(schema)), without_transaction_(without_transaction) {}

  // The next script begins. Only what comes after BeginDraft is noted.
  void BeginScript();
  void BeginDraft() { drafting_ = true; }
  // The script is not looked at.
  void RefuseScript(std::string why) { Unfinished(std::move(why)); }
  // `index`: of the statement in its script.
  void Take(std::string_view statement, std::size_t index);

  const std::vector<UndoItem>& items() const { return items_; }

 private:
  enum class Refers { kNo, kYes };
  struct NewObject {
    Space space = Space::kOther;
    std::string kind;
    WrittenName name;
    std::string arguments = {};
    std::string written = {};  // unless it is the name alone
    SchemaObject* parent = nullptr;
    bool if_not_exists = false;
    bool replace = false;
    bool temporary = false;
  };

  // drafter.cpp
  void Dispatch(PgQuery__Node& node);
  bool DispatchCreate(PgQuery__Node& node);
  bool DispatchAlter(PgQuery__Node& node);
  bool DispatchRedefinition(PgQuery__Node& node);
  bool DispatchRows(PgQuery__Node& node);
  void Undo(std::string sql, SchemaObject* owner = nullptr);
  void UndoWithNote(std::string sql, std::string note);
  // By what earlier scripts say of `object`: where the script has renamed something that this names, it comes behind
  // the inverse of the renaming.
  void UndoByFormer(std::string sql, const SchemaObject* object, std::string note = {});
  void Unfinished(std::string why, std::vector<std::string> proposals = {});
  void Note(std::string note);
  // Whether undoing an earlier statement of this script undoes this one too. kYes: unless it refers to something that
  // the script makes after the object, which has to be freed of it first.
  bool Covered(const SchemaObject* object, Refers refers = Refers::kYes) const;
  bool MadeHere(const SchemaObject* object) const;
  // Whether one of the table's columns that stand below `message` is dropped by the draft, and takes along what it is
  // in.
  bool CoveredByColumn(const SchemaObject* table, const ProtobufCMessage& message) const;
  std::string Text() const { return std::string(text_); }
  // The statement belongs to the object, and would have to be repeated to make it again.
  void Belongs(SchemaObject* object);
  void Touch(SchemaObject* object);

  // creates.cpp
  SchemaObject& Create(NewObject what);
  SchemaObject* Former(const NewObject& what) const;
  void Replace(SchemaObject& former, const NewObject& what);
  void UndoReplaced(const SchemaObject& former, const NewObject& what);
  void TakeRoutine(PgQuery__CreateFunctionStmt& statement);
  void TakeDefine(PgQuery__DefineStmt& statement);
  void TakeView(PgQuery__ViewStmt& statement);
  void TakeSchema(PgQuery__CreateSchemaStmt& statement);
  void TakeOperatorClass(PgQuery__CreateOpClassStmt& statement);
  void TakeOnTable(Space space, const char* kind, const char* name, PgQuery__RangeVar& relation, bool replace);
  void TakeNamed(const char* kind, const char* name, bool if_not_exists = false, bool replace = false);
  void TakeQualified(Space space, const char* kind, PgQuery__Node** names, std::size_t count,
                     std::string arguments = {}, bool if_not_exists = false);
  bool TakeNamedCreate(PgQuery__Node& node);
  bool TakeOtherCreate(PgQuery__Node& node);

  // tables.cpp
  void TakeTable(PgQuery__CreateStmt& statement, const char* kind);
  void TakeTableAs(const PgQuery__IntoClause& into, bool materialized, bool if_not_exists);
  void TakeIndex(PgQuery__IndexStmt& statement);
  SchemaObject& AddColumn(SchemaObject& table, PgQuery__ColumnDef& column);
  void AddConstraint(SchemaObject& table, PgQuery__Constraint& constraint, const std::string& column);
  std::string ConstraintName(const WrittenName& table, const PgQuery__Constraint& constraint,
                             const std::string& column) const;
  std::string Unused(const std::string& schema, const std::string& table, const std::string& columns,
                     const std::string& label, bool relation) const;

  // alter_table.cpp
  struct AlterTarget {
    std::string prefix;  // "ALTER TABLE users"
    SchemaObject* table = nullptr;
    WrittenName name;
  };
  void TakeAlterTable(PgQuery__AlterTableStmt& statement);
  void TakeCommand(const AlterTarget& target, PgQuery__AlterTableCmd& command);
  bool TakeConstraintCommand(const AlterTarget& target, PgQuery__AlterTableCmd& command);
  bool TakeSwitch(const AlterTarget& target, const PgQuery__AlterTableCmd& command);
  void UndoTriggerStates(const AlterTarget& target, const std::string& state);
  bool TakePartition(const AlterTarget& target, const PgQuery__AlterTableCmd& command);
  void UndoProperty(const AlterTarget& target, SchemaObject* object, const std::string& key, const std::string& value,
                    const std::string& set, const std::string& none);
  void UndoAddConstraint(const AlterTarget& target, PgQuery__AlterTableCmd& command);
  void UndoPrimaryKey(const AlterTarget& target, const PgQuery__Constraint& constraint);
  void UndoDropConstraint(const AlterTarget& target, PgQuery__AlterTableCmd& command);
  void UndoValidate(const AlterTarget& target, const PgQuery__AlterTableCmd& command);
  void UndoOptions(const AlterTarget& target, SchemaObject* object, const std::string& prefix, PgQuery__Node* options,
                   bool reset);
  SchemaObject* Column(const AlterTarget& target, const char* name) const;

  // alter_column.cpp
  bool TakeColumnCommand(const AlterTarget& target, PgQuery__AlterTableCmd& command);
  void UndoStorage(const AlterTarget& target, const PgQuery__AlterTableCmd& command, SchemaObject* column);
  bool TakeIdentity(const AlterTarget& target, const PgQuery__AlterTableCmd& command, SchemaObject* column);
  void UndoAddColumn(const AlterTarget& target, PgQuery__AlterTableCmd& command);
  void UndoDropColumn(const AlterTarget& target, PgQuery__AlterTableCmd& command, SchemaObject* column);
  void UndoColumnType(const AlterTarget& target, PgQuery__AlterTableCmd& command, SchemaObject* column);

  // resolve.cpp
  SchemaObject* Resolve(PgQuery__ObjectType type, PgQuery__Node* node) const;
  SchemaObject* ResolveRelation(const PgQuery__RangeVar* relation) const;

  // changes.cpp
  void TakeRename(PgQuery__Node& node);
  void RenameKnown(SchemaObject* object, const std::string& name);
  void TakeSetSchema(PgQuery__Node& node);
  void TakeOwner(const PgQuery__AlterOwnerStmt& statement);
  void TakeEnum(PgQuery__Node& node);
  void TakeComment(PgQuery__Node& node);
  // By its former definition, run again.
  void TakeRedefined(SchemaObject* object, std::string_view what);

  // domains.cpp
  void TakeNewDomain(PgQuery__CreateDomainStmt& statement);
  void TakeDomain(PgQuery__AlterDomainStmt& statement);
  void TakeDomainConstraint(SchemaObject* domain, const WrittenName& name, PgQuery__Constraint& constraint,
                            bool covered);

  // sequences.cpp
  void TakeSequence(PgQuery__CreateSeqStmt& statement);
  void TakeSequenceChange(PgQuery__AlterSeqStmt& statement);
  void TakeSequenceOwner(SchemaObject* sequence, const std::string& name, std::vector<std::string> parts);

  // grants.cpp
  void TakeGrant(PgQuery__Node& node, PgQuery__GrantStmt& grant);
  void TakeRoleGrant(PgQuery__Node& node);
  void TakePublicationChange(PgQuery__Node& node);

  // drops.cpp
  void TakeDrop(PgQuery__DropStmt& statement);
  void DropOne(SchemaObject* object, const PgQuery__DropStmt& statement, std::size_t total);
  void TakeDropNamed(SchemaObject* object, bool cascade);

  // data.cpp
  void TakeInsert(PgQuery__InsertStmt& statement);
  std::optional<std::string> DeleteOf(const PgQuery__InsertStmt& statement, const SchemaObject* table) const;
  void TakeRows(const PgQuery__RangeVar* relation, const char* why);
  void TakeUpdate(const PgQuery__UpdateStmt& statement);
  void TakeTruncate(const PgQuery__TruncateStmt& statement);
  void TakeSelect(PgQuery__Node& node);
  void TakeSet(const PgQuery__VariableSetStmt& statement);
  bool TakeSetConfig(const PgQuery__SelectStmt& statement);
  void TakeAnything(const char* why);
  void SetContext(const std::string& name, const std::string& sql, const std::string& schema);

  World world_;
  std::vector<UndoItem> items_;
  std::map<std::string, std::string> context_;  // setting to the statement that made it
  std::string_view text_;
  std::optional<MentionedNames> names_;  // in text_
  std::size_t statement_ = 0;
  std::size_t script_ = 0;
  bool drafting_ = false;
  const std::string first_schema_;  // where a script makes what has no schema
  const bool without_transaction_;
};

// The schema that a search path begins with: where objects are made.
std::string FirstSchema(const std::string& search_path);
// For a statement that is about one of these, the word that DROP, COMMENT and ALTER use.
const char* KindWord(PgQuery__ObjectType type);
// Whether a text of the tree is there and not empty.
bool IsSet(const char* text);
// What an option is set to, as SQL.
std::string OptionValue(PgQuery__Node* value);
bool IsRelation(PgQuery__ObjectType type);
// Of what belongs to a table: triggers, rules, policies, constraints, else columns.
Space SpaceOfPart(PgQuery__ObjectType type);
// The names that a node holds which stands for an object.
std::vector<std::string> ListNames(const PgQuery__Node* node);
// "(int, text)": the types that identify a routine.
std::string SignatureOf(const PgQuery__CreateFunctionStmt& routine, bool with_outputs);
std::string SignatureOf(PgQuery__Node* const* types, std::size_t count);
// A CREATE statement under another name; nothing when it cannot be told.
std::optional<std::string> RenamedDefinition(const std::string& definition, const std::string& name);
// CREATE FUNCTION ... as CREATE OR REPLACE FUNCTION ...
std::string AsReplacing(const std::string& definition);

}  // namespace sqlmig::draft
