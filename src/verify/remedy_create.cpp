// How an object is made anew, with all that is said of it.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "verify/one_owner.h"
#include "verify/remedy.h"

namespace sqlmig {
namespace {

using Statements = std::optional<std::vector<std::string>>;

void Append(std::vector<std::string>* list, const std::vector<std::string>& more) {
  list->insert(list->end(), more.begin(), more.end());
}

// Quoted labels, one a line.
std::string Labels(const std::string& lines) {
  std::string list;
  for (const char c : lines) list += c == '\n' ? std::string(", ") : std::string(1, c);
  return list;
}

std::string DomainDefinition(const CatalogObject& domain) {
  std::string sql = "CREATE DOMAIN " + domain.name + " AS " + PropertyOf(domain, "type");
  const std::string& collation = PropertyOf(domain, "collation");
  const std::string& value = PropertyOf(domain, "default");
  if (!collation.empty()) sql += " COLLATE " + collation;
  if (!value.empty()) sql += " DEFAULT " + value;
  if (!PropertyOf(domain, "not null").empty()) sql += " NOT NULL";
  return sql;
}

std::string EventTriggerDefinition(const CatalogObject& trigger) {
  std::string sql = fmt::format("CREATE EVENT TRIGGER {} ON {}", trigger.name, PropertyOf(trigger, "event"));
  const std::string& tags = PropertyOf(trigger, "tags");
  if (!tags.empty()) {
    std::string list;
    for (std::size_t at = 0; at < tags.size();) {
      const std::size_t end = std::min(tags.find(", ", at), tags.size());
      list += (list.empty() ? "" : ", ") + QuoteLiteral(tags.substr(at, end - at));
      at = end + 2;
    }
    sql += fmt::format(" WHEN TAG IN ({})", list);
  }
  return sql + " EXECUTE FUNCTION " + PropertyOf(trigger, "function");
}

// Properties that stand in the statement that creates it; all others are set behind it.
const std::set<std::string>& CreatedProperties(const std::string& kind) {
  static const std::map<std::string, std::set<std::string>> kCreated = {
      {"table", {"persistence"}},
      {"view", {"definition"}},
      {"materialized view", {"definition", "populated"}},
      {"column", {"position", "type", "collation", "not null", "default", "generated", "identity"}},
      {"attribute", {"position", "type", "collation"}},
      {"constraint", {"definition", "valid"}},
      {"domain constraint", {"definition", "valid"}},
      {"index", {"definition"}},
      {"trigger", {"definition"}},
      {"rule", {"definition"}},
      {"statistics object", {"definition"}},
      {"function", {"definition"}},
      {"procedure", {"definition"}},
      {"policy", {"command", "restrictive", "roles", "using", "with check"}},
      {"sequence", {"persistence", "type", "increment", "minimum", "maximum", "start", "cache", "cycle", "owned by"}},
      {"type", {"kind", "labels"}},
      {"domain", {"type", "collation", "not null", "default"}},
      {"event trigger", {"event", "tags", "function"}},
      {"extension", {"version", "schema"}},
  };
  static const std::set<std::string> kNone;
  const auto found = kCreated.find(kind);
  return found == kCreated.end() ? kNone : found->second;
}

// What ALTER DEFAULT PRIVILEGES calls it; empty: it has none.
std::string DefaultClass(const std::string& kind) {
  if (IsRelation(kind)) return "tables";
  if (kind == "sequence") return "sequences";
  if (kind == "function" || kind == "procedure") return "functions";
  if (kind == "type" || kind == "domain") return "types";
  return kind == "schema" ? "schemas" : "";
}

// The schema of a qualified name.
std::string SchemaOf(const std::string& name) {
  bool quoted = false;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '"') quoted = !quoted;
    if (name[at] == '.' && !quoted) return name.substr(0, at);
  }
  return {};
}

// Those that others may need come first.
int Rank(const CatalogObject& child) {
  if (child.kind == "index") return 1;
  if (child.kind != "constraint") return 3;
  return PropertyOf(child, "definition").starts_with("FOREIGN KEY") ? 2 : 0;
}

}  // namespace

