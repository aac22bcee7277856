#include "catalog/catalog_query.h"

#include <fmt/format.h>

namespace sqlmig {

std::string CatalogScope::Ours(std::uint32_t catalog, std::string_view oid, std::string_view schema) const {
  // What comes with the server has smaller oids (FirstNormalObjectId).
  std::string condition = fmt::format("{} >= 16384", oid);
  if (with_members.count(catalog) != 0) {
    condition += fmt::format(
        " AND {} <> ALL (ARRAY(SELECT e.objid FROM pg_depend e WHERE e.refclassid = {} AND e.classid = {} AND "
        "e.deptype "
        "= 'e'))",
        oid, system_catalog::kExtension, catalog);
  }
  if (!schema.empty()) condition += fmt::format(" AND {} <> ALL ({})", schema, ignored_schemas);
  return condition;
}

std::string UsersRowsOf(std::string_view catalog) {
  return fmt::format("{} WHERE oid >= 16384", catalog);
}

std::string RelationKind(std::string_view alias) {
  return fmt::format(
      "CASE {}.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN "
      "'materialized view' WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'index' "
      "END",
      alias);
}

std::string RelationReference(std::string_view alias) {
  return fmt::format("{} || ' ' || {}.oid::regclass::text", RelationKind(alias), alias);
}

std::string SortedList(std::string_view array) {
  return fmt::format(
      "CASE WHEN {0} IS NOT NULL THEN (SELECT string_agg(x::text, ', ' ORDER BY x::text COLLATE \"C\") FROM "
      "unnest({0}) "
      "x) END",
      array);
}

std::string QualifiedName(std::string_view schema_oid, std::string_view name) {
  return fmt::format("{}::regnamespace::text || '.' || quote_ident({})", schema_oid, name);
}

std::string NameOrNone(std::string_view reg) {
  return fmt::format("CASE WHEN {0} <> 0 THEN {0}::text END", reg);
}

}  // namespace sqlmig
