// What runs by itself, and who sees which rows: triggers, rules, event triggers, policies.
#include "catalog/catalog_query.h"

namespace sqlmig {
namespace {

std::string Enabled(const std::string& column) {
  return "CASE " + column + " WHEN 'D' THEN 'no' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END";
}

ObjectSql Triggers(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kTrigger;
  query.oid = "g.oid";
  query.kind = "'trigger'";
  query.name = "quote_ident(g.tgname) || ' on ' || g.tgrelid::regclass::text";
  query.parent = RelationReference("c");
  query.properties = {
      {"definition", "pg_get_triggerdef(g.oid)"},
      {"enabled", Enabled("g.tgenabled")},
      {"inherited from",
       "CASE WHEN g.tgparentid <> 0 THEN (SELECT 'trigger ' || quote_ident(p.tgname) || ' on ' || "
       "p.tgrelid::regclass::text FROM pg_trigger p WHERE p.oid = g.tgparentid) END"},
  };
  // Those that make a constraint work are a part of it; of its children in partitions old servers say the same as of
  // triggers' children.
  query.from =
      "FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE (NOT g.tgisinternal OR g.tgparentid <> 0 AND NOT "
      "EXISTS (SELECT FROM pg_constraint k WHERE k.oid = g.tgconstraint AND k.contype <> 't')) AND " +
      scope.Ours(system_catalog::kClass, "c.oid", "c.relnamespace");
  query.needs = UsersRowsOf("pg_trigger");
  return query;
}

ObjectSql Rules(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kRewrite;
  query.oid = "r.oid";
  query.kind = "'rule'";
  query.name = "quote_ident(r.rulename) || ' on ' || r.ev_class::regclass::text";
  query.parent = RelationReference("c");
  query.properties = {{"definition", "pg_get_ruledef(r.oid)"}, {"enabled", Enabled("r.ev_enabled")}};
  // A view's own rule is its definition.
  query.from = "FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN' AND " +
               scope.Ours(system_catalog::kClass, "c.oid", "c.relnamespace");
  query.needs = "pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN'";
  return query;
}

ObjectSql Policies(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kPolicy;
  query.oid = "p.oid";
  query.kind = "'policy'";
  query.name = "quote_ident(p.polname) || ' on ' || p.polrelid::regclass::text";
  query.parent = RelationReference("c");
  query.properties = {
      {"command",
       "CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' END"},
      {"restrictive", "CASE WHEN NOT p.polpermissive THEN 'yes' END"},
      {"roles",
       "CASE WHEN p.polroles <> '{0}' THEN (SELECT string_agg(x, ', ' ORDER BY x COLLATE \"C\") FROM (SELECT CASE WHEN "
       "r "
       "= 0 THEN 'public' ELSE r::regrole::text END AS x FROM unnest(p.polroles) r) l) END"},
      {"using", "pg_get_expr(p.polqual, p.polrelid)"},
      {"with check", "pg_get_expr(p.polwithcheck, p.polrelid)"},
  };
  query.from = "FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE " +
               scope.Ours(system_catalog::kClass, "c.oid", "c.relnamespace");
  query.needs = "pg_policy";
  return query;
}

ObjectSql EventTriggers(const CatalogScope& scope) {
  ObjectSql query;
  query.catalog = system_catalog::kEventTrigger;
  query.oid = "e.oid";
  query.kind = "'event trigger'";
  query.name = "quote_ident(e.evtname)";
  query.properties = {
      {"owner", "e.evtowner::regrole"},     {"event", "e.evtevent"},
      {"tags", SortedList("e.evttags")},    {"function", "e.evtfoid::regprocedure"},
      {"enabled", Enabled("e.evtenabled")},
  };
  query.from = "FROM pg_event_trigger e WHERE " + scope.Ours(query.catalog, "e.oid");
  query.needs = UsersRowsOf("pg_event_trigger");
  return query;
}

}  // namespace

void AddTriggers(const CatalogScope& scope, CatalogSql* sql) {
  for (const auto& family : {Triggers, Rules, Policies, EventTriggers}) sql->objects.push_back(family(scope));
}

}  // namespace sqlmig
