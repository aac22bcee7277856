// Sees from a second session what a statement of ours does to others and others to it: a session that waits, or is
// being waited for, cannot look itself.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "exec/receipt_draft.h"
#include "model/migration.h"
#include "pg/connection.h"

namespace sqlmig {

class LockWatch {
 public:
  // Connects with the first look, so that quick statements cost no connection.
  LockWatch(Conninfo conninfo, SessionSettings settings, const Interrupt* interrupt, std::string ledger_schema);

  // A new statement of the session with this backend. What is seen of its locks goes into `draft`, which outlives the
  // statement.
  void Begin(int backend_pid, BlockingBudget budget, ReceiptDraft* draft);

  // The next look also reads what relations there are, so that one that the statement drops has a name.
  void ReadCatalog() { reads_catalog_ = true; }

  // One round trip, with the catalog two. True: the statement keeps more sessions waiting than its budget allows, or
  // one of them for longer. Never throws: when the second session cannot be had, nothing is seen, and it is tried again
  // some seconds later.
  bool Look();

  // "pid 4711 (application 'web', user 'bots', in a transaction for 12 s)": who kept the statement waiting, the last
  // seen. Empty: nobody was seen.
  const std::string& blockers() const { return blockers_; }
  // What Look() was true for: "6 sessions were kept waiting, 1.2 s the longest".
  const std::string& excess() const { return excess_; }
  // How far a concurrent build of an index is: "building index: scanning table, 1200 of 4000 blocks, 300/s, 9 s left".
  const std::string& progress() const { return progress_; }

 private:
  using Clock = std::chrono::steady_clock;

  void Ask();
  MessageOutcome AskFor(const std::string& sql, std::size_t results);
  void SeeVictims(const Rows& rows);
  void SeeProgress(const Rows& rows);

  Conninfo conninfo_;
  SessionSettings settings_;
  const Interrupt* interrupt_;
  std::string ledger_schema_;
  ReceiptDraft* draft_ = nullptr;
  std::optional<Connection> connection_;
  Clock::time_point not_before_{};  // when to try again to connect
  int backend_pid_ = 0;
  BlockingBudget budget_;
  bool reads_catalog_ = false;
  std::map<std::string, Clock::time_point> victims_;  // pid, and since when it was seen waiting
  std::string blockers_;
  std::string excess_;
  std::string progress_;
  std::string phase_;
  Clock::time_point phase_begun_{};
  long long phase_first_ = 0;  // how much was done when the phase was first seen
};

}  // namespace sqlmig