Remedies::Statements Remedies::Create(const CatalogObject& object) const {
  if (!PropertyOf(object, "inherited from").empty() || !PropertyOf(object, "inherited").empty()) return std::nullopt;
  if (object.kind == "column") return AddColumn(object);
  if (object.kind == "table") return CreateTable(object);
  Statements statements = CreateAlone(object);
  const Statements extras = statements ? Extras(object) : std::nullopt;
  const Statements children = extras ? CreateChildren(object) : std::nullopt;
  if (!children) return std::nullopt;
  Append(&*statements, *extras);
  Append(&*statements, *children);
  return statements;
}

Remedies::Statements Remedies::CreateAlone(const CatalogObject& object) const {
  const std::string definition = WithoutEnd(PropertyOf(object, "definition"));
  const std::string& kind = object.kind;
  if (kind == "default privileges") return std::vector<std::string>();
  if (kind == "function" || kind == "procedure" || kind == "trigger" || kind == "rule" || kind == "statistics object")
    return JustOne(definition);
  // Of a partitioned table's index the server writes down only what stands in the table itself.
  if (kind == "index") {
    const bool whole = definition.find(" ON ONLY ") == std::string::npos && PropertyOf(object, "valid").empty();
    return whole && !object.parent.starts_with("constraint ") ? JustOne(definition) : std::nullopt;
  }
  if (kind == "constraint" || kind == "domain constraint") {
    return JustOne(fmt::format("ALTER {} {} ADD CONSTRAINT {} {}{}", kind == "constraint" ? "TABLE" : "DOMAIN",
                               ParentName(object), ShortNameOf(object), definition,
                               PropertyOf(object, "valid").empty() ? "" : " NOT VALID"));
  }
  if (kind == "view") return JustOne(fmt::format("CREATE VIEW {} AS\n{}", object.name, definition));
  if (kind == "materialized view") {
    return JustOne(fmt::format("CREATE MATERIALIZED VIEW {} AS\n{}{}", object.name, definition,
                               PropertyOf(object, "populated").empty() ? "" : "\n WITH NO DATA"));
  }
  if (kind == "sequence") {
    if (!PropertyOf(object, "identity of").empty()) return std::nullopt;
    const std::string& column = PropertyOf(object, "owned by");
    Statements statements = JustOne(SequenceDefinition(object));
    if (!column.empty()) statements->push_back(fmt::format("ALTER SEQUENCE {} OWNED BY {}", object.name, column));
    return statements;
  }
  if (kind == "type" && PropertyOf(object, "kind") == "enum") {
    return JustOne(fmt::format("CREATE TYPE {} AS ENUM ({})", object.name, Labels(PropertyOf(object, "labels"))));
  }
  if (kind == "type" && PropertyOf(object, "kind") == "composite") {
    return JustOne(fmt::format("CREATE TYPE {} AS ()", object.name));
  }
  if (kind == "attribute") {
    const std::string& collation = PropertyOf(object, "collation");
    return JustOne(fmt::format("ALTER TYPE {} ADD ATTRIBUTE {} {}{}", ParentName(object), ShortNameOf(object),
                               PropertyOf(object, "type"), collation.empty() ? "" : " COLLATE " + collation));
  }
  if (kind == "domain") return JustOne(DomainDefinition(object));
  if (kind == "schema") return JustOne("CREATE SCHEMA " + object.name);
  if (kind == "event trigger") return JustOne(EventTriggerDefinition(object));
  if (kind == "extension") {
    return JustOne(fmt::format("CREATE EXTENSION {} SCHEMA {} VERSION {}", object.name, PropertyOf(object, "schema"),
                               QuoteLiteral(PropertyOf(object, "version"))));
  }
  const auto policy = kind == "policy" ? PolicyDefinition(object) : std::nullopt;
  return policy ? JustOne(*policy) : std::nullopt;
}

