#include "exec/outside_unit.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "exec/index_builders.h"
#include "exec/rebuilt_tables.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = OutsideStatement::Kind;

constexpr std::chrono::milliseconds kLookAgain{200};

std::string Regclass(const std::string& name) {
  return fmt::format("pg_catalog.to_regclass({})", QuoteLiteral(name));
}

// For objects of the whole cluster, and for subscriptions, which a database has for itself: the query that finds one.
const char* FinderOf(Kind kind) {
  switch (kind) {
    case Kind::kCreateDatabase:
    case Kind::kDropDatabase:
      return "SELECT 1 FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) {}";
    case Kind::kCreateTablespace:
    case Kind::kDropTablespace:
      return "SELECT 1 FROM pg_catalog.pg_tablespace t WHERE t.spcname OPERATOR(pg_catalog.=) {}";
    case Kind::kCreateSubscription:
    case Kind::kDropSubscription:
      return "SELECT 1 FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) "
             "s.subdbid WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND s.subname "
             "OPERATOR(pg_catalog.=) {}";
    case Kind::kOther:
    case Kind::kCreateIndex:
    case Kind::kDropIndex:
    case Kind::kReindex:
    case Kind::kDetachPartition:
      break;
  }
  return nullptr;
}

// With both definitions and the ways out. `problem`: why they could not be compared; empty: they differ.
Error AnotherIndex(const FoundIndex& found, const std::string& wanted, const std::string& problem, bool again) {
  const std::string name = Printable(found.sql_name);
  const std::string makes = fmt::format("the statement makes '{}'", wanted);
  if (!found.is_index) {
    return Error(ErrorCode::kInterrupted, fmt::format("{} is something else than an index, and {}", name, makes))
        .Hint("give the script's index another name, or rename what has taken it, and run the command again");
  }
  std::string text =
      fmt::format("there is another index {}{}", name, again ? " now than the one that was being built" : "");
  if (!problem.empty() && found.on_table) text = fmt::format("the index {} cannot be compared ({})", name, problem);
  text += fmt::format(": it is '{}', and {}", Printable(found.definition), makes);
  return Error(ErrorCode::kInterrupted, text)
      .Hint(fmt::format(
          "if it may go, run 'DROP INDEX CONCURRENTLY {}' and then the command again; if both are wanted, give "
          "the script's index another name; if the one that is there is the right one, write its definition "
          "into the script",
          name));
}

}  // namespace

OutsideUnit::OutsideUnit(Connection& connection, std::string_view text, Surroundings surroundings)
    : connection_(connection),
      statement_(ReadOutsideStatement(text)),
      surroundings_(std::move(surroundings)),
      definition_(connection_, statement_) {}

Rows OutsideUnit::Ask(const std::string& sql) {
  return connection_.Query(sql).at(0);
}

// A statement that may take long.
void OutsideUnit::Do(const std::string& sql) {
  Connection::Message message;
  message.sql = sql;
  const MessageOutcome outcome = surroundings_.send(message);
  if (outcome.lost) {
    throw Error(ErrorCode::kConnection, fmt::format("the connection was lost: {}", Printable(outcome.error->message)));
  }
  if (outcome.cancelled && outcome.error) throw Error(ErrorCode::kSignal, "stopped by a signal");
  if (outcome.error) throw ToError(*outcome.error);
}

bool OutsideUnit::ThereInCluster() {
  const std::string name = QuoteLiteral(StoredName(statement_.names.at(0)));
  return !Ask(fmt::format(fmt::runtime(FinderOf(statement_.kind)), name)).empty();
}

bool OutsideUnit::IsDone(bool again) {
  switch (statement_.kind) {
    case Kind::kCreateIndex:
      return IndexIsDone(again);
    case Kind::kReindex:
      if (!NamesResolve()) return false;
      WaitForBuilders(RebuiltTablesSql(statement_));
      SweepRebuilds();
      return false;
    case Kind::kDropIndex:
      return again && std::all_of(statement_.names.begin(), statement_.names.end(), [&](const std::string& name) {
               return Ask(fmt::format("SELECT 1 WHERE {} IS NOT NULL", Regclass(name))).empty();
             });
    case Kind::kDetachPartition:
      return again && DetachIsDone();
    case Kind::kCreateDatabase:
    case Kind::kCreateTablespace:
    case Kind::kCreateSubscription:
      return again && ThereInCluster();
    case Kind::kDropDatabase:
    case Kind::kDropTablespace:
    case Kind::kDropSubscription:
      return again && !ThereInCluster();
    case Kind::kOther:
      break;
  }
  return false;
}

