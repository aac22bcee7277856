// Indexes and statistics objects.
#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

// The options stand in the definition in the order in which they were set; taken out, they are a property of their own.
constexpr const char* kIndexDefinition =
    "CASE WHEN i.reloptions IS NULL THEN pg_get_indexdef(i.oid) ELSE replace(pg_get_indexdef(i.oid), ' WITH (' || "
    "(SELECT "
    "string_agg(split_part(o, '=', 1) || '=' || CASE WHEN quote_ident(v) = v THEN v ELSE quote_literal(v) END, ', ' "
    "ORDER "
    "BY n) FROM unnest(i.reloptions) WITH ORDINALITY AS r (o, n), substr(o, strpos(o, '=') + 1) v) || ')', '') END";

ObjectSql Indexes(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kClass;
  query.oid = "i.oid";
  query.kind = "'index'";
  query.name = "i.oid::regclass::text";
  query.parent = "CASE WHEN k.oid IS NULL THEN " + RelationReference("c") +
                 " ELSE 'constraint ' || quote_ident(k.conname) || ' on ' || c.oid::regclass::text END";
  query.properties = {
      {"definition", kIndexDefinition},
      {"options", SortedList("i.reloptions")},
      {"valid", "CASE WHEN NOT (x.indisvalid AND x.indisready AND x.indislive) THEN 'no' END"},
      {"clustered", "CASE WHEN x.indisclustered THEN 'yes' END"},
      {"tablespace",
       "CASE WHEN i.reltablespace <> 0 THEN (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = i.reltablespace) END"},
      {"statistics targets",
       "(SELECT string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE "
       "a.attrelid = i.oid AND a.attstattarget >= 0)"},
      {"inherited from",
       "CASE WHEN i.relispartition THEN (SELECT 'index ' || h.inhparent::regclass::text FROM pg_inherits h WHERE "
       "h.inhrelid = i.oid) END"},
  };
  query.from =
      "FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid LEFT JOIN "
      "pg_constraint k ON k.conindid = i.oid AND k.conrelid = c.oid AND k.contype IN ('p', 'u', 'x') WHERE c.relkind "
      "IN "
      "('r', 'p', 'm', 'f') AND " +
      scope.Ours(query.catalog, "c.oid", "c.relnamespace");
  return query;
}

ObjectSql Statistics(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kStatisticExt;
  query.oid = "s.oid";
  query.kind = "'statistics object'";
  query.name = QualifiedName("s.stxnamespace", "s.stxname");
  query.parent = RelationReference("c");
  query.properties = {
      {"owner", "s.stxowner::regrole"},
      {"definition", "pg_get_statisticsobjdef(s.oid)"},
      {"statistics target", "NULLIF(s.stxstattarget, -1)"},
  };
  query.from = "FROM pg_statistic_ext s JOIN pg_class c ON c.oid = s.stxrelid WHERE " +
               scope.Ours(query.catalog, "s.oid", "s.stxnamespace");
  query.needs = UsersRowsOf("pg_statistic_ext");
  return query;
}

}  // namespace

void AddIndexes(const CatalogScope& scope, CatalogSql* sql) {
  sql->objects.push_back(Indexes(scope));
  sql->objects.push_back(Statistics(scope));
}

}  // namespace sqlmig
