// Text search: configurations, dictionaries, parsers, templates.
#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

ObjectSql Configurations(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kTsConfig;
  query.oid = "c.oid";
  query.kind = "'text search configuration'";
  query.name = QualifiedName("c.cfgnamespace", "c.cfgname");
  query.properties = {
      {"owner", "c.cfgowner::regrole"},
      {"parser", QualifiedName("p.prsnamespace", "p.prsname")},
      {"mappings",
       "(SELECT string_agg(x, E'\\n' ORDER BY x COLLATE \"C\") FROM (SELECT k.alias || ': ' || "
       "string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS x FROM pg_ts_config_map m JOIN "
       "ts_token_type(c.cfgparser) k ON k.tokid = m.maptokentype WHERE m.mapcfg = c.oid GROUP BY k.alias) l)"},
  };
  query.from = "FROM pg_ts_config c JOIN pg_ts_parser p ON p.oid = c.cfgparser WHERE " +
               scope.Ours(query.catalog, "c.oid", "c.cfgnamespace");
  query.needs = UsersRowsOf("pg_ts_config");
  return query;
}

ObjectSql Dictionaries(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kTsDict;
  query.oid = "d.oid";
  query.kind = "'text search dictionary'";
  query.name = QualifiedName("d.dictnamespace", "d.dictname");
  query.properties = {
      {"owner", "d.dictowner::regrole"},
      {"template", QualifiedName("t.tmplnamespace", "t.tmplname")},
      {"options", "d.dictinitoption"},
  };
  query.from = "FROM pg_ts_dict d JOIN pg_ts_template t ON t.oid = d.dicttemplate WHERE " +
               scope.Ours(query.catalog, "d.oid", "d.dictnamespace");
  query.needs = UsersRowsOf("pg_ts_dict");
  return query;
}

ObjectSql Parsers(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kTsParser;
  query.oid = "p.oid";
  query.kind = "'text search parser'";
  query.name = QualifiedName("p.prsnamespace", "p.prsname");
  query.properties = {
      {"start", "p.prsstart::text"},      {"token", "p.prstoken::text"},
      {"end", "p.prsend::text"},          {"headline", NameOrNone("p.prsheadline")},
      {"lextypes", "p.prslextype::text"},
  };
  query.from = "FROM pg_ts_parser p WHERE " + scope.Ours(query.catalog, "p.oid", "p.prsnamespace");
  query.needs = UsersRowsOf("pg_ts_parser");
  return query;
}

ObjectSql Templates(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kTsTemplate;
  query.oid = "t.oid";
  query.kind = "'text search template'";
  query.name = QualifiedName("t.tmplnamespace", "t.tmplname");
  query.properties = {{"init", NameOrNone("t.tmplinit")}, {"lexize", "t.tmpllexize::text"}};
  query.from = "FROM pg_ts_template t WHERE " + scope.Ours(query.catalog, "t.oid", "t.tmplnamespace");
  query.needs = UsersRowsOf("pg_ts_template");
  return query;
}

}  // namespace

void AddTextSearch(const CatalogScope& scope, CatalogSql* sql) {
  for (const auto& family : {Configurations, Dictionaries, Parsers, Templates}) sql->objects.push_back(family(scope));
}

}  // namespace sqlmig
