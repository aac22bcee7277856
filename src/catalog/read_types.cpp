// Types of all kinds, domains, collations, conversions. Attributes of composite types are read with columns.
#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

// Only for base types, whose parts a superuser has named one by one.
std::string OfBaseType(const std::string& expression) {
  return "CASE WHEN t.typtype = 'b' THEN " + expression + " END";
}

ObjectSql Types(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kType;
  query.oid = "t.oid";
  query.kind = "'type'";
  query.name = "t.oid::regtype::text";
  query.properties = {
      {"owner", "t.typowner::regrole"},
      {"kind",
       "CASE WHEN NOT t.typisdefined THEN 'shell' ELSE CASE t.typtype WHEN 'c' THEN 'composite' WHEN 'e' THEN 'enum' "
       "WHEN "
       "'r' THEN 'range' WHEN 'b' THEN 'base' ELSE t.typtype::text END END"},
      {"labels",
       "CASE WHEN t.typtype = 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), E'\\n' ORDER BY e.enumsortorder) "
       "FROM pg_enum e WHERE e.enumtypid = t.oid) END"},
      {"input", OfBaseType(NameOrNone("t.typinput"))},
      {"output", OfBaseType(NameOrNone("t.typoutput"))},
      {"receive", OfBaseType(NameOrNone("t.typreceive"))},
      {"send", OfBaseType(NameOrNone("t.typsend"))},
      {"modifier input", OfBaseType(NameOrNone("t.typmodin"))},
      {"modifier output", OfBaseType(NameOrNone("t.typmodout"))},
      {"analyze", OfBaseType(NameOrNone("t.typanalyze"))},
      {"subscript", OfBaseType(NameOrNone("t.typsubscript")), 14},
      {"length", OfBaseType("t.typlen::text || CASE WHEN t.typbyval THEN ', by value' ELSE '' END")},
      {"alignment", OfBaseType("t.typalign::text")},
      {"storage", OfBaseType("t.typstorage::text")},
      {"category", OfBaseType("t.typcategory::text || CASE WHEN t.typispreferred THEN ', preferred' ELSE '' END")},
      {"delimiter", OfBaseType("NULLIF(t.typdelim::text, ',')")},
      {"element", OfBaseType("CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END")},
      {"collatable", OfBaseType("CASE WHEN t.typcollation <> 0 THEN 'yes' END")},
      {"default", OfBaseType("t.typdefault")},
  };
  // Array types and the row types of tables come and go with what they are made from, multiranges with their range.
  query.from =
      "FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE t.typtype NOT IN ('d', 'm') AND (t.typtype <> "
      "'c' "
      "OR c.relkind = 'c') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid) AND " +
      scope.Ours(query.catalog, "t.oid", "t.typnamespace");
  return query;
}

PropertyRowsSql Ranges(const CatalogScope& scope) {
  const std::string multirange = scope.version >= 14 ? "r.rngmultitypid::regtype::text" : "NULL";
  PropertyRowsSql rows;
  rows.sql =
      "SELECT 1247, r.rngtypid, 0, v.name, v.value FROM pg_range r LEFT JOIN pg_opclass o ON o.oid = r.rngsubopc, "
      "LATERAL (VALUES ('subtype', format_type(r.rngsubtype, NULL)), ('operator class', "
      "o.opcnamespace::regnamespace::text || '.' || quote_ident(o.opcname)), ('collation', CASE WHEN r.rngcollation "
      "NOT "
      "IN (0, 100) THEN r.rngcollation::regcollation::text END), ('canonical', " +
      NameOrNone("r.rngcanonical") + "), ('difference', " + NameOrNone("r.rngsubdiff") + "), ('multirange', " +
      multirange + ")) v (name, value) WHERE r.rngtypid >= 16384";
  rows.needs = "pg_range WHERE rngtypid >= 16384";
  return rows;
}

ObjectSql Domains(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kType;
  query.oid = "t.oid";
  query.kind = "'domain'";
  query.name = "t.oid::regtype::text";
  query.properties = {
      {"owner", "t.typowner::regrole"},
      {"type", "format_type(t.typbasetype, t.typtypmod)"},
      {"collation", "CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation END"},
      {"not null", "CASE WHEN t.typnotnull THEN 'yes' END"},
      {"default", "COALESCE(pg_get_expr(t.typdefaultbin, 0), t.typdefault)"},
  };
  query.from = "FROM pg_type t JOIN pg_type b ON b.oid = t.typbasetype WHERE t.typtype = 'd' AND " +
               scope.Ours(query.catalog, "t.oid", "t.typnamespace");
  query.needs = "pg_type WHERE oid >= 16384 AND typtype = 'd'";
  return query;
}

std::string CollationLocale(const CatalogScope& scope) {
  if (scope.version < 15) return "NULL";
  return scope.version < 17 ? "l.colliculocale" : "l.colllocale";
}

ObjectSql Collations(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kCollation;
  query.oid = "l.oid";
  query.kind = "'collation'";
  query.name = QualifiedName("l.collnamespace", "l.collname");
  query.properties = {
      {"owner", "l.collowner::regrole"},
      {"provider",
       "CASE l.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' WHEN 'd' THEN 'default' "
       "END"},
      // The version is the operating system's.
      {"locale", "concat_ws(', ', " + CollationLocale(scope) + ", l.collcollate, NULLIF(l.collctype, l.collcollate))"},
      {"rules", "l.collicurules", 16},
      {"deterministic", "CASE WHEN NOT l.collisdeterministic THEN 'no' END"},
      {"encoding", "CASE WHEN l.collencoding >= 0 THEN pg_encoding_to_char(l.collencoding) END"},
  };
  query.from = "FROM pg_collation l WHERE " + scope.Ours(query.catalog, "l.oid", "l.collnamespace");
  query.needs = UsersRowsOf("pg_collation");
  return query;
}

ObjectSql Conversions(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kConversion;
  query.oid = "v.oid";
  query.kind = "'conversion'";
  query.name = QualifiedName("v.connamespace", "v.conname");
  query.properties = {
      {"owner", "v.conowner::regrole"},
      {"from", "pg_encoding_to_char(v.conforencoding)"},
      {"to", "pg_encoding_to_char(v.contoencoding)"},
      {"function", "v.conproc::text"},
      {"default", "CASE WHEN v.condefault THEN 'yes' END"},
  };
  query.from = "FROM pg_conversion v WHERE " + scope.Ours(query.catalog, "v.oid", "v.connamespace");
  query.needs = UsersRowsOf("pg_conversion");
  return query;
}

}  // namespace

void AddTypes(const CatalogScope& scope, CatalogSql* sql) {
  for (const auto& family : {Types, Domains, Collations, Conversions}) sql->objects.push_back(family(scope));
  sql->properties.push_back(Ranges(scope));
}

}  // namespace sqlmig
