#include "exec/index_definition.h"

#include <algorithm>

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {
namespace {

// What CREATE INDEX says behind the table, as the server writes it; the same for the same columns of another table.
constexpr const char* kTailOf =
    "pg_catalog.substr(pg_catalog.pg_get_indexdef({0}), pg_catalog.strpos(pg_catalog.pg_get_indexdef({0}), ' USING '))";

std::string TableOf(const OutsideStatement& statement) {
  return fmt::format("pg_catalog.to_regclass({})", QuoteLiteral(statement.table));
}

}  // namespace

std::vector<FoundIndex> IndexDefinition::ReadIndexes(const std::string& condition) {
  constexpr const char* kQuery =
      "SELECT c.relname, pg_catalog.format('%I.%I', n.nspname, c.relname), x.indexrelid IS NOT NULL, x.indrelid "
      "OPERATOR(pg_catalog.=) {0}, x.indisvalid AND x.indisready AND x.indislive, x.indisunique, {1}, "
      "pg_catalog.pg_get_indexdef(x.indexrelid), x.indrelid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
      "ON n.oid OPERATOR(pg_catalog.=) c.relnamespace LEFT JOIN pg_catalog.pg_index x ON x.indexrelid "
      "OPERATOR(pg_catalog.=) c.oid WHERE {2} ORDER BY c.oid";
  const Rows rows = Ask(fmt::format(kQuery, TableOf(statement_), fmt::format(kTailOf, "x.indexrelid"), condition));
  std::vector<FoundIndex> indexes;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    indexes.push_back({rows.At(r, 0), rows.At(r, 1), rows.At(r, 2) == "t", rows.At(r, 3) == "t", rows.At(r, 4) == "t",
                       rows.At(r, 5) == "t", rows.At(r, 6), rows.At(r, 7), rows.At(r, 8)});
  }
  return indexes;
}

std::optional<FoundIndex> IndexDefinition::Find(bool by_definition) {
  if (!statement_.names.empty()) {
    // An index stands in the schema of its table.
    const std::vector<FoundIndex> found =
        ReadIndexes(fmt::format("c.relname OPERATOR(pg_catalog.=) {} AND c.relnamespace OPERATOR(pg_catalog.=) (SELECT "
                                "t.relnamespace FROM pg_catalog.pg_class t WHERE t.oid OPERATOR(pg_catalog.=) {})",
                                QuoteLiteral(StoredName(statement_.names.front())), TableOf(statement_)));
    return found.empty() ? std::nullopt : std::optional(found.front());
  }
  if (!by_definition) return std::nullopt;
  const WantedIndex wanted = Read();
  const std::vector<FoundIndex> indexes =
      ReadIndexes(fmt::format("x.indrelid OPERATOR(pg_catalog.=) {}", TableOf(statement_)));
  const auto broken = std::find_if(indexes.begin(), indexes.end(),
                                   [&](const FoundIndex& index) { return !index.usable && IsSame(index, wanted); });
  if (broken != indexes.end()) return *broken;
  const auto found =
      std::find_if(indexes.begin(), indexes.end(), [&](const FoundIndex& index) { return IsSame(index, wanted); });
  return found == indexes.end() ? std::nullopt : std::optional(*found);
}

// The probe has the table's name, which the statement may say again before its columns. A role that may not make
// temporary tables makes it beside the table: it needs the right to do so for the index.
WantedIndex IndexDefinition::Read() {
  const std::string probe = QuoteIdentifier(StoredName(statement_.table));
  const WantedIndex wanted = Probe("CREATE TEMPORARY TABLE", "pg_temp." + probe);
  if (wanted.tail) return wanted;
  const MessageOutcome schema = connection_.TryQuery(
      fmt::format("SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                  "ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE c.oid OPERATOR(pg_catalog.=) {}",
                  TableOf(statement_)));
  if (!schema.ok() || schema.rows.empty() || schema.rows.front().empty()) return wanted;
  const WantedIndex beside =
      Probe("CREATE UNLOGGED TABLE",
            schema.rows.front().At(0, 0) + fmt::format(".\"sqlmig probe {}\"", connection_.backend_pid()));
  return beside.tail ? beside : wanted;
}

WantedIndex IndexDefinition::Probe(const std::string& create, const std::string& probe) {
  const std::string sql = fmt::format(
      "BEGIN;\n{0} {1} (LIKE {2});\nCREATE {3}INDEX ON {1} {4}\n;\nSELECT {5} FROM pg_catalog.pg_index x WHERE "
      "x.indrelid OPERATOR(pg_catalog.=) {6}::pg_catalog.regclass;\nROLLBACK",
      create, probe, statement_.table, statement_.unique ? "UNIQUE " : "", statement_.index_tail,
      fmt::format(kTailOf, "x.indexrelid"), QuoteLiteral(probe));
  const MessageOutcome outcome = connection_.TryQuery(sql);
  if (outcome.lost) throw Error(ErrorCode::kConnection, "the connection was lost while an index was looked at");
  if (connection_.in_transaction()) connection_.TryQuery("ROLLBACK");
  if (!outcome.ok()) return {std::nullopt, Printable(outcome.error->message)};
  const auto row = std::find_if(outcome.rows.begin(), outcome.rows.end(), [](const Rows& r) { return !r.empty(); });
  if (row == outcome.rows.end()) return {};
  return {row->At(0, 0), {}};
}

bool IndexDefinition::IsSame(const FoundIndex& found, const WantedIndex& wanted) const {
  return found.is_index && found.on_table && wanted.tail && found.tail == *wanted.tail &&
         found.unique == statement_.unique;
}

std::string IndexDefinition::Text(const WantedIndex& wanted) const {
  const std::string name = statement_.names.empty() ? std::string() : " " + statement_.names.front();
  const std::string tail = wanted.tail.value_or(" " + statement_.index_tail);
  return Printable(
      fmt::format("CREATE {}INDEX{} ON {}{}", statement_.unique ? "UNIQUE " : "", name, statement_.table, tail));
}

std::string IndexDefinition::DuplicatesQuery() {
  if (!statement_.unique) return {};
  const std::optional<FoundIndex> found = Find(true);
  if (!found || !found->on_table || found->usable) return {};
  const Rows rows = Ask(fmt::format(
      "SELECT pg_catalog.string_agg(c.def, ', ' ORDER BY k), pg_catalog.pg_get_expr(x.indpred, x.indrelid, true), "
      "pg_catalog.string_agg(pg_catalog.concat(c.def, ' IS NOT NULL'), ' AND ' ORDER BY k) FILTER (WHERE a.attnotnull "
      "IS NOT TRUE) FROM pg_catalog.pg_index x CROSS JOIN pg_catalog.generate_series(1, x.indnkeyatts) k CROSS JOIN "
      "LATERAL (SELECT pg_catalog.pg_get_indexdef(x.indexrelid, k, true) AS def) c LEFT JOIN pg_catalog.pg_attribute a "
      "ON a.attrelid OPERATOR(pg_catalog.=) x.indrelid AND a.attnum OPERATOR(pg_catalog.=) x.indkey[k "
      "OPERATOR(pg_catalog.-) 1] WHERE x.indexrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({}) GROUP BY "
      "x.indexrelid, x.indpred, x.indrelid",
      QuoteLiteral(found->sql_name)));
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
