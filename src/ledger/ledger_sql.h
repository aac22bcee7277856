// The only SQL text about the ledger. Everything is schema-qualified and compares through OPERATOR(pg_catalog.*), so
// that no search_path, operator or function planted by somebody else is ever used (CVE-2018-1058).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/ledger_state.h"
#include "model/migration.h"
#include "pg/connection.h"

namespace sqlmig {

// Version of the ledger's tables that this program writes and understands.
inline constexpr int kLedgerVersion = 2;
inline constexpr int kFirstLedgerWithReceipts = 2;

// What is recorded of a migration when it is applied or stamped.
struct MigrationRecord {
  const Migration* migration = nullptr;
  ScriptHashes up;
  ScriptHashes down;
  int hash_algorithm = 0;
  DownKind down_kind = DownKind::kScript;
  std::string down_script;  // stored when down_kind is kScript
  std::map<std::string, std::string> settings;
  std::string run;
  std::string attempt;            // identifies this try, for outcomes lost with a connection
  std::int64_t ordinal = 0;       // 0: one more than the largest, found by the server
  const char* event = "applied";  // event_kind::kApplied or kStamped
  // What the duration is measured from: the step's own transaction, or, where several steps share one, its message.
  enum class Since { kTransaction, kMessage } since = Since::kTransaction;
};

struct RunRecord {
  std::string id;
  std::string command;  // "apply", "rollback", ...
  std::string target;
  std::string tool_version;
  std::string os_user;
  std::string host;
};

// Names of outcomes and event kinds are the ledger's own vocabulary.
namespace event_kind {
inline constexpr const char* kApplied = "applied";
inline constexpr const char* kReverted = "reverted";
inline constexpr const char* kFailed = "failed";
inline constexpr const char* kStarted = "started";
inline constexpr const char* kResumed = "resumed";
inline constexpr const char* kStatement = "statement";
inline constexpr const char* kStamped = "stamped";
inline constexpr const char* kUnstamped = "unstamped";
inline constexpr const char* kPurged = "purged";
inline constexpr const char* kRepaired = "repaired";
inline constexpr const char* kReceipt = "receipt";
}  // namespace event_kind

struct EventRecord {
  std::string kind;
  std::string run;
  std::string migration;  // empty: none
  std::optional<Direction> direction;
  std::string attempt;
  std::optional<int> statement;
  std::string sqlstate;
  std::string message;
  std::string receipt;  // JSON (ledger/receipt_json.h); empty: none
};

inline constexpr std::array<const char*, 4> kLedgerTables = {"ledger", "migration", "event", "run"};

// Builds statements for one scope of one ledger schema. Each function returns SQL without a closing semicolon.
class LedgerSql {
 public:
  LedgerSql(std::string schema, std::string scope);

  const std::string& schema() const noexcept { return schema_; }
  const std::string& scope() const noexcept { return scope_; }
  // The two keys of the advisory lock, as SQL arguments: "1936945005, -12345".
  std::string LockKeys() const;
  // One row (pid, application_name, user, address) of the session that holds the run lock; none when nobody does.
  std::string ReadLockHolder() const;

  // --- the ledger itself ---
  // Creates schema, tables and comments; several statements. Fails with 22012 when the schema is there already and
  // belongs to a role that must not be trusted.
  std::string Create() const;
  // Brings the tables from that version to kLedgerVersion; several statements. REQUIRES: from < kLedgerVersion.
  std::string Upgrade(int from) const;
  // Rows (role) of `roles` that the server does not know; that cannot read the ledger yet; what gives one that right.
  std::string MissingRoles(const std::vector<std::string>& roles) const;
  std::string ReadersWithoutGrant(const std::vector<std::string>& roles) const;
  std::string GrantRead(const std::string& role) const;

  // What a session means to do. Who only reads, and has no more rights than others, may read a stranger's ledger.
  enum class Access : bool { kRead, kWrite };
  // Fails with 22012 when using the ledger could run somebody's code with our rights or read what somebody made up:
  // when one of its tables is a view or has rules, triggers, row security, inheritance, code that is not PostgreSQL's
  // own in a default, check or index; or when schema or tables belong to a role other than a superuser, the database's
  // owner, ourselves and the roles that we are in. To be sent before anything that names the tables, in the same
  // message. Passes when there is no ledger.
  std::string RequireSound(Access access) const;
  // For the message that must be quick: fails with 22012 unless schema and tables are plain and our own. Then there is
  // still RequireSound to be asked, which costs several milliseconds in a new session.
  std::string RequireOwn() const;
  // One row: what RequireSound has found, for people; empty when nothing is wrong.
  std::string WhatIsUnsound(Access access) const;
  // Whether the migration table exists, as one boolean row.
  std::string Exists() const;
  // One row (how many of the ledger's tables are there, names of those that are not).
  std::string MissingTables() const;