std::optional<std::string> Remedies::PolicyDefinition(const CatalogObject& policy) const {
  std::string sql = "CREATE POLICY " + policy.name;
  if (!PropertyOf(policy, "restrictive").empty()) sql += " AS RESTRICTIVE";
  const std::string& command = PropertyOf(policy, "command");
  if (!command.empty()) sql += " FOR " + command;
  const std::string& roles = PropertyOf(policy, "roles");
  std::string list;
  for (std::size_t at = 0; at < roles.size();) {
    const std::size_t end = std::min(roles.find(", ", at), roles.size());
    list += (list.empty() ? "" : ", ") + Role(roles.substr(at, end - at));
    at = end + 2;
  }
  if (!list.empty()) sql += " TO " + list;
  const std::string& condition = PropertyOf(policy, "using");
  const std::string& check = PropertyOf(policy, "with check");
  if (!condition.empty()) sql += " USING (" + condition + ")";
  if (!check.empty()) sql += " WITH CHECK (" + check + ")";
  return sql;
}

std::optional<std::string> Remedies::ColumnDefinition(const CatalogObject& column) const {
  const auto value = [&](const char* name) -> const std::string& { return PropertyOf(column, name); };
  std::string sql = ShortNameOf(column) + " " + value("type");
  if (!value("collation").empty()) sql += " COLLATE " + value("collation");
  if (!value("default").empty()) sql += " DEFAULT " + value("default");
  const std::string& generated = value("generated");
  constexpr std::string_view kStored = "stored: ";
  if (!generated.empty()) {
    if (!generated.starts_with(kStored)) return std::nullopt;
    sql += " GENERATED ALWAYS AS (" + generated.substr(kStored.size()) + ") STORED";
  }
  if (!value("identity").empty()) {
    sql += value("identity") == "always" ? " GENERATED ALWAYS AS IDENTITY" : " GENERATED BY DEFAULT AS IDENTITY";
  }
  const std::string& not_null = value("not null");
  if (not_null == "yes") sql += " NOT NULL";
  if (not_null != "yes" && !not_null.empty()) return std::nullopt;
  return sql;
}

// The sequences that belong to the columns and are not there, before the columns, whose defaults name them.
Remedies::Statements Remedies::CreateSequences(const std::vector<const CatalogObject*>& columns) const {
  std::vector<std::string> statements;
  for (const CatalogObject* column : columns) {
    for (const CatalogObject* child : wanted_.ChildrenOf(*column)) {
      if (child->kind != "sequence" || found_.Find(child->kind, child->name) != nullptr) continue;
      if (PropertyOf(*child, "identity of").empty()) {
        statements.push_back(SequenceDefinition(*child));
        continue;
      }
      // The server makes it, and gives it the column's type.
      for (const auto& [name, value] : child->properties) {
        if (name != "owner" && name != "identity of" && name != "type") return std::nullopt;
      }
    }
  }
  return statements;
}

Remedies::Statements Remedies::OwnSequences(const std::vector<const CatalogObject*>& columns) const {
  std::vector<std::string> statements;
  for (const CatalogObject* column : columns) {
    for (const CatalogObject* child : wanted_.ChildrenOf(*column)) {
      if (child->kind != "sequence" || found_.Find(child->kind, child->name) != nullptr) continue;
      if (!PropertyOf(*child, "owned by").empty()) {
        statements.push_back(fmt::format("ALTER SEQUENCE {} OWNED BY {}", child->name, column->name));
      }
      const Statements extras = Extras(*child);
      if (!PropertyOf(*child, "identity of").empty()) continue;
      if (!extras) return std::nullopt;
      Append(&statements, *extras);
    }
  }
  return statements;
}

Remedies::Statements Remedies::AddColumn(const CatalogObject& column) const {
  const bool of_table = column.parent.starts_with("table ") || column.parent.starts_with("foreign table ");
  const auto definition = ColumnDefinition(column);
  if (!of_table || !definition) return std::nullopt;
  Statements statements = CreateSequences({&column});
  const Statements own = OwnSequences({&column});
  const Statements extras = Extras(column);
  if (!statements || !own || !extras) return std::nullopt;
  statements->push_back(fmt::format("ALTER TABLE {} ADD COLUMN {}", ParentName(column), *definition));
  Append(&*statements, *own);
  Append(&*statements, *extras);
  return statements;
}

