// Statements that cannot run in a transaction, and so cannot be recorded in the same one: whether an interrupted one
// has been done, and what it has left, is the catalog's to say.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/index_definition.h"
#include "pg/connection.h"
#include "sqltext/outside_statement.h"
#include "support/interrupt.h"

namespace sqlmig {

class OutsideUnit {
 public:
  struct Surroundings {
    // Sends what may take long, watched.
    std::function<MessageOutcome(const Connection::Message&)> send;
    // Told what a person should know although all is well.
    std::function<void(const std::string&)> tell;
    const Interrupt* interrupt = nullptr;
    // How long a build by another session is waited for.
    std::chrono::milliseconds patience{0};
  };

  // `text`: the statement as the script has it. Names are looked up as the session's role and search_path have it.
  OutsideUnit(Connection& connection, std::string_view text, Surroundings surroundings);

  // Looks before the statement is sent, and takes away what an interrupted build of the same index has left. `again`:
  // it was begun before, and nobody knows how it ended. True: it is done already, or an index that is the same was
  // there before. Waits for another session that builds on the same table. Throws kInterrupted when an INVALID index of
  // that name is not the one that the statement makes, or when another valid one has its name; kSignal, kLockTimeout.
  bool IsDone(bool again);

  // Whether there is what the statement is about. If not, the server refuses it, and it must not be recorded as begun:
  // that it is not there would look like the work of an interrupted one.
  bool CanBegin();

  // After the server has called it done: IF NOT EXISTS passes over any index of that name. Throws as IsDone().
  void RequireDone();

  // After it has failed: takes away what it left, if that is surely its own, within kCleanUpLimit. Throws kInterrupted
  // when something stays, saying what.
  void CleanUp();
  static constexpr std::chrono::milliseconds kCleanUpLimit{3000};

  // For a unique index that could not be built: the query that lists the duplicates. Empty: not known.
  std::string DuplicatesQuery();

  // The oids of the tables whose indexes the statement rebuilds.
  std::vector<std::string> RebuiltTables();

  const OutsideStatement& statement() const { return statement_; }

 private:
  void WaitForBuilders(const std::string& relations);
  bool AnyBuilder(const std::string& relations);
  bool IndexIsDone(bool again);
  bool DetachIsDone();
  bool NamesResolve();
  bool ThereInCluster();
  void DropConcurrently(const std::string& name);
  void SweepRebuilds();
  Rows Ask(const std::string& sql);
  void Do(const std::string& sql);

  Connection& connection_;
  OutsideStatement statement_;
  Surroundings surroundings_;
  IndexDefinition definition_;
};

}  // namespace sqlmig
