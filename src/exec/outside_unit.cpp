#include "exec/outside_unit.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = OutsideStatement::Kind;

constexpr std::chrono::milliseconds kLookAgain{200};

// What CREATE INDEX says behind the table, as the server writes it; the same for the same columns of another table.
constexpr const char* kTailOf =
    "pg_catalog.substr(pg_catalog.pg_get_indexdef({0}), pg_catalog.strpos(pg_catalog.pg_get_indexdef({0}), ' USING '))";

std::string Regclass(const std::string& name) {
  return fmt::format("pg_catalog.to_regclass({})", QuoteLiteral(name));
}

}  // namespace

struct OutsideUnit::Index {
  std::string name;
  std::string sql_name;  // with its schema, quoted where it has to be
  bool usable = false;   // valid, ready and live
  bool unique = false;
  std::string tail;
};

OutsideUnit::OutsideUnit(Connection& connection, std::string_view text, const Interrupt* interrupt,
                         std::chrono::milliseconds patience)
    : connection_(connection),
      text_(text),
      statement_(ReadOutsideStatement(text)),
      interrupt_(interrupt),
      patience_(patience) {}

Rows OutsideUnit::Ask(const std::string& sql) {
  return connection_.Query(sql).at(0);
}

// A statement that may take long.
void OutsideUnit::Do(const std::string& sql) {
  Connection::Message message;
  message.sql = sql;
  const MessageOutcome outcome = connection_.Send(message);
  if (outcome.lost) {
    throw Error(ErrorCode::kConnection, fmt::format("the connection was lost: {}", Printable(outcome.error->message)));
  }
  if (outcome.cancelled && outcome.error) throw Error(ErrorCode::kSignal, "stopped by a signal");
  if (outcome.error) throw ToError(*outcome.error);
}

bool OutsideUnit::Exists(const char* query) {
  return !Ask(fmt::format(fmt::runtime(query), QuoteLiteral(StoredName(statement_.names.at(0))))).empty();
}

bool OutsideUnit::IsDone(bool again) {
  if (statement_.kind == Kind::kCreateIndex) return IndexIsDone(again);
  if (statement_.kind == Kind::kReindex) WaitForBuilders();
  if (!again) return false;
  switch (statement_.kind) {
    case Kind::kDropIndex:
      return std::all_of(statement_.names.begin(), statement_.names.end(), [&](const std::string& name) {
        return Ask(fmt::format("SELECT 1 WHERE {} IS NOT NULL", Regclass(name))).empty();
      });
    case Kind::kReindex:
      SweepRebuilds();
      return false;
    case Kind::kDetachPartition:
      return DetachIsDone();
    case Kind::kCreateDatabase:
      return Exists("SELECT 1 FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) {}");
    case Kind::kDropDatabase:
      return !Exists("SELECT 1 FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) {}");
    case Kind::kCreateTablespace:
      return Exists("SELECT 1 FROM pg_catalog.pg_tablespace t WHERE t.spcname OPERATOR(pg_catalog.=) {}");
    case Kind::kDropTablespace:
      return !Exists("SELECT 1 FROM pg_catalog.pg_tablespace t WHERE t.spcname OPERATOR(pg_catalog.=) {}");
    case Kind::kCreateSubscription:
    case Kind::kDropSubscription: {
      const bool there = Exists(
          "SELECT 1 FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) "
          "s.subdbid WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND s.subname "
          "OPERATOR(pg_catalog.=) {}");
      return there == (statement_.kind == Kind::kCreateSubscription);
    }
    case Kind::kCreateIndex:
    case Kind::kOther:
      break;
  }
  return false;
}

std::vector<OutsideUnit::Index> OutsideUnit::ReadIndexes() {
  constexpr const char* kQuery =
      "SELECT c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname), x.indisvalid AND x.indisready AND "
      "x.indislive, x.indisunique, {} FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid "
      "OPERATOR(pg_catalog.=) x.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) "
      "c.relnamespace WHERE x.indrelid OPERATOR(pg_catalog.=) {} ORDER BY c.oid";
  const Rows rows = Ask(fmt::format(kQuery, fmt::format(kTailOf, "x.indexrelid"), Regclass(statement_.table)));
  std::vector<Index> indexes;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    indexes.push_back({rows.At(r, 0), rows.At(r, 1), rows.At(r, 2) == "t", rows.At(r, 3) == "t", rows.At(r, 4)});
  }
  return indexes;
}