bool OutsideUnit::CanBegin() {
  switch (statement_.kind) {
    case Kind::kCreateDatabase:
    case Kind::kCreateTablespace:
    case Kind::kCreateSubscription:
      return !ThereInCluster();
    case Kind::kDropDatabase:
    case Kind::kDropTablespace:
    case Kind::kDropSubscription:
      return ThereInCluster();
    case Kind::kDropIndex:
    case Kind::kDetachPartition:
    case Kind::kCreateIndex:
    case Kind::kReindex:
      return NamesResolve();
    case Kind::kOther:
      break;
  }
  return true;
}

// A lookup that the server refuses finds nothing: it would refuse the statement, too.
bool OutsideUnit::NamesResolve() {
  std::string condition = "true";
  const auto require = [&](const std::string& name) {
    condition += fmt::format(" AND {} IS NOT NULL", Regclass(name));
  };
  const bool of_relations = statement_.kind != Kind::kReindex || statement_.extent == OutsideStatement::Extent::kIndex;
  if (statement_.kind != Kind::kCreateIndex && of_relations) {
    std::for_each(statement_.names.begin(), statement_.names.end(), require);
  }
  if (!statement_.table.empty()) require(statement_.table);
  if (statement_.kind == Kind::kDetachPartition) {
    condition += fmt::format(
        " AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) {} AND i.inhparent "
        "OPERATOR(pg_catalog.=) {})",
        Regclass(statement_.names.at(0)), Regclass(statement_.table));
  }
  const MessageOutcome found = connection_.TryQuery("SELECT 1 WHERE " + condition);
  if (found.lost) throw Error(ErrorCode::kConnection, "the connection was lost while a name was looked up");
  return found.ok() && !found.rows.at(0).empty();
}

bool OutsideUnit::AnyBuilder(const std::string& relations) {
  return !Ask(BuildersSql(relations)).empty();
}

