// Foreign data: wrappers, servers, user mappings, what tables say of their server.
#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

ObjectSql Wrappers(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kForeignDataWrapper;
  query.oid = "w.oid";
  query.kind = "'foreign data wrapper'";
  query.name = "quote_ident(w.fdwname)";
  query.properties = {
      {"owner", "w.fdwowner::regrole"},
      {"handler", NameOrNone("w.fdwhandler::regproc")},
      {"validator", NameOrNone("w.fdwvalidator::regproc")},
      {"options", SortedList("w.fdwoptions")},
  };
  query.from = "FROM pg_foreign_data_wrapper w WHERE " + scope.Ours(query.catalog, "w.oid");
  query.needs = UsersRowsOf("pg_foreign_data_wrapper");
  return query;
}

ObjectSql Servers(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kForeignServer;
  query.oid = "s.oid";
  query.kind = "'server'";
  query.name = "quote_ident(s.srvname)";
  query.properties = {
      {"owner", "s.srvowner::regrole"}, {"wrapper", "quote_ident(w.fdwname)"},   {"type", "s.srvtype"},
      {"version", "s.srvversion"},      {"options", SortedList("s.srvoptions")},
  };
  query.from = "FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE " +
               scope.Ours(query.catalog, "s.oid");
  query.needs = UsersRowsOf("pg_foreign_server");
  return query;
}

// The values are secrets, and only the names of the options are read.
ObjectSql UserMappings(const CatalogScope&) {
  ObjectSql query;
  query.catalog = system_catalog::kUserMapping;
  query.oid = "u.umid";
  query.kind = "'user mapping'";
  query.name =
      "'for ' || CASE WHEN u.umuser = 0 THEN 'public' ELSE u.umuser::regrole::text END || ' server ' || "
      "quote_ident(u.srvname)";
  query.parent = "'server ' || quote_ident(u.srvname)";
  query.properties = {
      {"options",
       "CASE WHEN u.umoptions IS NOT NULL THEN (SELECT string_agg(x, ', ' ORDER BY x COLLATE \"C\") FROM "
       "(SELECT split_part(o, '=', 1) AS x FROM unnest(u.umoptions) o) l) END"}};
  query.from = "FROM pg_user_mappings u";
  query.needs = UsersRowsOf("pg_foreign_server");
  return query;
}

PropertyRowsSql ForeignTables() {
  PropertyRowsSql rows;
  rows.sql =
      "SELECT 1259, f.ftrelid, 0, v.name, v.value FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = "
      "f.ftserver, "
      "LATERAL (VALUES ('server', quote_ident(s.srvname)), ('foreign options', " +
      SortedList("f.ftoptions") + ")) v (name, value)";
  rows.needs = "pg_foreign_table";
  return rows;
}

}  // namespace

void AddForeign(const CatalogScope& scope, CatalogSql* sql) {
  for (const auto& family : {Wrappers, Servers, UserMappings}) sql->objects.push_back(family(scope));
  sql->properties.push_back(ForeignTables());
}

}  // namespace sqlmig
