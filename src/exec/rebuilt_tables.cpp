#include "exec/rebuilt_tables.h"

#include <algorithm>

#include <fmt/format.h>

#include "exec/index_builders.h"

namespace sqlmig {
namespace {

// pg_partition_tree() gives nothing for what is no part of one.
constexpr const char* kTableTree =
    "SELECT {0}::pg_catalog.oid AS oid UNION SELECT p.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree({0}) p";
constexpr const char* kTablesOfIndexTree =
    "SELECT o.indrelid AS oid FROM pg_catalog.pg_index o WHERE o.indexrelid OPERATOR(pg_catalog.=) {0} UNION SELECT "
    "o.indrelid FROM pg_catalog.pg_partition_tree({0}) p JOIN pg_catalog.pg_index o ON o.indexrelid "
    "OPERATOR(pg_catalog.=) p.relid";
constexpr const char* kOfSchema =
    "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace OPERATOR(pg_catalog.=) "
    "pg_catalog.to_regnamespace({})";
constexpr const char* kWithToast =
    "{0} UNION SELECT h.reltoastrelid FROM pg_catalog.pg_class h WHERE h.oid OPERATOR(pg_catalog.=) ANY ({0})";

}  // namespace

std::string RebuiltTablesSql(const OutsideStatement& statement) {
  using Extent = OutsideStatement::Extent;
  const auto regclass = [](const std::string& name) {
    return fmt::format("pg_catalog.to_regclass({})", QuoteLiteral(name));
  };
  switch (statement.extent) {
    case Extent::kIndex:
      return fmt::format(kTablesOfIndexTree, regclass(statement.names.at(0)));
    case Extent::kTable:
      return fmt::format(kWithToast, fmt::format(kTableTree, regclass(statement.table)));
    case Extent::kSchema:
      return fmt::format(kWithToast, fmt::format(kOfSchema, QuoteLiteral(statement.names.at(0))));
    case Extent::kDatabase:
      break;
  }
  return "SELECT o.indrelid AS oid FROM pg_catalog.pg_index o";
}

bool IsNameOfRebuild(std::string_view name) {
  const auto end = std::find_if(name.rbegin(), name.rend(), [](char c) { return c < '0' || c > '9'; });
  name = name.substr(0, static_cast<std::size_t>(name.rend() - end));
  return name.ends_with("_ccnew") || name.ends_with("_ccold");
}

std::vector<std::string> ReadRebuildLeftovers(Connection& connection, const std::string& tables) {
  constexpr const char* kQuery =
      "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relname FROM pg_catalog.pg_index x JOIN "
      "pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) x.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid "
      "OPERATOR(pg_catalog.=) c.relnamespace WHERE NOT x.indisvalid AND c.relkind OPERATOR(pg_catalog.=) 'i' AND "
      "x.indrelid OPERATOR(pg_catalog.=) ANY ({}) AND NOT EXISTS ({}) ORDER BY c.oid";
  const Rows rows =
      connection.Query(fmt::format(kQuery, tables, BuildersSql("SELECT x.indrelid UNION ALL SELECT x.indexrelid")))
          .at(0);
  std::vector<std::string> names;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (IsNameOfRebuild(rows.At(r, 1))) names.push_back(rows.At(r, 0));
  }
  return names;
}

}  // namespace sqlmig
