// Operators, their classes and families, access methods.
#include <fmt/format.h>

#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

ObjectSql Operators(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kOperator;
  query.oid = "o.oid";
  query.kind = "'operator'";
  // An operator's name is never quoted.
  query.name =
      "o.oprnamespace::regnamespace::text || '.' || o.oprname || '(' || CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE "
      "format_type(o.oprleft, NULL) END || ',' || CASE WHEN o.oprright = 0 THEN 'NONE' ELSE format_type(o.oprright, "
      "NULL) END || ')'";
  query.properties = {
      {"owner", "o.oprowner::regrole"},
      {"function", "CASE WHEN o.oprcode <> 0 THEN o.oprcode::text ELSE 'none yet' END"},
      {"result", "CASE WHEN o.oprresult <> 0 THEN format_type(o.oprresult, NULL) END"},
      {"commutator", NameOrNone("o.oprcom::regoperator")},
      {"negator", NameOrNone("o.oprnegate::regoperator")},
      {"restrict", NameOrNone("o.oprrest")},
      {"join", NameOrNone("o.oprjoin")},
      {"hashes", "CASE WHEN o.oprcanhash THEN 'yes' END"},
      {"merges", "CASE WHEN o.oprcanmerge THEN 'yes' END"},
  };
  query.from = "FROM pg_operator o WHERE " + scope.Ours(query.catalog, "o.oid", "o.oprnamespace");
  query.needs = UsersRowsOf("pg_operator");
  return query;
}

// Of a class or, for what was added later, of the family alone.
std::string MemberOf(const char* catalog, const char* alias) {
  return fmt::format(
      "COALESCE((SELECT ' in class ' || k.opcnamespace::regnamespace::text || '.' || quote_ident(k.opcname) FROM "
      "pg_depend d JOIN pg_opclass k ON k.oid = d.refobjid WHERE d.classid = '{0}'::regclass AND d.objid = {1}.oid AND "
      "d.refclassid = 2616 LIMIT 1), '')",
      catalog, alias);
}

ObjectSql Families(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kOpfamily;
  query.oid = "f.oid";
  query.kind = "'operator family'";
  query.name = QualifiedName("f.opfnamespace", "f.opfname") + " || ' using ' || quote_ident(m.amname)";
  query.properties = {
      {"owner", "CASE WHEN f.oid >= 16384 THEN f.opfowner::regrole END"},
      {"operators",
       "(SELECT string_agg(x, E'\\n' ORDER BY x COLLATE \"C\") FROM (SELECT format('%s %s%s%s', o.amopstrategy, "
       "o.amopopr::regoperator, CASE WHEN o.amoppurpose = 'o' THEN ' for order by ' || (SELECT "
       "s.opfnamespace::regnamespace::text || '.' || quote_ident(s.opfname) FROM pg_opfamily s WHERE s.oid = "
       "o.amopsortfamily) END, " +
           MemberOf("pg_amop", "o") + ") AS x FROM pg_amop o WHERE o.amopfamily = f.oid AND o.oid >= 16384) l)"},
      {"functions",
       "(SELECT string_agg(x, E'\\n' ORDER BY x COLLATE \"C\") FROM (SELECT format('%s (%s, %s) %s%s', o.amprocnum, "
       "format_type(o.amproclefttype, NULL), format_type(o.amprocrighttype, NULL), o.amproc::regprocedure, " +
           MemberOf("pg_amproc", "o") + ") AS x FROM pg_amproc o WHERE o.amprocfamily = f.oid AND o.oid >= 16384) l)"},
  };
  // Families of the server's own that somebody has added to are listed with what was added.
  query.from = "FROM pg_opfamily f JOIN pg_am m ON m.oid = f.opfmethod WHERE (" +
               scope.Ours(query.catalog, "f.oid", "f.opfnamespace") +
               ") OR f.oid < 16384 AND f.oid = ANY (ARRAY(SELECT o.amopfamily FROM pg_amop o WHERE o.oid >= 16384 "
               "UNION ALL SELECT "
               "o.amprocfamily FROM pg_amproc o WHERE o.oid >= 16384))";
  query.needs =
      "(SELECT FROM pg_opfamily WHERE oid >= 16384 UNION ALL SELECT FROM pg_amop WHERE oid >= 16384 UNION ALL SELECT "
      "FROM "
      "pg_amproc WHERE oid >= 16384) u";
  return query;
}

ObjectSql Classes(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kOpclass;
  query.oid = "k.oid";
  query.kind = "'operator class'";
  query.name = QualifiedName("k.opcnamespace", "k.opcname") + " || ' using ' || quote_ident(m.amname)";
  query.parent = "'operator family ' || " + QualifiedName("f.opfnamespace", "f.opfname") +
                 " || ' using ' || quote_ident(m.amname)";
  query.properties = {
      {"owner", "k.opcowner::regrole"},
      {"type", "format_type(k.opcintype, NULL)"},
      {"default", "CASE WHEN k.opcdefault THEN 'yes' END"},
      {"storage", "CASE WHEN k.opckeytype <> 0 THEN format_type(k.opckeytype, NULL) END"},
      {"family", QualifiedName("f.opfnamespace", "f.opfname")},
  };
  query.from =
      "FROM pg_opclass k JOIN pg_am m ON m.oid = k.opcmethod JOIN pg_opfamily f ON f.oid = k.opcfamily WHERE " +
      scope.Ours(query.catalog, "k.oid", "k.opcnamespace");
  query.needs = UsersRowsOf("pg_opclass");
  return query;
}

ObjectSql AccessMethods(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kAccessMethod;
  query.oid = "m.oid";
  query.kind = "'access method'";
  query.name = "quote_ident(m.amname)";
  query.properties = {
      {"type", "CASE m.amtype WHEN 'i' THEN 'index' WHEN 't' THEN 'table' ELSE m.amtype::text END"},
      {"handler", "m.amhandler::text"},
  };
  query.from = "FROM pg_am m WHERE " + scope.Ours(query.catalog, "m.oid");
  query.needs = UsersRowsOf("pg_am");
  return query;
}

}  // namespace

void AddOperators(const CatalogScope& scope, CatalogSql* sql) {
  for (const auto& family : {Operators, Families, Classes, AccessMethods}) sql->objects.push_back(family(scope));
}

}  // namespace sqlmig
