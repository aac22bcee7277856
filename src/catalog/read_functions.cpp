// Functions, procedures, aggregates, and what is made of functions: casts, languages, transforms.
#include <fmt/format.h>

#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

ObjectSql Functions(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kProc;
  query.oid = "p.oid";
  query.kind = "CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END";
  query.name = "p.oid::regprocedure::text";
  query.properties = {{"owner", "p.proowner::regrole"}, {"definition", "pg_get_functiondef(p.oid)"}};
  query.from = "FROM pg_proc p WHERE p.prokind <> 'a' AND " + scope.Ours(query.catalog, "p.oid", "p.pronamespace");
  // Constructors of a range type go with it.
  query.from +=
      " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 1255 AND d.objid = p.oid AND d.deptype = 'i')";
  return query;
}

// What is usual depends on the kind of aggregate.
std::string Modify(const char* column) {
  return fmt::format(
      "NULLIF(CASE a.{} WHEN 'r' THEN 'read only' WHEN 's' THEN 'shareable' WHEN 'w' THEN 'read write' END, CASE WHEN "
      "a.aggkind = 'n' THEN 'read only' ELSE 'read write' END)",
      column);
}

ObjectSql Aggregates(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kProc;
  query.oid = "p.oid";
  query.kind = "'aggregate'";
  query.name = "p.oid::regprocedure::text";
  query.properties = {
      {"owner", "p.proowner::regrole"},
      {"arguments", "pg_get_function_arguments(p.oid)"},
      {"result", "pg_get_function_result(p.oid)"},
      {"kind", "CASE a.aggkind WHEN 'o' THEN 'ordered set' WHEN 'h' THEN 'hypothetical' END"},
      {"direct arguments", "NULLIF(a.aggnumdirectargs, 0)"},
      {"state function", NameOrNone("a.aggtransfn")},
      {"state type", "format_type(a.aggtranstype, NULL)"},
      {"state size", "NULLIF(a.aggtransspace, 0)"},
      {"initial state", "quote_literal(a.agginitval)"},
      {"final function", NameOrNone("a.aggfinalfn")},
      {"final extra arguments", "CASE WHEN a.aggfinalextra THEN 'yes' END"},
      {"final modify", Modify("aggfinalmodify")},
      {"combine function", NameOrNone("a.aggcombinefn")},
      {"serial function", NameOrNone("a.aggserialfn")},
      {"deserial function", NameOrNone("a.aggdeserialfn")},
      {"moving state function", NameOrNone("a.aggmtransfn")},
      {"moving inverse function", NameOrNone("a.aggminvtransfn")},
      {"moving state type", "CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END"},
      {"moving state size", "NULLIF(a.aggmtransspace, 0)"},
      {"moving initial state", "quote_literal(a.aggminitval)"},
      {"moving final function", NameOrNone("a.aggmfinalfn")},
      {"moving final extra arguments", "CASE WHEN a.aggmfinalextra THEN 'yes' END"},
      {"moving final modify", Modify("aggmfinalmodify")},
      {"sort operator", NameOrNone("a.aggsortop::regoperator")},
      {"parallel", "CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END"},
  };
  query.from = "FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid WHERE " +
               scope.Ours(query.catalog, "p.oid", "p.pronamespace");
  query.needs = "pg_aggregate WHERE aggfnoid >= 16384";
  return query;
}

ObjectSql Casts(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kCast;
  query.oid = "c.oid";
  query.kind = "'cast'";
  query.name = "format_type(c.castsource, NULL) || ' as ' || format_type(c.casttarget, NULL)";
  query.properties = {
      {"function", NameOrNone("c.castfunc::regprocedure")},
      {"method", "CASE c.castmethod WHEN 'i' THEN 'inout' WHEN 'b' THEN 'without function' END"},
      {"context", "CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END"},
  };
  query.from = "FROM pg_cast c WHERE " + scope.Ours(query.catalog, "c.oid");
  // From a range type to its multirange type: goes with the range type.
  query.from +=
      " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 2605 AND d.objid = c.oid AND d.deptype = 'i')";
  query.needs = UsersRowsOf("pg_cast");
  return query;
}

ObjectSql Languages(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kLanguage;
  query.oid = "l.oid";
  query.kind = "'language'";
  query.name = "quote_ident(l.lanname)";
  query.properties = {
      {"owner", "l.lanowner::regrole"},
      {"trusted", "CASE WHEN l.lanpltrusted THEN 'yes' END"},
      {"handler", NameOrNone("l.lanplcallfoid::regproc")},
      {"inline handler", NameOrNone("l.laninline::regproc")},
      {"validator", NameOrNone("l.lanvalidator::regproc")},
  };
  query.from = "FROM pg_language l WHERE " + scope.Ours(query.catalog, "l.oid");
  query.needs = UsersRowsOf("pg_language");
  return query;
}

ObjectSql Transforms(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kTransform;
  query.oid = "f.oid";
  query.kind = "'transform'";
  query.name = "'for ' || format_type(f.trftype, NULL) || ' language ' || quote_ident(l.lanname)";
  query.properties = {
      {"from sql", NameOrNone("f.trffromsql::regproc::regprocedure")},
      {"to sql", NameOrNone("f.trftosql::regproc::regprocedure")},
  };
  query.from =
      "FROM pg_transform f JOIN pg_language l ON l.oid = f.trflang WHERE " + scope.Ours(query.catalog, "f.oid");
  query.needs = UsersRowsOf("pg_transform");
  return query;
}

}  // namespace

void AddFunctions(const CatalogScope& scope, CatalogSql* sql) {
  for (const auto& family : {Functions, Aggregates, Casts, Languages, Transforms}) {
    sql->objects.push_back(family(scope));
  }
}

}  // namespace sqlmig
