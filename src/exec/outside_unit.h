// Statements that cannot run in a transaction, and so cannot be recorded in the same one: whether an interrupted one
// has been done, and what it has left, is the catalog's to say.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "pg/connection.h"
#include "sqltext/outside_statement.h"
#include "support/interrupt.h"

namespace sqlmig {

class OutsideUnit {
 public:
  // `text`: the statement as the script has it. Names are looked up as the session's role and search_path have it.
  OutsideUnit(Connection& connection, std::string_view text, const Interrupt* interrupt,
              std::chrono::milliseconds patience);

  // Looks before the statement is sent, and takes away what an interrupted build of the same index has left. `again`:
  // it was begun before, and nobody knows how it ended. True: it is done already. Waits for another session that builds
  // on the same table. Throws kInterrupted when an INVALID index of that name is not the one that the statement makes,
  // or when another valid one has the name that the interrupted build was to have; kSignal, kLockTimeout.
  bool IsDone(bool again);

  // After it has failed: takes away what it left, if that is surely its own.
  void CleanUp();

  // For a unique index that could not be built: the query that lists the duplicates. Empty: not known.
  std::string DuplicatesQuery();

  // Whether a statement of this kind leaves nothing behind that CleanUp() does not find.
  bool IsKnown() const { return statement_.kind != OutsideStatement::Kind::kOther; }

 private:
  struct Index;
  std::vector<Index> ReadIndexes();
  std::optional<Index> FindIndex(bool by_definition);
  std::optional<std::string> DefinitionTail();
  std::string Table() const;
  void WaitForBuilders();
  bool IndexIsDone(bool again);
  bool DetachIsDone();
  void DropConcurrently(const std::string& name);
  void SweepRebuilds();
  bool Exists(const char* query);
  Rows Ask(const std::string& sql);
  void Do(const std::string& sql);

  Connection& connection_;
  std::string text_;
  OutsideStatement statement_;
  const Interrupt* interrupt_;
  std::chrono::milliseconds patience_;
};

}  // namespace sqlmig
