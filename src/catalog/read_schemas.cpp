// Schemas, extensions, default privileges, settings of the database; and what may be said of every object: comments,
// security labels, that it depends on an extension.
#include <fmt/format.h>

#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

ObjectSql Schemas(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kNamespace;
  query.oid = "n.oid";
  query.kind = "'schema'";
  query.name = "quote_ident(n.nspname)";
  query.properties = {{"owner", "n.nspowner::regrole"}};
  query.from = "FROM pg_namespace n WHERE (" + scope.Ours(query.catalog, "n.oid", "n.oid") +
               ") OR n.nspname = 'public' AND n.oid < 16384 AND n.oid <> ALL (" + scope.ignored_schemas + ")";
  return query;
}

// All of them, also plpgsql, which comes with the server and can be dropped.
ObjectSql Extensions(const CatalogScope&) {
  ObjectSql query;
  query.catalog = system_catalog::kExtension;
  query.oid = "e.oid";
  query.kind = "'extension'";
  query.name = "quote_ident(e.extname)";
  query.properties = {{"version", "e.extversion"}, {"schema", "e.extnamespace::regnamespace"}};
  query.from = "FROM pg_extension e";
  return query;
}

ObjectSql DefaultPrivileges(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kDefaultAcl;
  query.oid = "d.oid";
  query.kind = "'default privileges'";
  query.name =
      "'for role ' || d.defaclrole::regrole::text || CASE WHEN d.defaclnamespace <> 0 THEN ' in schema ' || "
      "d.defaclnamespace::regnamespace::text ELSE '' END || ' on ' || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN "
      "'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' WHEN 'L' THEN "
      "'large "
      "objects' ELSE d.defaclobjtype::text END";
  query.parent = "CASE WHEN d.defaclnamespace <> 0 THEN 'schema ' || d.defaclnamespace::regnamespace::text END";
  query.from = "FROM pg_default_acl d WHERE d.defaclnamespace <> ALL (" + scope.ignored_schemas + ")";
  query.needs = "pg_default_acl";
  return query;
}

// ALTER DATABASE SET, ALTER ROLE IN DATABASE SET.
ObjectSql DatabaseSettings() {
  ObjectSql query;
  query.catalog = system_catalog::kDbRoleSetting;
  query.oid = "s.setrole";
  query.kind = "'database setting'";
  query.name =
      "split_part(x, '=', 1) || CASE WHEN s.setrole <> 0 THEN ' for role ' || s.setrole::regrole::text ELSE '' END";
  query.properties = {{"value", "quote_literal(substr(x, strpos(x, '=') + 1))"}};
  query.from =
      "FROM pg_db_role_setting s, unnest(s.setconfig) x WHERE s.setdatabase = (SELECT d.oid FROM pg_database d WHERE "
      "d.datname = current_database())";
  query.needs = "pg_db_role_setting";
  return query;
}

}  // namespace

void AddSchemas(const CatalogScope& scope, CatalogSql* sql) {
  sql->objects.push_back(Schemas(scope));
  sql->objects.push_back(Extensions(scope));
  sql->objects.push_back(DefaultPrivileges(scope));
  sql->objects.push_back(DatabaseSettings());
  sql->properties.push_back(
      {"SELECT d.classoid, d.objoid, d.objsubid, 'comment', d.description FROM pg_description d WHERE d.objoid >= "
       "16384 OR "
       "d.classoid IN (2615, 3079)"});
  sql->properties.push_back(
      {"SELECT l.classoid, l.objoid, l.objsubid, 'security label of ' || l.provider, l.label FROM pg_seclabel l", 0,
       "pg_seclabel"});
  sql->properties.push_back(
      {"SELECT d.classid, d.objid, 0, 'depends on extension ' || quote_ident(e.extname), 'yes' FROM pg_depend d JOIN "
       "pg_extension e ON e.oid = d.refobjid WHERE d.refclassid = 3079 AND d.deptype = 'x'"});
}

}  // namespace sqlmig