Remedies::Statements Remedies::CreateTable(const CatalogObject& table) const {
  for (const char* other : {"of type", "inherits", "partition of", "partitioned by", "access method", "tablespace"}) {
    if (!PropertyOf(table, other).empty()) return std::nullopt;
  }
  std::vector<const CatalogObject*> columns = wanted_.ChildrenOf(table);
  std::erase_if(columns, [](const CatalogObject* child) { return child->kind != "column"; });
  std::vector<std::string> definitions;
  std::vector<std::string> extras;
  for (const CatalogObject* column : columns) {
    const auto definition = ColumnDefinition(*column);
    const Statements more = Extras(*column);
    if (!definition || !more) return std::nullopt;
    definitions.push_back(*definition);
    Append(&extras, *more);
  }
  Statements statements = CreateSequences(columns);
  const Statements own = OwnSequences(columns);
  const Statements children = CreateChildren(table);
  const Statements more = Extras(table);
  if (!statements || !own || !children || !more) return std::nullopt;
  statements->push_back(fmt::format("CREATE {}TABLE {} ({})",
                                    PropertyOf(table, "persistence").empty() ? "" : "UNLOGGED ", table.name,
                                    fmt::join(definitions, ", ")));
  Append(&*statements, *own);
  Append(&*statements, extras);
  Append(&*statements, *children);
  Append(&*statements, *more);
  return statements;
}

Remedies::Statements Remedies::CreateChildren(const CatalogObject& object) const {
  std::vector<const CatalogObject*> children = wanted_.ChildrenOf(object);
  std::stable_sort(children.begin(), children.end(),
                   [](const CatalogObject* a, const CatalogObject* b) { return Rank(*a) < Rank(*b); });
  std::vector<std::string> statements;
  for (const CatalogObject* child : children) {
    // Columns come with a table or a view, a constraint's index with the constraint.
    if (child->kind == "column" && object.kind == "table") continue;  // CreateTable has seen to it
    const bool comes_along = child->kind == "column" || object.kind == "constraint";
    const Statements some = comes_along ? Extras(*child) : Create(*child);
    if (!some) return std::nullopt;
    Append(&statements, *some);
  }
  return statements;
}

CatalogObject Remedies::Bare(const CatalogObject& object) const {
  CatalogObject bare{object.kind, object.name, object.parent, {}};
  const std::string objects = DefaultClass(object.kind);
  if (objects.empty()) return bare;
  const std::string role = std::string("for role ") + kOneOwner;
  for (const std::string& name : {fmt::format("{} on {}", role, objects),
                                  fmt::format("{} in schema {} on {}", role, SchemaOf(object.name), objects)}) {
    const CatalogObject* const granted = found_.Find("default privileges", name);
    if (granted == nullptr) continue;
    for (const auto& [property, value] : granted->properties) bare.properties[property] = value;
  }
  return bare;
}

Remedies::Statements Remedies::Extras(const CatalogObject& object) const {
  const std::set<std::string>& created = CreatedProperties(object.kind);
  const CatalogObject bare = Bare(object);
  std::map<std::string, std::string> properties = object.properties;
  for (const auto& [name, value] : bare.properties) properties.emplace(name, "");
  std::vector<std::string> statements;
  const bool of_view = object.kind == "column" &&
                       (object.parent.starts_with("view ") || object.parent.starts_with("materialized view "));
  const bool of_constraint = object.kind == "index" && object.parent.starts_with("constraint ");
  for (const auto& [name, value] : properties) {
    const bool goes_without_saying = (name == "owner" && value == kOneOwner) || (of_constraint && name == "options");
    if (goes_without_saying || (created.contains(name) && !(of_view && name == "default"))) continue;
    if (object.kind == "sequence" && name == "owner" && !object.parent.empty()) continue;
    const Statements some = Change(bare, object, name);
    if (!some) return std::nullopt;
    Append(&statements, *some);
  }
  return statements;
}

}  // namespace sqlmig
