// Foreign data and publications: how they are made, and changed.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "verify/remedy.h"
#include "verify/remedy_kinds.h"

namespace sqlmig {
namespace {

using Statements = std::optional<std::vector<std::string>>;

// "a=1, b=x, y": a comma without a name behind it belongs to the value.
std::map<std::string, std::string> ForeignOptions(const std::string& list) {
  std::map<std::string, std::string> options;
  std::string last;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(", ", at), list.size());
    const std::string part = list.substr(at, end - at);
    at = end + 2;
    const std::size_t equal = part.find('=');
    if (equal == std::string::npos) {
      if (!last.empty()) options[last] += ", " + part;
      continue;
    }
    last = part.substr(0, equal);
    options[last] = part.substr(equal + 1);
  }
  return options;
}

// " OPTIONS (host 'a', port '5')"; empty: none.
std::string OptionsClause(const std::string& list) {
  std::vector<std::string> options;
  for (const auto& [name, value] : ForeignOptions(list)) {
    options.push_back(QuoteIdentifier(name) + " " + QuoteLiteral(value));
  }
  return options.empty() ? "" : fmt::format(" OPTIONS ({})", fmt::join(options, ", "));
}

Statements ChangeForeignOptions(const std::string& alter, const std::string& from, const std::string& to) {
  const auto before = ForeignOptions(from);
  const auto after = ForeignOptions(to);
  std::vector<std::string> changes;
  for (const auto& [name, value] : before) {
    if (!after.contains(name)) changes.push_back("DROP " + QuoteIdentifier(name));
  }
  for (const auto& [name, value] : after) {
    const auto found = before.find(name);
    if (found != before.end() && found->second == value) continue;
    changes.push_back(
        fmt::format("{} {} {}", found == before.end() ? "ADD" : "SET", QuoteIdentifier(name), QuoteLiteral(value)));
  }
  return JustOne(fmt::format("{} OPTIONS ({})", alter, fmt::join(changes, ", ")));
}

constexpr std::string_view kPublishedTable = "table ";
constexpr std::string_view kPublishedSchema = "schema ";

// "TABLE public.t (a, b) WHERE (a > 1)", "TABLES IN SCHEMA s".
std::string Published(const std::string& what, std::string value) {
  if (what.starts_with(kPublishedSchema)) return "TABLES IN SCHEMA " + what.substr(kPublishedSchema.size());
  constexpr std::string_view kColumns = "columns ";
  constexpr std::string_view kWhere = "where ";
  std::string sql = "TABLE " + what.substr(kPublishedTable.size());
  if (value.starts_with(kColumns)) {
    const std::size_t end = std::min(value.find(" where "), value.size());
    sql += " (" + value.substr(kColumns.size(), end - kColumns.size()) + ")";
    value.erase(0, std::min(end + 1, value.size()));
  }
  if (value.starts_with(kWhere)) sql += " WHERE (" + value.substr(kWhere.size()) + ")";
  return sql;
}

bool IsPublished(const std::string& what) {
  return what.starts_with(kPublishedTable) || what.starts_with(kPublishedSchema);
}

}  // namespace

std::string ForeignColumnOptions(const CatalogObject& column) {
  return OptionsClause(PropertyOf(column, "foreign options"));
}

std::string ForeignTableEnd(const CatalogObject& table) {
  return " SERVER " + PropertyOf(table, "server") + OptionsClause(PropertyOf(table, "foreign options"));
}