// Two builds on one table wait for each other for ever, or until one of them is ended as a deadlock and leaves an
// INVALID index. After our own connection was lost the other one may be our own old session.
void OutsideUnit::WaitForBuilders(const std::string& relations) {
  const std::string query = BuildersSql(relations);
  const auto deadline = Clock::now() + surroundings_.patience;
  for (Rows rows = Ask(query); !rows.empty(); rows = Ask(query)) {
    if (surroundings_.interrupt != nullptr && surroundings_.interrupt->requested()) {
      throw Error(ErrorCode::kSignal, "stopped by a signal");
    }
    if (Clock::now() >= deadline) {
      throw Error(
          ErrorCode::kLockTimeout,
          fmt::format("another session, pid {}, is building an index on {}, or holds such a lock", rows.At(0, 0),
                      statement_.table.empty() ? "the same table" : Printable(statement_.table)));
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

bool OutsideUnit::IndexIsDone(bool again) {
  if (!NamesResolve()) return false;
  const std::string table = fmt::format("SELECT {}::pg_catalog.oid", Regclass(statement_.table));
  while (true) {
    WaitForBuilders(table);
    const std::optional<FoundIndex> found = definition_.Find(again);
    if (!found) return false;
    const WantedIndex wanted = definition_.Read();
    const bool same = definition_.IsSame(*found, wanted);
    if (found->usable && same) {
      if (!again) {
        surroundings_.tell(
            fmt::format("the index {} was there already, valid and as the statement makes it: nothing was "
                        "built",
                        Printable(found->sql_name)));
      }
      return true;
    }
    // Nobody knows whether it is another one; without IF NOT EXISTS the server refuses it anyway.
    if (!again && !wanted.tail && found->usable && !statement_.if_not_exists) return false;
    if (!found->is_index || found->usable || !found->on_table) {
      throw AnotherIndex(*found, definition_.Text(wanted), wanted.problem, again);
    }
    if (!again && !same) {
      throw Error(
          ErrorCode::kInterrupted,
          fmt::format("the index {} is INVALID, and it is not the one that this statement makes: it is '{}', and "
                      "the statement makes '{}'",
                      Printable(found->sql_name), Printable(found->definition), definition_.Text(wanted)))
          .Hint(fmt::format("if it may go, run 'DROP INDEX CONCURRENTLY {}' and then the command again",
                            Printable(found->sql_name)));
    }
    // Somebody may have begun to build since.
    if (AnyBuilder(table)) continue;
    DropConcurrently(found->sql_name);
    return false;
  }
}

void OutsideUnit::RequireDone() {
  if (statement_.kind != Kind::kCreateIndex || !statement_.if_not_exists) return;
  const std::optional<FoundIndex> found = definition_.Find(false);
  if (!found) return;  // dropped since
  const WantedIndex wanted = definition_.Read();
  if (!found->is_index || !found->on_table || (wanted.tail && !definition_.IsSame(*found, wanted))) {
    throw AnotherIndex(*found, definition_.Text(wanted), wanted.problem, false);
  }
  if (found->usable) return;
  throw Error(ErrorCode::kInterrupted, fmt::format("the index {} is INVALID", Printable(found->sql_name)))
      .Hint("run the command again when nobody else builds it any more");
}

bool OutsideUnit::DetachIsDone() {
  const std::string child = Regclass(statement_.names.at(0));
  const std::string parent = Regclass(statement_.table);
  const Rows rows = Ask(fmt::format(
      "SELECT i.inhdetachpending FROM (SELECT {0} AS child, {1} AS parent) n LEFT JOIN pg_catalog.pg_inherits i ON "
      "i.inhrelid OPERATOR(pg_catalog.=) n.child AND i.inhparent OPERATOR(pg_catalog.=) n.parent WHERE n.child IS NOT "
      "NULL AND n.parent IS NOT NULL",
      child, parent));
  if (rows.empty()) return false;  // the server says what is missing
  if (rows.IsNull(0, 0)) return true;
  if (rows.At(0, 0) != "t") return false;
  Do(fmt::format("ALTER TABLE {} DETACH PARTITION {} FINALIZE", statement_.table, statement_.names[0]));
  return true;
}

void OutsideUnit::DropConcurrently(const std::string& name) {
  try {
    Do("DROP INDEX CONCURRENTLY IF EXISTS " + name);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kConnection || error.code() == ErrorCode::kSignal) throw;
    throw Error(error.code(), fmt::format("the index {} is left INVALID: it could not be dropped: {}", Printable(name),
                                          error.message()))
        .Sql(error.sql())
        .Hint(fmt::format("run 'DROP INDEX CONCURRENTLY {}' and then the command again", Printable(name)));
  }
}

void OutsideUnit::SweepRebuilds() {
  for (const std::string& name : ReadRebuildLeftovers(connection_, RebuiltTablesSql(statement_))) {
    DropConcurrently(name);
  }
}

std::vector<std::string> OutsideUnit::RebuiltTables() {
  if (statement_.kind != Kind::kReindex || !NamesResolve()) return {};
  const Rows rows = Ask(RebuiltTablesSql(statement_));
  std::vector<std::string> oids;
  for (std::size_t r = 0; r < rows.size(); ++r) oids.push_back(rows.At(r, 0));
  return oids;
}

// What has ended the statement, be it a timeout that is spent or one of the script, must not end this, too.
void OutsideUnit::CleanUp() {
  if (statement_.kind != Kind::kReindex && statement_.kind != Kind::kCreateIndex) return;
  if (!NamesResolve()) return;
  const Rows before =
      Ask("SELECT pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout')");
  const auto set = [&](const std::string& lock, const std::string& statement) {
    Ask(
        fmt::format("SELECT pg_catalog.set_config('lock_timeout', {}, false), "
                    "pg_catalog.set_config('statement_timeout', {}, false)",
                    QuoteLiteral(lock), QuoteLiteral(statement)));
  };
  const std::string limit = std::to_string(kCleanUpLimit.count());
  set(limit, limit);
  try {
    if (statement_.kind == Kind::kReindex) SweepRebuilds();
    if (statement_.kind == Kind::kCreateIndex) {
      const std::optional<FoundIndex> found = definition_.Find(true);
      const bool left = found && found->is_index && found->on_table && !found->usable;
      if (left && !AnyBuilder("SELECT " + found->table + "::pg_catalog.oid")) DropConcurrently(found->sql_name);
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConnection) set(before.At(0, 0), before.At(0, 1));
    throw;
  }
  set(before.At(0, 0), before.At(0, 1));
}

std::string OutsideUnit::DuplicatesQuery() {
  return statement_.kind == Kind::kCreateIndex ? definition_.DuplicatesQuery() : std::string();
}

}  // namespace sqlmig
