// Whether an index is the one that CREATE INDEX CONCURRENTLY makes, by what the server itself says of both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/connection.h"
#include "sqltext/outside_statement.h"

namespace sqlmig {

struct FoundIndex {
  std::string name;
  std::string sql_name;  // with its schema, quoted where it has to be
  bool is_index = true;  // false: something else that has taken the name
  bool on_table = true;  // on the statement's table
  bool usable = false;   // valid, ready and live
  bool unique = false;
  std::string tail;        // the definition, from behind the table on
  std::string definition;  // all of it
  std::string table;       // its oid
};

// What the statement makes, as the server writes it.
struct WantedIndex {
  std::optional<std::string> tail;  // nothing: the server does not say
  std::string problem;              // why
};

class IndexDefinition {
 public:
  // Both must outlive it. REQUIRES: the statement is of kCreateIndex.
  IndexDefinition(Connection& connection, const OutsideStatement& statement)
      : connection_(connection), statement_(statement) {}

  // What has the statement's name, be it on another table or no index at all. One whose name the server picks is looked
  // for by its definition, INVALID ones first, if that is wanted.
  std::optional<FoundIndex> Find(bool by_definition);

  // The index is made on an empty table with the same columns, in a transaction that is rolled back: the server then
  // writes the definition as it would write that of the real one.
  WantedIndex Read();

  bool IsSame(const FoundIndex& found, const WantedIndex& wanted) const;

  // The statement, as far as it is known how the server would write it.
  std::string Text(const WantedIndex& wanted) const;

  // The query that lists the rows which keep a unique index from being built. Empty: not known.
  std::string DuplicatesQuery();

 private:
  Rows Ask(const std::string& sql) { return connection_.Query(sql).at(0); }
  std::vector<FoundIndex> ReadIndexes(const std::string& condition);
  WantedIndex Probe(const std::string& create, const std::string& probe);

  Connection& connection_;
  const OutsideStatement& statement_;
};

}  // namespace sqlmig
