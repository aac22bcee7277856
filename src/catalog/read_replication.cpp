// Publications with what they publish, and subscriptions as far as everybody may read them: not how they connect.
#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

ObjectSql Publications(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kPublication;
  query.oid = "p.oid";
  query.kind = "'publication'";
  query.name = "quote_ident(p.pubname)";
  query.properties = {
      {"owner", "p.pubowner::regrole"},
      {"all tables", "CASE WHEN p.puballtables THEN 'yes' END"},
      {"operations",
       "NULLIF(concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, CASE "
       "WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END, CASE WHEN NOT (p.pubinsert OR "
       "p.pubupdate OR p.pubdelete OR p.pubtruncate) THEN 'none' END), 'insert, update, delete, truncate')"},
      {"via partition root", "CASE WHEN p.pubviaroot THEN 'yes' END"},
      {"generated columns", "CASE p.pubgencols WHEN 's' THEN 'stored' END", 18},
  };
  query.from = "FROM pg_publication p WHERE " + scope.Ours(query.catalog, "p.oid");
  query.needs = UsersRowsOf("pg_publication");
  return query;
}

PropertyRowsSql PublishedTables(const CatalogScope& scope) {
  std::string what = "'all of it'";
  if (scope.version >= 15) {
    what =
        "COALESCE(NULLIF(concat_ws(' ', (SELECT 'columns ' || string_agg(quote_ident(a.attname), ', ' ORDER BY "
        "a.attname "
        "COLLATE \"C\") FROM pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)), 'where ' || "
        "pg_get_expr(r.prqual, r.prrelid)), ''), 'all of it')";
  }
  return {"SELECT 6104, r.prpubid, 0, 'table ' || r.prrelid::regclass::text, " + what + " FROM pg_publication_rel r", 0,
          "pg_publication_rel"};
}

PropertyRowsSql PublishedSchemas() {
  return {
      "SELECT 6104, n.pnpubid, 0, 'schema ' || n.pnnspid::regnamespace::text, 'all tables' FROM "
      "pg_publication_namespace n",
      15, "pg_publication_namespace"};
}

ObjectSql Subscriptions(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kSubscription;
  // Before version 14 the oid was not for everybody, except in this view.
  query.oid = scope.version >= 14 ? "s.oid"
                                  : "(SELECT v.subid FROM pg_stat_subscription v WHERE v.subname = s.subname LIMIT 1)";
  query.kind = "'subscription'";
  query.name = "quote_ident(s.subname)";
  query.properties = {
      {"owner", "s.subowner::regrole"},
      {"enabled", "CASE WHEN NOT s.subenabled THEN 'no' END"},
      {"publications", SortedList("s.subpublications")},
      {"slot", "s.subslotname"},
  };
  query.from =
      "FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())";
  query.needs = "pg_subscription WHERE subdbid <> 0";
  if (scope.version < 14) return query;
  query.properties.push_back({"binary", "CASE WHEN s.subbinary THEN 'yes' END"});
  query.properties.push_back({"synchronous commit", "NULLIF(s.subsynccommit, 'off')"});
  query.properties.push_back({"streaming", "NULLIF(s.substream::text, 'false')"});
  query.properties.push_back({"two phase", "CASE WHEN s.subtwophasestate <> 'd' THEN 'yes' END", 15});
  query.properties.push_back({"disable on error", "CASE WHEN s.subdisableonerr THEN 'yes' END", 15});
  query.properties.push_back({"password required", "CASE WHEN NOT s.subpasswordrequired THEN 'no' END", 16});
  query.properties.push_back({"run as owner", "CASE WHEN s.subrunasowner THEN 'yes' END", 16});
  query.properties.push_back({"origin", "NULLIF(s.suborigin, 'any')", 16});
  query.properties.push_back({"failover", "CASE WHEN s.subfailover THEN 'yes' END", 17});
  return query;
}

}  // namespace

void AddReplication(const CatalogScope& scope, CatalogSql* sql) {
  sql->objects.push_back(Publications(scope));
  sql->objects.push_back(Subscriptions(scope));
  sql->properties.push_back(PublishedTables(scope));
  sql->properties.push_back(PublishedSchemas());
}

}  // namespace sqlmig