  // --- reading ---
  // (id, status) of this scope's rows, in no order: all that "is there something to do" needs.
  std::string ReadApplied() const;
  // Ids of this scope's runs without an end.
  std::string ReadUnfinishedRuns() const;
  // All columns of this scope's rows but the down scripts, by ordinal; ParseRows reads them.
  std::string ReadRows() const;
  // (scope, id) of other scopes' rows, when this scope has none.
  std::string ReadOtherScopes() const;
  // Every scope with the number of its rows.
  std::string ReadScopes() const;
  std::string ReadVersion() const;
  std::string ReadDownScript(const MigrationId& id) const;
  // One row (attempt, duration_ms) when the migration has a row.
  std::string ReadAttempt(const MigrationId& id) const;
  std::string ReadRuns(int limit) const;
  // Without receipts: they belong to their steps.
  std::string ReadEvents(int limit, const std::string& run) const;
  // Rows (migration, direction, time, run, receipt): the last of each direction. From version 2 on.
  std::string ReadReceipts(const std::vector<std::string>& ids) const;
  // One row: how many transactions ago the attempt wrote its first event.
  std::string ReadAge(const std::string& attempt) const;

  // --- the step's own transaction ---
  // Fails with 22012 when another session holds the run lock, or when the row is (not) there already.
  std::string RequireLock() const;
  // Frees every advisory lock of the session but the run lock, which it takes back if a script has freed it. REQUIRES:
  // RequireLock() in the same transaction, so that nobody else can have it in between.
  std::string FreeOtherLocks() const;
  // Fails with 22012 when this transaction holds a lock on one of the ledger's tables that writing to it or changing it
  // takes; who has written to it in the same transaction (`written`) holds the weakest of them.
  std::string RequireUntouched(bool written) const;
  std::string RequireAbsent(const MigrationId& id) const;
  std::string RequirePresent(const MigrationId& id) const;
  // Writes row and event; fails with 22012 unless exactly one row was written. Returns one row (1, duration_ms), and
  // `more` columns: expressions over w.ms, the duration.
  std::string Insert(const MigrationRecord& record, const std::string& more = {}) const;
  std::string Delete(const MigrationId& id, const std::string& run, const std::string& attempt,
                     MigrationRecord::Since since = MigrationRecord::Since::kTransaction,
                     const std::string& more = {}) const;

  // --- non-transactional steps ---
  // All but the first two fail with 22012 unless the row is as the attempt has left it: another run may have taken the
  // step over meanwhile.
  std::string InsertStarted(const MigrationRecord& record) const;
  std::string MarkReverting(const MigrationId& id, const std::string& run, const std::string& attempt) const;
  // A half-done step becomes this attempt's, with `done` finished units.
  std::string TakeOver(const MigrationId& id, Direction direction, int done, const std::string& run,
                       const std::string& attempt) const;
  // Unit `number`, from 1, is run next, and without a transaction. `progress` identifies what has run before, and
  // `begun` all of that and the unit; empty: the unit may become another one.
  std::string RecordBegun(const MigrationId& id, int number, const std::string& progress, const std::string& begun,
                          const std::string& attempt) const;
  // Unit `done`, from 1, is finished; `progress` identifies it and all before it. Returns one row (1), and `more`
  // columns.
  std::string RecordStatement(const MigrationId& id, Direction direction, int done, const std::string& progress,
                              const std::string& run, const std::string& attempt, const std::string& more = {}) const;
  // With the hashes of what was run in the end.
  std::string FinishStarted(const MigrationRecord& record) const;
  std::string FinishReverting(const MigrationId& id, const std::string& run) const;

  // --- runs, events, repairs ---
  std::string StartRun(const RunRecord& run) const;
  // Really updates one row, so that the commit is flushed.
  std::string EndRun(const std::string& run, const std::string& outcome) const;
  std::string AddEvent(const EventRecord& event) const;
  std::string RemoveRow(const MigrationId& id, const std::string& run, const char* kind) const;
  std::string AcceptHashes(const MigrationRecord& record) const;
  std::string ResolveApplied(const MigrationId& id, const std::string& run) const;
  std::string RenameScope(const std::string& from, const std::string& run) const;

 private:
  struct Key {
    std::uint32_t group;
    std::uint32_t number;
  };
  Key LockKey() const;
  std::string UnsoundRows(Access access) const;
  std::string Table(const char* name) const;
  std::string Where(const MigrationId& id) const;
  std::string RowWithEvent(const std::string& statement, const std::string& event, const std::string& more = {}) const;
  std::string VersionRow(int version) const;

  std::string schema_;  // as given
  std::string quoted_schema_;
  std::string scope_;
  std::string quoted_scope_;
};

// The rows that ReadRows gives. Throws kLedger for a row that this program cannot understand.
std::vector<AppliedMigration> ParseRows(const Rows& rows);

}  // namespace sqlmig
