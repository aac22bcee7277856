#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "exec/events.h"
#include "exec/lock_watch.h"
#include "exec/receipt_draft.h"
#include "exec/session.h"
#include "exec/unfinished_objects.h"
#include "pg/connection.h"
#include "pg/opening.h"

namespace sqlmig {

struct PgSessionOptions {
  Conninfo conninfo;
  SessionSettings settings;
  const Interrupt* interrupt = nullptr;
  bool allow_pooler = false;
  std::vector<std::string> ledger_readers;
  std::function<void(const Notice&)> on_notice;
};

// All that "is there something to do" needs, in one round trip.
struct Glance {
  bool ledger_exists = false;
  std::vector<std::string> applied;  // ids with a finished up, in no order
  bool interrupted = false;          // a row is half done
  std::vector<std::string> unfinished_runs;
};

class PgSession : public Session {
 public:
  // Connects; see Connection::Open for what it throws. Uses `begun`, which may be null, when it is for the same server
  // and settings.
  static std::unique_ptr<PgSession> Open(PgSessionOptions options, LedgerSql ledger,
                                         std::unique_ptr<Opening> begun = nullptr);

  // Throws kPooler when the server's backend is not the one that the connection was made with, kReadOnly when the
  // session cannot write although it must, kLedger when the ledger is newer than this program or is not what it must
  // be.
  Glance ReadGlance();

  LedgerState ReadState() override;
  std::string ReadDownScript(const MigrationId& id) override;
  std::optional<std::string> ReadAttempt(const MigrationId& id) override;
  std::string AttemptQuery(const MigrationId& id) override;
  bool TryLock() override;
  std::string LockHolder() override;
  void EnsureLedger() override;
  bool StartRun(const std::vector<std::string>& abandoned, const RunRecord* run) override;
  bool EndRun(const std::string& run, const std::string& outcome, const std::optional<EventRecord>& failure) override;
  StepOutcome RunTransactional(const PreparedStep& step, const Attempt& attempt) override;
  void BeginUnits(const PreparedStep& step, const Attempt& attempt) override;
  StepOutcome RunUnit(const PreparedStep& step, std::size_t unit, const Attempt& attempt) override;
  void EndUnits(const PreparedStep& step, const Attempt& attempt) override;
  bool AbandonUnits(const PreparedStep& step, const Attempt& attempt) override;
  void ShowTo(StepWitness& witness, const PreparedStep& step) override;
  std::vector<ReceiptTaken> WriteReceipts() override;
  bool Write(const Bookkeeping& work, const std::string& run) override;
  // Whether what Write() had to write for this run is in the ledger; asked after a lost connection.
  bool HasWritten(const std::string& run);
  void Reconnect() override;

  // For this connection and those that follow it.
  void OnNotice(std::function<void(const Notice&)> handler);
  // Told every second how far a concurrent build of an index is.
  void OnProgress(std::function<void(const UnitProgress&)> handler) { on_progress_ = std::move(handler); }

  Connection& connection() { return *connection_; }
  const LedgerSql& ledger() const { return ledger_; }

 private:
  PgSession(PgSessionOptions options, LedgerSql ledger);

