// Constraints of tables and of domains.
#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

// What is not enforced is not "not valid" too.
std::string Valid(const CatalogScope& scope) {
  return scope.version < 18 ? "CASE WHEN NOT k.convalidated THEN 'no' END"
                            : "CASE WHEN NOT k.convalidated AND k.conenforced THEN 'no' END";
}

// The constraint of the parent table that this one came from and goes with.
constexpr const char* kInheritedFrom =
    "CASE WHEN k.conparentid <> 0 THEN (SELECT 'constraint ' || quote_ident(p.conname) || ' on ' || "
    "p.conrelid::regclass::text FROM pg_constraint p WHERE p.oid = k.conparentid) WHEN k.coninhcount > 0 THEN (SELECT "
    "'constraint ' || quote_ident(p.conname) || ' on ' || p.conrelid::regclass::text FROM pg_inherits i JOIN "
    "pg_constraint p ON p.conrelid = i.inhparent AND p.conname = k.conname WHERE i.inhrelid = k.conrelid ORDER BY "
    "i.inhseqno LIMIT 1) END";

constexpr const char* kConstraintDefinition = "regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', '')";

// NOT NULL is a property of its column; here it is listed only if somebody has something to say about it.
constexpr const char* kListed =
    "(k.contype IN ('c', 'f', 'p', 'u', 'x') OR k.contype = 'n' AND EXISTS (SELECT FROM pg_description s WHERE "
    "s.objoid "
    "= k.oid AND s.classoid = 2606))";

ObjectSql TableConstraints(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kConstraint;
  query.oid = "k.oid";
  query.kind = "'constraint'";
  query.name = "quote_ident(k.conname) || ' on ' || k.conrelid::regclass::text";
  query.parent = RelationReference("c");
  query.properties = {
      {"definition", kConstraintDefinition},
      {"valid", Valid(scope)},
      {"inherited from", kInheritedFrom},
      {"inherited", "CASE WHEN k.coninhcount > 0 AND k.conislocal THEN 'also local' END"},
      // ALTER TABLE DISABLE TRIGGER ALL turns off foreign keys and deferred unique constraints.
      {"enforced",
       "CASE WHEN (k.contype = 'f' OR k.condeferrable) AND EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = "
       "k.oid "
       "AND g.tgenabled <> 'O') THEN 'triggers are disabled' END"},
  };
  // A foreign key to or from a partitioned table has rows of its own for each partition that is referenced.
  query.from = std::string(
                   "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_constraint u ON u.oid = "
                   "NULLIF(k.conparentid, 0) WHERE ") +
               kListed + " AND u.conrelid IS DISTINCT FROM k.conrelid AND " +
               scope.Ours(system_catalog::kClass, "c.oid", "c.relnamespace");
  return query;
}

ObjectSql DomainConstraints(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kConstraint;
  query.oid = "k.oid";
  query.kind = "'domain constraint'";
  query.name = "quote_ident(k.conname) || ' on ' || k.contypid::regtype::text";
  query.parent = "'domain ' || k.contypid::regtype::text";
  query.properties = {{"definition", kConstraintDefinition}, {"valid", Valid(scope)}};
  query.from = std::string("FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid WHERE ") + kListed + " AND " +
               scope.Ours(system_catalog::kType, "t.oid", "t.typnamespace");
  query.needs = "pg_constraint WHERE contypid >= 16384";
  return query;
}

}  // namespace

void AddConstraints(const CatalogScope& scope, CatalogSql* sql) {
  sql->objects.push_back(TableConstraints(scope));
  sql->objects.push_back(DomainConstraints(scope));
}

}  // namespace sqlmig
