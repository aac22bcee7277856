#include "exec/row_loss.h"

#include <chrono>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "exec/session_error.h"
#include "sqltext/dropped.h"

namespace sqlmig {
namespace {

using std::chrono::milliseconds;

// Of all counting together. A table that is locked is not waited for: its holder may want this rollback.
constexpr milliseconds kBudget(2000);
constexpr milliseconds kLockTimeout(200);
constexpr milliseconds kEstimateTimeout(500);

// A table or column that is there, by its names in SQL.
struct Found {
  std::string table;
  std::string column;  // empty: the table

  std::string name() const { return column.empty() ? table : table + "." + column; }
};

// Looks as the step would, but as the session's role, and in read-only transactions.
class Counter {
 public:
  explicit Counter(Connection& connection) : connection_(connection), start_(std::chrono::steady_clock::now()) {}

  std::vector<Found> FindAll(const PreparedStep& step, const std::vector<DroppedThing>& dropped) {
    std::vector<Found> found;
    const auto oids = Ask(StepSettingsSql(step), OidsSql(dropped));
    if (!oids || oids->empty()) return found;
    for (std::size_t i = 0; i < dropped.size(); ++i) {
      if (oids->IsNull(0, i)) continue;
      const auto rows = Ask({}, DescribeSql(dropped[i], oids->At(0, i)));
      for (std::size_t r = 0; rows && r < rows->size(); ++r) {
        found.push_back({rows->At(r, 0), rows->IsNull(r, 1) ? std::string() : rows->At(r, 1)});
      }
    }
    return found;
  }

  RowLoss Count(const MigrationId& migration, const Found& found) {
    RowLoss loss{migration, found.column.empty() ? RowLoss::Kind::kTable : RowLoss::Kind::kColumn, found.name(), {}};
    const auto spent = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_);
    if (spent < kBudget) {
      const std::string what = found.column.empty() ? "*" : found.column;
      const auto rows = Ask({}, fmt::format("SELECT pg_catalog.count({}) FROM {}", what, found.table), kBudget - spent);
      if (rows) loss.rows = std::stoll(rows->At(0, 0));
      if (rows) return loss;
    }
    loss.rows = Estimate(found);
    loss.estimated = loss.rows.has_value();
    return loss;
  }

 private:
  static std::string StepSettingsSql(const PreparedStep& step) {
    const auto path = step.settings.settings.find("search_path");
    if (path == step.settings.settings.end()) return " ";
    return fmt::format("SELECT pg_catalog.set_config('search_path', {}, true); ", QuoteLiteral(path->second));
  }

  static std::string OidsSql(const std::vector<DroppedThing>& dropped) {
    std::string sql;
    for (const DroppedThing& thing : dropped) {
      std::string name;
      for (const std::string& part : thing.name) name += (name.empty() ? "" : ".") + QuoteIdentifier(part);
      sql += fmt::format("{} pg_catalog.{}({})::pg_catalog.oid", sql.empty() ? "SELECT" : ",",
                         thing.kind == DroppedThing::Kind::kSchema ? "to_regnamespace" : "to_regclass",
                         QuoteLiteral(name));
    }
    return sql;
  }

  // The name of the table and, quoted, of its column. What is no table has no rows to lose.
  static std::string DescribeSql(const DroppedThing& thing, const std::string& oid) {
    std::string column = "NULL";
    std::string join;
    std::string where = "c.oid";
    if (thing.kind == DroppedThing::Kind::kSchema) where = "NOT c.relispartition AND c.relnamespace";
    if (thing.kind == DroppedThing::Kind::kColumn) {
      column = "pg_catalog.quote_ident(a.attname)";
      join = fmt::format(
          " JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname "
          "= {}",
          QuoteLiteral(thing.column));
    }
    return fmt::format(
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), {} FROM pg_catalog.pg_class c JOIN "
        "pg_catalog.pg_namespace n ON n.oid = c.relnamespace{} WHERE c.relkind IN ('r', 'p') AND {} = {} ORDER BY 1",
        column, join, where, oid);
  }

  // "... (cost=0.00..18.10 rows=810 width=0)".
  std::optional<std::int64_t> Estimate(const Found& found) {
    const std::string where = found.column.empty() ? "" : fmt::format(" WHERE {} IS NOT NULL", found.column);
    const auto plan = Ask({}, fmt::format("EXPLAIN SELECT FROM {}{}", found.table, where), kEstimateTimeout);
    constexpr std::string_view kRows = " rows=";
    if (!plan || plan->empty()) return std::nullopt;
    const std::size_t at = plan->At(0, 0).find(kRows);
    if (at == std::string::npos) return std::nullopt;
    return std::stoll(plan->At(0, 0).substr(at + kRows.size()));
  }

  // `before`: settings; without any nothing but pg_catalog is searched. Nothing: the server refuses, or has no time.
  // Row security would make less of the rows than there is: with it off the server refuses, too.
  std::optional<Rows> Ask(const std::string& before, const std::string& sql, milliseconds timeout = kBudget) {
    MessageOutcome outcome = connection_.TryQuery(fmt::format(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; SET LOCAL "
        "row_security = off; {}{}; ROLLBACK",
        timeout.count(), kLockTimeout.count(), before.empty() ? "SET LOCAL search_path = ''; " : before, sql));
    if (outcome.lost) {
      Error error = LostError(outcome);
      error.SetHint("nothing was changed; run the command again when the server is back");
      throw error;
    }
    if (outcome.error && connection_.in_transaction()) connection_.TryQuery("ROLLBACK");
    if (outcome.error && outcome.cancelled) {
      throw Error(ErrorCode::kSignal, "stopped by a signal while rows were counted; nothing was changed")
          .Hint("run the command again to go on");
    }
    if (outcome.error) return std::nullopt;
    return std::move(outcome.rows.at(outcome.rows.size() - 2));
  }

  Connection& connection_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace

std::vector<RowLoss> FindRowLosses(Connection& connection, const std::vector<PreparedStep>& steps) {
  std::vector<RowLoss> losses;
  std::set<std::string> seen;
  Counter counter(connection);
  for (const PreparedStep& step : steps) {
    if (step.step.direction != Direction::kDown) continue;
    const std::vector<DroppedThing> dropped = FindDropped(step.script);
    if (dropped.empty()) continue;
    for (const Found& found : counter.FindAll(step, dropped)) {
      if (!seen.insert(found.name()).second) continue;
      RowLoss loss = counter.Count(step.step.id, found);
      if (loss.rows != 0) losses.push_back(std::move(loss));
    }
  }
  return losses;
}

}  // namespace sqlmig