  void Connect(std::unique_ptr<Opening> begun);
  // Throws kConnection when the last attempt to connect again has failed.
  Connection& Live();
  LedgerSql::Access access() const;
  std::optional<MessageOutcome> SendGuarded(const std::string& guard, const std::vector<std::string>& statements);
  MessageOutcome ReadSoundLedger(const std::vector<std::string>& statements);
  Error UnsoundLedger();
  std::size_t CountTables();
  void CheckVersion(const Rows& version);
  // Sends what runs a script, watched from a second session once it takes long.
  MessageOutcome SendWatched(const PreparedStep& step, const Attempt& attempt, Connection::Message message);
  // Nothing: it was not because of the watch.
  std::optional<Error> WithdrawnError(const PreparedStep& step, const MessageOutcome& outcome) const;
  StepOutcome Judge(const PreparedStep& step, MessageOutcome outcome, const struct StepFrame& frame,
                    std::size_t script_results, std::size_t script_begin, std::string_view sent);
  StepOutcome SendWhole(const PreparedStep& step, const struct StepFrame& frame, const Attempt& attempt);
  StepOutcome SendInParts(const PreparedStep& step, const struct StepFrame& frame, const Attempt& attempt);
  // Before the held COMMIT (exec/pg_session_proof.cpp).
  StepOutcome LookAndCommit(const PreparedStep& step, const Attempt& attempt, StepOutcome ran);
  // One transaction of our own. Gives false when it was committed, but a signal has cut the wait for a standby short.
  // Throws kSignal when a signal has ended it before: it is rolled back then.
  bool WriteSynchronously(const std::vector<std::string>& statements);
  // The same for one that is written already, and ends in COMMIT.
  bool Transact(const std::string& sql);
  MessageOutcome SendOwn(const std::string& sql);
  void RollBack();
  void CleanUp();
  // Receipts (exec/pg_session_receipts.cpp).
  struct Drafted {
    Step step;
    std::string run;
    std::string attempt;
    bool shared;  // the step had several transactions, or a part of one
    ReceiptDraft draft;
  };
  void BeginDraft(const Step& step);
  // The attempt was rolled back, and the next one of the same step goes on with what it waited.
  void FailDraft(const Step& step);
  // `begins`: nothing has been scanned in the transaction before.
  ReceiptDraft::Scans CountedScans(bool begins, bool baseline);
  // `end`: how many results come before, with the list of relations as the last of them; 0: there is no list.
  void TakeBaseline(const MessageOutcome& outcome, std::size_t end);
  // The step is done, and held_ was held then.
  void KeepDraft(const Step& step, const Attempt& attempt, ReceiptDraft::Scans scans);
  // Of the unit that was sent, in a transaction.
  void EndUnitDraft(const MessageOutcome& sent);
  Rows AskQuietly(const std::string& sql);
  Receipt WriteReceipt(Drafted& drafted);
  // Non-transactional steps (exec/pg_session_units.cpp).
  void CheckNothingUnfinished(const PreparedStep& step);
  void RunSettingsAgain(const PreparedStep& step);
  StepOutcome RunAtomic(const PreparedStep& step, std::size_t unit, const Attempt& attempt);
  StepOutcome RunOutside(const PreparedStep& step, std::size_t unit, const Attempt& attempt);
  StepOutcome SendOutside(const PreparedStep& step, std::size_t unit, const Attempt& attempt,
                          class OutsideUnit& outside, class StatementLimit& limit);
  StepOutcome AfterFailure(const PreparedStep& step, std::size_t unit, const MessageOutcome& sent,
                           class OutsideUnit& outside);
  // Takes away what the failed statement has left; before that, asks for the query that lists duplicates, if that is
  // wanted. Gives what could not be taken away.
  std::optional<std::string> CleanUpAfter(class OutsideUnit& outside, std::string* duplicates, StepOutcome* outcome);
  // The statement that takes away what stands in the way of another. Empty: not known.
  std::string RemedyOf(const ServerError& error);
  Error ErrorOfUnit(const PreparedStep& step, std::size_t unit, std::size_t index, const ServerError& error,
                    std::size_t unit_begin, std::string_view text);
  std::optional<UnfinishedObject> FindLeftUnfinished(const PreparedStep& step);
  void ForgetIntent(const PreparedStep& step, std::size_t unit, const Attempt& attempt, bool may_have_left);
  bool Record(const PreparedStep& step, std::size_t unit, const Attempt& attempt);

  PgSessionOptions options_;
  LedgerSql ledger_;
  std::optional<Connection> connection_;
  std::unique_ptr<LockWatch> watch_;  // null: nothing has taken long yet
  std::function<void(const UnitProgress&)> on_progress_;
  bool facts_checked_ = false;
  int ledger_version_ = 0;  // as read last; 0: there is no ledger, or it was not read
  std::string system_identifier_;
  std::vector<UnfinishedObject> unfinished_before_;  // when the non-transactional step began
  std::set<std::string> rebuilt_;                    // tables whose indexes the step rebuilds
  std::chrono::steady_clock::time_point units_begun_{};
  ReceiptDraft draft_;                                       // of what runs
  std::optional<std::pair<Step, ReceiptDraft::Past>> past_;  // the step that was rolled back last
  std::optional<std::string> held_;                          // what the row statement told of locks
  std::vector<Drafted> drafted_;                             // of what is done, or waits for the COMMIT of its run
  bool counts_are_fresh_ = false;                            // no script has been run on this connection
  int begun_ = 0;  // its unit that was begun last without a transaction, from 1; 0: none
};

}  // namespace sqlmig