// The index is made on an empty table with the same columns: the server then writes the definition as it would write
// that of the real one. Nothing: the session may not make temporary tables, or the statement is wrong.
std::optional<std::string> OutsideUnit::DefinitionTail() {
  const std::string sql = fmt::format(
      "BEGIN;\nCREATE TEMPORARY TABLE \"sqlmig probe\" (LIKE {});\nCREATE {}INDEX ON pg_temp.\"sqlmig probe\" {}\n;\n"
      "SELECT {} FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) 'pg_temp.\"sqlmig "
      "probe\"'::pg_catalog.regclass;\nROLLBACK",
      statement_.table, statement_.unique ? "UNIQUE " : "", statement_.index_tail,
      fmt::format(kTailOf, "x.indexrelid"));
  const MessageOutcome outcome = connection_.TryQuery(sql);
  if (outcome.lost) throw Error(ErrorCode::kConnection, "the connection was lost while an index was looked at");
  if (connection_.in_transaction()) connection_.TryQuery("ROLLBACK");
  if (!outcome.ok()) return std::nullopt;
  const auto row = std::find_if(outcome.rows.begin(), outcome.rows.end(), [](const Rows& r) { return !r.empty(); });
  return row == outcome.rows.end() ? std::nullopt : std::optional(row->At(0, 0));
}

// By its name; one whose name the server picks by its definition.
std::optional<OutsideUnit::Index> OutsideUnit::FindIndex(bool by_definition) {
  const std::vector<Index> indexes = ReadIndexes();
  if (!statement_.names.empty()) {
    const std::string name = StoredName(statement_.names.front());
    const auto found =
        std::find_if(indexes.begin(), indexes.end(), [&](const Index& index) { return index.name == name; });
    return found == indexes.end() ? std::nullopt : std::optional(*found);
  }
  if (!by_definition) return std::nullopt;
  const auto tail = DefinitionTail();
  const auto fits = [&](const Index& index) { return index.unique == statement_.unique && index.tail == tail; };
  const auto broken =
      std::find_if(indexes.begin(), indexes.end(), [&](const Index& index) { return !index.usable && fits(index); });
  if (broken != indexes.end()) return *broken;
  const auto found = std::find_if(indexes.begin(), indexes.end(), fits);
  return found == indexes.end() ? std::nullopt : std::optional(*found);
}

// The table that the statement is about, as SQL for its oid.
std::string OutsideUnit::Table() const {
  if (!statement_.table.empty()) return Regclass(statement_.table);
  return fmt::format("(SELECT o.indrelid FROM pg_catalog.pg_index o WHERE o.indexrelid OPERATOR(pg_catalog.=) {})",
                     Regclass(statement_.names.at(0)));
}

