#include "verify/row_digest.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "support/counted.h"

namespace sqlmig {
namespace {

constexpr const char* kColumns = R"sql(
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
       pg_catalog.quote_ident(a.attname)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND
       n.nspname <> {}
 ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", a.attnum)sql";

using Columns = std::map<std::string, ColumnDigest>;

// Whether the table, whatever its columns are called, holds all that the other one held.
bool HoldsAllOf(const TableDigest& table, const TableDigest& other) {
  std::vector<ColumnDigest> columns;
  for (const auto& [name, digest] : table.columns) columns.push_back(digest);
  for (const auto& [name, digest] : other.columns) {
    const auto found = std::find(columns.begin(), columns.end(), digest);
    if (found == columns.end()) return false;
    columns.erase(found);
  }
  return table.rows == other.rows;
}

Columns WithOldColumns(const Columns& had, Columns has) {
  for (const auto& [name, digest] : had) {
    if (has.contains(name)) continue;
    const auto found = std::find_if(has.begin(), has.end(), [&](const auto& column) {
      return !had.contains(column.first) && column.second == digest;
    });
    if (found == has.end()) continue;
    auto node = has.extract(found);
    node.key() = name;
    has.insert(std::move(node));
  }
  return has;
}

// The hash of a table's texts added up in a type that does not overflow.
std::string DigestSql(const std::string& table, const std::vector<std::string>& columns) {
  std::string sql = "SELECT pg_catalog.count(*)";
  for (const std::string& column : columns) {
    sql += fmt::format(
        ", pg_catalog.count({0}), COALESCE(pg_catalog.sum(pg_catalog.hashtextextended({0}::text, 0)::numeric), 0)",
        "t." + column);
  }
  return sql + fmt::format(" FROM ONLY {} t;\n", table);
}

}  // namespace

RowDigests ReadRows(Connection& connection, const std::string& ignored_schema) {
  const Rows found = connection.Query(fmt::format(kColumns, QuoteLiteral(ignored_schema))).at(0);
  std::vector<std::pair<std::string, std::vector<std::string>>> tables;
  for (std::size_t r = 0; r < found.size(); ++r) {
    if (tables.empty() || tables.back().first != found.At(r, 0)) tables.push_back({found.At(r, 0), {}});
    if (!found.IsNull(r, 1)) tables.back().second.push_back(found.At(r, 1));
  }
  RowDigests digests;
  for (const auto& [table, columns] : tables) {
    const Rows row = connection.Query(DigestSql(table, columns)).at(0);
    TableDigest& digest = digests[table];
    digest.rows = std::stoll(row.At(0, 0));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      digest.columns[columns[i]] = {std::stoll(row.At(0, 1 + 2 * i)), row.At(0, 2 + 2 * i)};
    }
  }
  return digests;
}

RowDigests WithOldNames(const RowDigests& had, RowDigests has) {
  for (const auto& [name, table] : had) {
    if (table.rows > 0 && !has.contains(name)) {
      const auto found = std::find_if(has.begin(), has.end(), [&](const auto& other) {
        return !had.contains(other.first) && HoldsAllOf(other.second, table);
      });
      if (found == has.end()) continue;
      auto node = has.extract(found);
      node.key() = name;
      has.insert(std::move(node));
    }
    const auto now = has.find(name);
    if (now != has.end()) now->second.columns = WithOldColumns(table.columns, std::move(now->second.columns));
  }
  return has;
}

std::vector<std::string> Destroyed(const RowDigests& had, const RowDigests& has) {
  std::vector<std::string> lost;
  for (const auto& [name, table] : had) {
    const auto now = has.find(name);
    if (now == has.end()) {
      if (table.rows > 0)
        lost.push_back(fmt::format("{} of {}", Counted(static_cast<std::size_t>(table.rows), "row"), name));
      continue;
    }
    for (const auto& [column, digest] : table.columns) {
      if (digest.values == 0 || now->second.columns.contains(column)) continue;
      lost.push_back(
          fmt::format("{} of {}.{}", Counted(static_cast<std::size_t>(digest.values), "value"), name, column));
    }
  }
  return lost;
}

void KeepWhatStayed(const RowDigests& stayed, RowDigests* digests) {
  std::erase_if(*digests, [&](const auto& table) { return !stayed.contains(table.first); });
  for (auto& [name, table] : *digests) {
    const TableDigest& other = stayed.at(name);
    std::erase_if(table.columns, [&](const auto& column) { return !other.columns.contains(column.first); });
  }
}

std::vector<std::string> Changed(const RowDigests& had, const RowDigests& has) {
  std::vector<std::string> changed;
  for (const auto& [name, table] : had) {
    const auto now = has.find(name);
    if (now == has.end()) continue;
    if (now->second.rows != table.rows) {
      changed.push_back(fmt::format("{} has {} instead of {}", name,
                                    Counted(static_cast<std::size_t>(now->second.rows), "row"), table.rows));
      continue;
    }
    for (const auto& [column, digest] : table.columns) {
      const auto other = now->second.columns.find(column);
      if (other != now->second.columns.end() && other->second != digest) {
        changed.push_back(fmt::format("{}.{} has other values", name, column));
      }
    }
  }
  return changed;
}

}  // namespace sqlmig
