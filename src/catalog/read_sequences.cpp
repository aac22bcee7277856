// Sequences: their parameters, not what they have reached.
#include "catalog/catalog_query.h"

namespace sqlmig {

void AddSequences(const CatalogScope& scope, CatalogSql* sql) {
  ObjectSql query;
  query.catalog = system_catalog::kClass;
  query.oid = "c.oid";
  query.kind = "'sequence'";
  query.name = "c.oid::regclass::text";
  const std::string column = "d.refobjid::regclass::text || '.' || quote_ident(a.attname)";
  query.parent = "'column ' || " + column;
  query.properties = {
      {"owner", "c.relowner::regrole"},
      {"persistence", "CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' END"},
      {"owned by", "CASE WHEN d.deptype = 'a' THEN " + column + " END"},
      {"identity of", "CASE WHEN d.deptype = 'i' THEN " + column + " END"},
      {"type", "CASE WHEN s.seqtypid <> 20 THEN format_type(s.seqtypid, NULL) END"},
      {"start", "NULLIF(s.seqstart, CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END)"},
      {"increment", "NULLIF(s.seqincrement, 1)"},
      {"minimum",
       "NULLIF(s.seqmin, CASE WHEN s.seqincrement > 0 THEN 1 ELSE CASE s.seqtypid WHEN 21 THEN -32768 WHEN 23 THEN "
       "-2147483648 ELSE -9223372036854775808 END END)"},
      {"maximum",
       "NULLIF(s.seqmax, CASE WHEN s.seqincrement > 0 THEN CASE s.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 "
       "ELSE 9223372036854775807 END ELSE -1 END)"},
      {"cache", "NULLIF(s.seqcache, 1)"},
      {"cycle", "CASE WHEN s.seqcycle THEN 'yes' END"},
  };
  query.from =
      "FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid LEFT JOIN pg_depend d ON d.classid = 1259 AND d.objid "
      "= "
      "c.oid AND d.objsubid = 0 AND d.refclassid = 1259 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') LEFT JOIN "
      "pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE " +
      scope.Ours(query.catalog, "c.oid", "c.relnamespace");
  query.needs = "pg_sequence";
  sql->objects.push_back(query);
}

}  // namespace sqlmig
