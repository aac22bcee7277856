// The statements that undo a difference of two schemas, for the forms where they are known.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "catalog/difference.h"
#include "verify/sql_form.h"

namespace sqlmig {

struct Remedy {
  std::vector<std::string> statements;  // without a semicolon; empty: none is known
  std::size_t drops = 0;    // the first of them, which take something away before it is made anew, if at all
  std::string note;         // why there is none, when that can be said
  bool loses_data = false;  // rows, or values, are gone with what it drops

  friend bool operator==(const Remedy&, const Remedy&) = default;
};

// A statement that is all there is to do.
inline std::optional<std::vector<std::string>> JustOne(std::string statement) {
  return std::vector<std::string>{std::move(statement)};
}

// What makes of the schema that is there the one that is wanted. Each statement is meant for a schema in which nothing
// else differs that it depends on; none drops what depends on something (CASCADE).
class Remedies {
 public:
  // `owner`: the role that kOneOwner stands for, as SQL needs it. The snapshots outlive this.
  Remedies(const Snapshot& found, const Snapshot& wanted, std::string owner);

  const ObjectIndex& found() const noexcept { return found_; }
  const ObjectIndex& wanted() const noexcept { return wanted_; }

  // Of a difference between the two, whichever way round.
  Remedy For(const Difference& difference) const;

 private:
  using Statements = std::optional<std::vector<std::string>>;

  // Each gives nothing for what it has no statement for.
  Statements Drop(const CatalogObject& object) const;
  std::size_t LeadingDrops(const CatalogObject* object, const std::vector<std::string>& statements) const;
  Statements DropFirst(const CatalogObject& object) const;
  std::vector<const CatalogObject*> DroppedReferences(const CatalogObject& foreign_key) const;
  bool RefersTo(const CatalogObject& foreign_key, const CatalogObject& table) const;
  bool UsesFunctionOfRows(const CatalogObject& child, const CatalogObject& table) const;
  Statements Change(const CatalogObject& from, const CatalogObject& to, const std::string& what) const;
  Statements ChangeAny(const CatalogObject& from, const CatalogObject& to, const std::string& what) const;
  Statements ChangePrivileges(const CatalogObject& from, const CatalogObject& to, const std::string& what) const;
  Statements ChangeDefinition(const CatalogObject& from, const CatalogObject& to) const;
  // Dropped, and made anew with all that is said of it.
  Statements MakeAnew(const CatalogObject& from, const CatalogObject& to) const;
  bool HasSameColumns(const CatalogObject& from, const CatalogObject& to) const;

  // remedy_inherit.cpp
  static const CatalogObject* TableOf(const ObjectIndex& side, const CatalogObject& object);
  Statements ChangeTableLineage(const CatalogObject& object) const;
  Statements CreatePartitionedIndex(const CatalogObject& index) const;
  Statements ChangeClustered(const CatalogObject& index) const;

  // remedy_create.cpp
  Statements Create(const CatalogObject& object) const;
  Statements CreateWhole(const CatalogObject& object) const;
  Statements CreateAlone(const CatalogObject& object) const;
  Statements CreateTable(const CatalogObject& table) const;
  Statements AddColumn(const CatalogObject& column) const;
  Statements CreateSequences(const std::vector<const CatalogObject*>& columns) const;
  Statements OwnSequences(const std::vector<const CatalogObject*>& columns) const;
  std::optional<std::string> ColumnDefinition(const CatalogObject& column) const;
  std::string IdentityDefinition(const CatalogObject& column) const;
  std::optional<std::string> PolicyDefinition(const CatalogObject& policy) const;
  // What creating it leaves at its default, and what belongs to it.
  Statements Extras(const CatalogObject& object) const;
  enum class Children { kForeignKeys, kAllOthers };
  Statements CreateChildren(const CatalogObject& object, Children which) const;
  // The object as it is when it has just been created: what default privileges grant.
  CatalogObject Bare(const CatalogObject& object) const;

  std::string Role(const std::string& name) const;

  ObjectIndex found_;
  ObjectIndex wanted_;
  std::vector<const CatalogObject*> row_functions_;  // that are dropped and take rows of tables that are
  std::string owner_;
};

// Properties of one kind: what makes `from` as `to`. Nothing: no statement.
std::optional<std::vector<std::string>> ChangeColumn(const CatalogObject& from, const CatalogObject& to,
                                                     const std::string& what);
std::optional<std::vector<std::string>> ChangeTable(const CatalogObject& from, const CatalogObject& to,
                                                    const std::string& what);
std::optional<std::vector<std::string>> ChangeSequence(const CatalogObject& from, const CatalogObject& to,
                                                       const std::string& what);
std::optional<std::vector<std::string>> ChangeIndex(const CatalogObject& from, const CatalogObject& to,
                                                    const std::string& what);
std::optional<std::vector<std::string>> ChangeEnabled(const CatalogObject& from, const CatalogObject& to);
std::optional<std::vector<std::string>> ChangeLabels(const CatalogObject& from, const CatalogObject& to);
std::optional<std::vector<std::string>> ChangeDomain(const CatalogObject& from, const CatalogObject& to,
                                                     const std::string& what);
// Properties that say what a table inherits from or is a partition of, and what shows it in its parts.
bool IsOfLineage(const std::string& what);
bool IsInherited(const CatalogObject& object);
// What a table inherits from and is a partition of.
std::optional<std::vector<std::string>> ChangeLineage(const CatalogObject& from, const CatalogObject& to);
// " INCREMENT BY 2 CACHE 5": what it has otherwise than others.
std::string SequenceOptions(const CatalogObject& sequence);
// "CREATE SEQUENCE public.s AS integer INCREMENT BY 2".
std::string SequenceDefinition(const CatalogObject& sequence);

// Privileges of one role, as the catalog lists them; empty: what is built in, which `built_in` says.
struct PrivilegeChange {
  std::string from;
  std::string to;
  std::string grantee;
  std::string target;    // behind ON
  std::string column;    // empty: all of it
  std::string built_in;  // "EXECUTE" that PUBLIC has of a function; empty: nothing
  std::string prefix;    // of ALTER DEFAULT PRIVILEGES
};
std::optional<std::vector<std::string>> ChangePrivilege(const PrivilegeChange& change);

}  // namespace sqlmig