// Two builds on one table wait for each other for ever, or until one of them is ended as a deadlock and leaves an
// INVALID index. After our own connection was lost the other one may be our own old session.
void OutsideUnit::WaitForBuilders() {
  const std::string query = fmt::format(
      "SELECT p.pid FROM pg_catalog.pg_stat_progress_create_index p WHERE p.relid OPERATOR(pg_catalog.=) {} AND p.pid "
      "OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()",
      Table());
  const auto deadline = Clock::now() + patience_;
  for (Rows rows = Ask(query); !rows.empty(); rows = Ask(query)) {
    if (interrupt_ != nullptr && interrupt_->requested()) throw Error(ErrorCode::kSignal, "stopped by a signal");
    if (Clock::now() >= deadline) {
      throw Error(ErrorCode::kLockTimeout,
                  fmt::format("another session, pid {}, is building an index on {}", rows.At(0, 0),
                              statement_.table.empty() ? "the same table" : statement_.table))
          .Hint("wait for its end and run the command again");
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

bool OutsideUnit::IndexIsDone(bool again) {
  WaitForBuilders();
  const std::optional<Index> found = FindIndex(again);
  if (!found || (found->usable && !again)) return false;  // the server says what is wrong with the name
  const std::optional<std::string> tail = DefinitionTail();
  const bool same = tail && found->tail == *tail && found->unique == statement_.unique;
  if (found->usable && (same || !tail)) return true;
  if (found->usable) {
    throw Error(ErrorCode::kInterrupted,
                fmt::format("there is another index {} now than the one that was being built", found->sql_name))
        .Hint(
            fmt::format("if it may go, run 'DROP INDEX CONCURRENTLY {}' and then the command again", found->sql_name));
  }
  if (!again && !same) {
    throw Error(
        ErrorCode::kInterrupted,
        fmt::format("the index {} is INVALID, and it is not the one that this statement makes", found->sql_name))
        .Hint(
            fmt::format("if it may go, run 'DROP INDEX CONCURRENTLY {}' and then the command again", found->sql_name));
  }
  DropConcurrently(found->sql_name);
  return false;
}

bool OutsideUnit::DetachIsDone() {
  const std::string child = Regclass(statement_.names.at(0));
  const Rows rows = Ask(fmt::format(
      "SELECT i.inhdetachpending FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) {} AND "
      "i.inhparent OPERATOR(pg_catalog.=) {}",
      child, Regclass(statement_.table)));
  if (rows.empty()) return true;
  if (rows.At(0, 0) != "t") return false;
  Do(fmt::format("ALTER TABLE {} DETACH PARTITION {} FINALIZE", statement_.table, statement_.names[0]));
  return true;
}

void OutsideUnit::DropConcurrently(const std::string& name) {
  Do("DROP INDEX CONCURRENTLY IF EXISTS " + name);
}

// An interrupted REINDEX CONCURRENTLY leaves its new index, or the old one, under these names.
void OutsideUnit::SweepRebuilds() {
  const Rows rows = Ask(fmt::format(
      "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c "
      "ON "
      "c.oid OPERATOR(pg_catalog.=) x.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) "
      "c.relnamespace WHERE x.indrelid OPERATOR(pg_catalog.=) {} AND NOT x.indisvalid AND c.relname "
      "OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' AND NOT EXISTS (SELECT FROM "
      "pg_catalog.pg_stat_progress_create_index p WHERE p.relid OPERATOR(pg_catalog.=) x.indrelid AND p.pid "
      "OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())",
      Table()));
  for (std::size_t r = 0; r < rows.size(); ++r) DropConcurrently(rows.At(r, 0));
}

void OutsideUnit::CleanUp() {
  if (statement_.kind == Kind::kReindex) SweepRebuilds();
  if (statement_.kind != Kind::kCreateIndex) return;
  const std::optional<Index> found = FindIndex(true);
  if (found && !found->usable) DropConcurrently(found->sql_name);
}

std::string OutsideUnit::DuplicatesQuery() {
  if (statement_.kind != Kind::kCreateIndex || !statement_.unique) return {};
  const std::optional<Index> found = FindIndex(true);
  if (!found || found->usable) return {};
  const Rows rows = Ask(fmt::format(
      "SELECT pg_catalog.string_agg(c.def, ', ' ORDER BY k), pg_catalog.pg_get_expr(x.indpred, x.indrelid, true), "
      "pg_catalog.string_agg(pg_catalog.concat(c.def, ' IS NOT NULL'), ' AND ' ORDER BY k) FILTER (WHERE a.attnotnull "
      "IS NOT TRUE) FROM pg_catalog.pg_index x CROSS JOIN pg_catalog.generate_series(1, x.indnkeyatts) k CROSS JOIN "
      "LATERAL (SELECT pg_catalog.pg_get_indexdef(x.indexrelid, k, true) AS def) c LEFT JOIN pg_catalog.pg_attribute a "
      "ON a.attrelid OPERATOR(pg_catalog.=) x.indrelid AND a.attnum OPERATOR(pg_catalog.=) x.indkey[k "
      "OPERATOR(pg_catalog.-) 1] WHERE x.indexrelid OPERATOR(pg_catalog.=) {} GROUP BY x.indexrelid, x.indpred, "
      "x.indrelid",
      Regclass(found->sql_name)));
  if (rows.empty()) return {};
  std::string where = rows.IsNull(0, 1) ? std::string() : " WHERE " + rows.At(0, 1);
  // Rows with a NULL are no duplicates of each other, unless the index says so.
  if (!rows.IsNull(0, 2) && found->tail.find(" NULLS NOT DISTINCT") == std::string::npos) {
    where =
        rows.IsNull(0, 1) ? " WHERE " + rows.At(0, 2) : fmt::format(" WHERE ({}) AND {}", rows.At(0, 1), rows.At(0, 2));
  }
  return fmt::format("SELECT {0}, count(*) FROM {1}{2} GROUP BY {0} HAVING count(*) > 1", rows.At(0, 0),
                     statement_.table, where);
}

}  // namespace sqlmig
