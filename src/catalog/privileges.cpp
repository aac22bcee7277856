#include "catalog/privileges.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sqlmig {
namespace {

struct Letter {
  char letter;
  const char* name;
};
// As in the source of PostgreSQL, ACL_INSERT_CHR and the others.
constexpr std::array<Letter, 15> kLetters{{{'a', "INSERT"},
                                           {'r', "SELECT"},
                                           {'w', "UPDATE"},
                                           {'d', "DELETE"},
                                           {'D', "TRUNCATE"},
                                           {'x', "REFERENCES"},
                                           {'t', "TRIGGER"},
                                           {'X', "EXECUTE"},
                                           {'U', "USAGE"},
                                           {'C', "CREATE"},
                                           {'T', "TEMPORARY"},
                                           {'c', "CONNECT"},
                                           {'s', "SET"},
                                           {'A', "ALTER SYSTEM"},
                                           {'m', "MAINTAIN"}}};

std::string NameOf(char letter) {
  for (const Letter& known : kLetters) {
    if (known.letter == letter) return known.name;
  }
  return fmt::format("privilege {}", letter);
}

// A role's name up to `end`; its quotes stay.
std::string_view TakeName(std::string_view* text, char end) {
  std::size_t length = 0;
  for (bool quoted = false; length < text->size() && (quoted || (*text)[length] != end); ++length) {
    if ((*text)[length] == '"') quoted = !quoted;
  }
  const std::string_view name = text->substr(0, length);
  text->remove_prefix(std::min(length + 1, text->size()));
  return name;
}

// (grantee, grantor) -> privileges
using Grants = std::map<std::pair<std::string, std::string>, std::set<std::string>>;

Grants Parse(std::string_view items) {
  Grants grants;
  while (!items.empty()) {
    const std::string grantee(TakeName(&items, '='));
    std::set<std::string> privileges;
    std::size_t at = 0;
    for (; at < items.size() && items[at] != '/'; ++at) {
      if (items[at] == '*') continue;
      const bool grantable = at + 1 < items.size() && items[at + 1] == '*';
      privileges.insert(NameOf(items[at]) + (grantable ? " with grant option" : ""));
    }
    items.remove_prefix(std::min(at + 1, items.size()));
    grants[{grantee, std::string(TakeName(&items, '\n'))}] = privileges;
  }
  return grants;
}

}  // namespace

std::map<std::string, std::string> DecodePrivileges(const AccessList& list) {
  const Grants granted = Parse(list.granted);
  const Grants built_in = Parse(list.built_in);
  std::map<std::string, std::string> properties;
  const auto add = [&](const Grants::key_type& key, const std::set<std::string>& privileges) {
    std::string name = std::string(kPrivilegesOf) + (key.first.empty() ? std::string("PUBLIC") : key.first);
    if (key.second != list.owner) name += " granted by " + key.second;
    properties[name] = privileges.empty() ? "none" : fmt::format("{}", fmt::join(privileges, ", "));
  };
  for (const auto& [key, privileges] : granted) {
    const auto found = built_in.find(key);
    if (found == built_in.end() || found->second != privileges) add(key, privileges);
  }
  for (const auto& [key, privileges] : built_in) {
    if (granted.count(key) == 0) add(key, {});
  }
  return properties;
}

std::string PrivilegesSql(const CatalogScope& scope) {
  // Catalog, FROM, oid, sub, owner, list, built-in list.
  constexpr const char* kLists = R"sql(
SELECT 1259 AS catalog, c.oid, 0 AS sub, c.relowner AS owner, c.relacl AS granted,
       acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner) AS built_in
FROM pg_class c WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND c.relnamespace <> ALL ({0})
UNION ALL SELECT 1259, a.attrelid, a.attnum, c.relowner, a.attacl, '{{}}'
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
  AND c.relnamespace <> ALL ({0})
UNION ALL SELECT 1255, p.oid, 0, p.proowner, p.proacl, acldefault('f', p.proowner)
FROM pg_proc p WHERE p.proacl IS NOT NULL AND p.pronamespace <> ALL ({0})
UNION ALL SELECT 1247, t.oid, 0, t.typowner, t.typacl, acldefault('T', t.typowner)
FROM pg_type t WHERE t.typacl IS NOT NULL AND t.typnamespace <> ALL ({0})
UNION ALL SELECT 2615, n.oid, 0, n.nspowner, n.nspacl, acldefault('n', n.nspowner)
FROM pg_namespace n WHERE n.nspacl IS NOT NULL AND n.oid <> ALL ({0})
UNION ALL SELECT 2612, l.oid, 0, l.lanowner, l.lanacl, acldefault('l', l.lanowner)
FROM pg_language l WHERE l.lanacl IS NOT NULL
UNION ALL SELECT 2328, w.oid, 0, w.fdwowner, w.fdwacl, acldefault('F', w.fdwowner)
FROM pg_foreign_data_wrapper w WHERE w.fdwacl IS NOT NULL
UNION ALL SELECT 1417, s.oid, 0, s.srvowner, s.srvacl, acldefault('S', s.srvowner)
FROM pg_foreign_server s WHERE s.srvacl IS NOT NULL
UNION ALL SELECT 826, d.oid, 0, d.defaclrole, d.defaclacl,
       CASE WHEN d.defaclnamespace = 0 THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)
            ELSE '{{}}' END
FROM pg_default_acl d)sql";
  std::string members;
  std::string extension = "NULL";
  if (!scope.with_members.empty()) {
    extension = fmt::format(
        "(SELECT 'extension ' || quote_ident(e.extname) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid "
        "WHERE "
        "d.classid = l.catalog AND d.objid = l.oid AND d.refclassid = {} AND d.deptype = 'e' LIMIT 1)",
        system_catalog::kExtension);
    members = fmt::format(
        " OR i.privtype = 'e' OR l.oid = ANY (ARRAY(SELECT d.objid FROM pg_depend d WHERE d.refclassid = {} AND "
        "d.deptype "
        "= 'e'))",
        system_catalog::kExtension);
  }
  // What initdb or an extension's script granted is built in.
  return fmt::format(
      "SELECT l.catalog, l.oid, l.sub, l.owner::regrole::text, array_to_string(l.granted, E'\\n'), "
      "array_to_string(COALESCE(i.initprivs, l.built_in), E'\\n'), n.type, n.identity, {} FROM ({}) l LEFT JOIN "
      "pg_init_privs "
      "i ON i.classoid = l.catalog AND i.objoid = l.oid AND i.objsubid = l.sub LEFT JOIN LATERAL "
      "pg_identify_object(l.catalog::oid, l.oid, l.sub) n ON l.oid < 16384{} WHERE l.granted::text IS DISTINCT FROM "
      "COALESCE(i.initprivs, l.built_in)::text",
      extension, fmt::format(kLists, scope.ignored_schemas), members);
}

}  // namespace sqlmig