Statements CreateForeign(const CatalogObject& object) {
  const auto add = [&](const char* property, const char* word) {
    const std::string& value = PropertyOf(object, property);
    return value.empty() ? std::string() : fmt::format(" {} {}", word, value);
  };
  const auto literal = [&](const char* property, const char* word) {
    const std::string& value = PropertyOf(object, property);
    return value.empty() ? std::string() : fmt::format(" {} {}", word, QuoteLiteral(value));
  };
  const std::string options = OptionsClause(PropertyOf(object, "options"));
  if (object.kind == "foreign data wrapper") {
    return JustOne("CREATE FOREIGN DATA WRAPPER " + object.name + add("handler", "HANDLER") +
                   add("validator", "VALIDATOR") + options);
  }
  if (object.kind == "server") {
    return JustOne("CREATE SERVER " + object.name + literal("type", "TYPE") + literal("version", "VERSION") +
                   add("wrapper", "FOREIGN DATA WRAPPER") + options);
  }
  // The values of a mapping's options are secrets, which are not read.
  if (object.kind != "user mapping" || !PropertyOf(object, "options").empty()) return std::nullopt;
  return JustOne("CREATE USER MAPPING " + object.name);
}

Statements ChangeForeign(const CatalogObject& from, const CatalogObject& to, const std::string& what) {
  const std::string& before = PropertyOf(from, what);
  const std::string& after = PropertyOf(to, what);
  if (to.kind == "column" && what == "foreign options") {
    const std::string column = fmt::format("ALTER FOREIGN TABLE {} ALTER COLUMN {}", ParentName(to), ShortNameOf(to));
    return ChangeForeignOptions(column, before, after);
  }
  if (to.kind == "foreign table" && what == "foreign options") {
    return ChangeForeignOptions("ALTER FOREIGN TABLE " + to.name, before, after);
  }
  if (to.kind == "server") {
    if (what == "options") return ChangeForeignOptions("ALTER SERVER " + to.name, before, after);
    if (what == "version") {
      return JustOne(fmt::format("ALTER SERVER {} VERSION {}", to.name, after.empty() ? "NULL" : QuoteLiteral(after)));
    }
  }
  if (to.kind == "foreign data wrapper") {
    const std::string alter = "ALTER FOREIGN DATA WRAPPER " + to.name;
    if (what == "options") return ChangeForeignOptions(alter, before, after);
    if (what == "handler") return JustOne(alter + (after.empty() ? " NO HANDLER" : " HANDLER " + after));
    if (what == "validator") return JustOne(alter + (after.empty() ? " NO VALIDATOR" : " VALIDATOR " + after));
  }
  return std::nullopt;
}

Statements CreatePublication(const CatalogObject& publication) {
  std::vector<std::string> published;
  for (const auto& [name, value] : publication.properties) {
    if (IsPublished(name)) published.push_back(Published(name, value));
  }
  std::string sql = "CREATE PUBLICATION " + publication.name;
  if (!PropertyOf(publication, "all tables").empty()) sql += " FOR ALL TABLES";
  if (!published.empty()) sql += fmt::format(" FOR {}", fmt::join(published, ", "));
  std::vector<std::string> options;
  const std::string& operations = PropertyOf(publication, "operations");
  if (!operations.empty()) options.push_back("publish = " + QuoteLiteral(operations == "none" ? "" : operations));
  if (!PropertyOf(publication, "via partition root").empty()) options.emplace_back("publish_via_partition_root = true");
  if (!options.empty()) sql += fmt::format(" WITH ({})", fmt::join(options, ", "));
  return JustOne(sql);
}

Statements ChangePublication(const CatalogObject& from, const CatalogObject& to, const std::string& what) {
  const std::string& before = PropertyOf(from, what);
  const std::string& after = PropertyOf(to, what);
  const std::string alter = "ALTER PUBLICATION " + to.name;
  if (what == "operations") {
    const std::string all = after.empty() ? "insert, update, delete, truncate" : after == "none" ? "" : after;
    return JustOne(fmt::format("{} SET (publish = {})", alter, QuoteLiteral(all)));
  }
  if (what == "via partition root") {
    return JustOne(fmt::format("{} SET (publish_via_partition_root = {})", alter, after.empty() ? "false" : "true"));
  }
  if (!IsPublished(what)) return std::nullopt;
  std::vector<std::string> statements;
  if (!before.empty()) statements.push_back(fmt::format("{} DROP {}", alter, Published(what, "")));
  if (!after.empty()) statements.push_back(fmt::format("{} ADD {}", alter, Published(what, after)));
  return statements;
}

}  // namespace sqlmig
