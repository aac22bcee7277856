// Tables, partitioned and foreign ones, views, materialized views, and the columns of all of them.
#include <fmt/format.h>

#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

std::string Inherits() {
  return "CASE WHEN c.relkind IN ('r', 'f') AND NOT c.relispartition THEN (SELECT string_agg("
         "i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid) END";
}

std::string PartitionOf() {
  return "CASE WHEN c.relispartition THEN (SELECT i.inhparent::regclass::text FROM pg_inherits i "
         "WHERE i.inhrelid = c.oid) END";
}

ObjectSql Relations(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kClass;
  query.oid = "c.oid";
  query.kind = RelationKind("c");
  query.name = "c.oid::regclass::text";
  query.properties = {
      {"owner", "c.relowner::regrole"},
      {"definition", "CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END"},
      {"populated", "CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'no' END"},
      {"persistence", "CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END"},
      {"access method",
       "CASE WHEN c.relam NOT IN (0, 2) THEN (SELECT m.amname FROM pg_am m WHERE m.oid = c.relam) END"},
      {"tablespace",
       "CASE WHEN c.reltablespace <> 0 THEN (SELECT s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace) END"},
      {"options", SortedList("c.reloptions")},
      {"toast options",
       "CASE WHEN c.reltoastrelid <> 0 THEN (SELECT string_agg(x, ', ' ORDER BY x COLLATE \"C\") FROM pg_class o, "
       "unnest(o.reloptions) x WHERE o.oid = c.reltoastrelid) END"},
      {"row security", "CASE WHEN c.relrowsecurity THEN 'enabled' END"},
      {"row security for its owner", "CASE WHEN c.relforcerowsecurity THEN 'forced' END"},
      {"replica identity",
       "CASE WHEN c.relkind IN ('r', 'p', 'm') THEN CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full' "
       "WHEN 'i' THEN COALESCE((SELECT 'index ' || "
       "x.indexrelid::regclass::text FROM pg_index x WHERE x.indrelid = c.oid AND x.indisreplident), 'no index') END "
       "END"},
      {"of type", "CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END"},
      {"inherits", Inherits()},
      {"partitioned by", "CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END"},
      {"partition of", PartitionOf()},
      {"partition bound", "CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END"},
      {"partition detached",
       "CASE WHEN c.relispartition AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND "
       "i.inhdetachpending) THEN 'half' END",
       14},
  };
  query.from = "FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND " +
               scope.Ours(query.catalog, "c.oid", "c.relnamespace");
  return query;
}

// From version 18 on NOT NULL is a constraint; the name that the server gives it by itself says nothing.
std::string NotNull(const CatalogScope& scope) {
  if (scope.version < 18) return "CASE WHEN a.attnotnull THEN 'yes' END";
  return "CASE WHEN n.oid IS NULL THEN CASE WHEN a.attnotnull THEN 'yes' END ELSE concat_ws(', ', CASE WHEN n.conname "
         "= "
         "c.relname || '_' || a.attname || '_not_null' THEN 'yes' ELSE 'constraint ' || quote_ident(n.conname) END, "
         "CASE "
         "WHEN NOT n.convalidated THEN 'not valid' END, CASE WHEN n.connoinherit THEN 'no inherit' END, CASE WHEN "
         "n.coninhcount > 0 AND n.conislocal THEN 'also local' END) END";
}

ObjectSql Columns(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kClass;
  query.oid = "a.attrelid";
  query.sub = "a.attnum";
  query.kind = "CASE WHEN c.relkind = 'c' THEN 'attribute' ELSE 'column' END";
  query.name = "a.attrelid::regclass::text || '.' || quote_ident(a.attname)";
  query.parent = RelationReference("c");
  query.properties = {
      // Gaps that dropped columns leave are not to be seen.
      {"position", "row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum)"},
      {"type", "format_type(a.atttypid, a.atttypmod)"},
      {"collation", "CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation END"},
      {"not null", NotNull(scope)},
      {"default", "CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END"},
      {"generated",
       "CASE a.attgenerated WHEN 's' THEN 'stored: ' || pg_get_expr(d.adbin, d.adrelid) WHEN 'v' THEN 'virtual: ' || "
       "pg_get_expr(d.adbin, d.adrelid) END"},
      {"identity", "CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END"},
      {"storage",
       "CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'm' THEN 'main' WHEN "
       "'e' THEN 'external' WHEN 'x' THEN 'extended' END END"},
      {"compression", "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE a.attcompression::text END",
       14},
      {"statistics target", "NULLIF(a.attstattarget, -1)"},
      {"options", SortedList("a.attoptions")},
      {"foreign options", SortedList("a.attfdwoptions")},
      {"inherited", "CASE WHEN a.attinhcount > 0 THEN CASE WHEN a.attislocal THEN 'also local' ELSE 'yes' END END"},
  };
  query.from =
      "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN "
      "pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum ";
  if (scope.version >= 18) {
    query.from +=
        "LEFT JOIN pg_constraint n ON n.conrelid = a.attrelid AND n.contype = 'n' AND n.conkey[1] = a.attnum ";
  }
  query.from += "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND " +
                scope.Ours(query.catalog, "c.oid", "c.relnamespace");
  // Of a composite type the type is a member of an extension, and not its attributes' relation.
  query.from += " AND (c.relkind <> 'c' OR " + scope.Ours(system_catalog::kType, "c.reltype") + ")";
  return query;
}

}  // namespace

void AddTables(const CatalogScope& scope, CatalogSql* sql) {
  sql->objects.push_back(Relations(scope));
  sql->objects.push_back(Columns(scope));
}

}  // namespace sqlmig
