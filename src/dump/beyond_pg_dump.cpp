#include "dump/beyond_pg_dump.h"

#include <algorithm>

#include <fmt/format.h>

namespace sqlmig {
namespace {

// As pg_dump is told, too: what the server itself quotes shall not depend on the machine.
constexpr const char* kPlainNames = "SET quote_all_identifiers = off; ";

// Columns (role, name, value as SQL). Values of the named parameters are stored as lists of quoted names, and one that
// is empty is only understood as a string.
constexpr const char* kSettings = R"sql(
SELECT COALESCE(s.setrole::pg_catalog.regrole::text, ''), s.name,
       CASE WHEN s.name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries',
                            'shared_preload_libraries', 'unix_socket_directories') THEN
         COALESCE((SELECT pg_catalog.string_agg(pg_catalog.quote_literal(COALESCE(pg_catalog.replace(m.part[1], '""', '"'),
                                                                                  m.part[2])), ', ' ORDER BY m.place)
                     FROM pg_catalog.regexp_matches(s.value, '"((?:[^"]|"")*)"|([^",[:space:]]+)', 'g')
                            WITH ORDINALITY m(part, place)), '''''')
       ELSE pg_catalog.quote_literal(s.value) END
  FROM (SELECT NULLIF(d.setrole, 0) AS setrole, pg_catalog.split_part(x, '=', 1) AS name,
               pg_catalog.substr(x, pg_catalog.strpos(x, '=') + 1) AS value
          FROM pg_catalog.pg_db_role_setting d, pg_catalog.unnest(d.setconfig) x
         WHERE d.setdatabase = (SELECT b.oid FROM pg_catalog.pg_database b
                                 WHERE b.datname = pg_catalog.current_database())) s
 ORDER BY COALESCE(s.setrole::pg_catalog.regrole::text, '') COLLATE "C", s.name COLLATE "C")sql";

// What a view reads counts more views than what it is read by, so the number is an order.
constexpr const char* kRefreshed = R"sql(
WITH RECURSIVE reads AS (
  SELECT DISTINCT r.ev_class AS reader, d.refobjid AS relation
    FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid AND
         d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
    JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('v', 'm')
), reached AS (
  SELECT reader, relation FROM reads
  UNION
  SELECT a.reader, b.relation FROM reached a JOIN reads b ON b.reader = a.relation
)
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN reached x ON x.reader = c.oid
  LEFT JOIN pg_catalog.pg_class o ON o.oid = x.relation
 WHERE c.relkind = 'm' AND c.relispopulated AND n.nspname <> {} AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND
           e.objid = c.oid AND e.deptype = 'e')
 GROUP BY c.oid, n.nspname, c.relname
HAVING pg_catalog.count(*) FILTER (WHERE o.relkind = 'm' AND NOT o.relispopulated) = 0
 ORDER BY pg_catalog.count(o.oid), n.nspname COLLATE "C", c.relname COLLATE "C")sql";

std::string Titled(std::string_view title, std::string_view sql) {
  return fmt::format("\n\n--\n-- {}\n--\n\n{}\n", title, sql);
}

std::string DoBlock(const std::string& body) {
  std::string tag = "$settings$";
  while (body.find(tag) != std::string::npos) tag.insert(tag.size() - 1, 1, '_');
  return fmt::format("DO {0}\nBEGIN\n{1}END\n{0};", tag, body);
}

// For pg_catalog.format().
std::string WithoutPlaces(std::string_view text) {
  std::string doubled;
  for (const char c : text) doubled.append(c == '%' ? 2 : 1, c);
  return doubled;
}

}  // namespace

DatabaseSettings ReadDatabaseSettings(Connection& connection, SettingsKept kept) {
  const Rows rows = connection.Query(kPlainNames + std::string(kSettings)).back();
  DatabaseSettings settings;
  std::string body;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::string& role = rows.At(r, 0);
    const std::string& name = rows.At(r, 1);
    if (!role.empty() && kept == SettingsKept::kPlain) continue;
    if (kept != SettingsKept::kAll && name.find('.') != std::string::npos) {
      settings.left_out.push_back(role.empty() ? name : fmt::format("{} for {}", name, role));
      continue;
    }
    const std::string change = fmt::format(" SET {} TO {}", QuoteIdentifier(name), rows.At(r, 2));
    const std::string statement =
        role.empty() ? "ALTER DATABASE %I" + WithoutPlaces(change)
                     : fmt::format("ALTER ROLE {} IN DATABASE %I{}", WithoutPlaces(role), WithoutPlaces(change));
    body += fmt::format("  EXECUTE pg_catalog.format({}, pg_catalog.current_database());\n", QuoteLiteral(statement));
  }
  if (!body.empty()) settings.sql = Titled("Settings of the database", DoBlock(body));
  return settings;
}

std::string RefreshSql(Connection& connection, const std::string& left_out) {
  const Rows rows = connection.Query(kPlainNames + fmt::format(kRefreshed, QuoteLiteral(left_out))).back();
  std::string sql;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    sql += fmt::format("{}REFRESH MATERIALIZED VIEW {};", r == 0 ? "" : "\n", rows.At(r, 0));
  }
  return sql.empty() ? sql : Titled("Materialized views that hold rows", sql);
}

}  // namespace sqlmig
