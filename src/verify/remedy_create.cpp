// How an object is made anew, with all that is said of it.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "verify/one_owner.h"
#include "verify/remedy.h"
#include "verify/remedy_kinds.h"

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
      {"table",
       {"persistence", "inherits", "partition of", "partition bound", "partitioned by", "access method", "tablespace"}},
      {"foreign table", {"server", "foreign options", "inherits", "partition of", "partition bound"}},
      {"foreign data wrapper", {"handler", "validator", "options"}},
      {"server", {"type", "version", "wrapper", "options"}},
      {"user mapping", {"options"}},
      {"publication", {"all tables", "operations", "via partition root"}},
      {"view", {"definition"}},
      {"materialized view", {"definition", "populated"}},
      {"column",
       {"position", "type", "collation", "not null", "default", "generated", "identity", "inherited",
        "foreign options"}},
      {"attribute", {"position", "type", "collation"}},
      {"constraint", {"definition", "valid", "inherited", "inherited from"}},
      {"domain constraint", {"definition", "valid"}},
      {"index", {"definition", "inherited from"}},
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

}  // namespace

Remedies::Statements Remedies::Create(const CatalogObject& object) const {
  if (IsInherited(object)) return ChangeTableLineage(object);
  if (object.kind == "column") return AddColumn(object);
  if (object.kind == "table" || object.kind == "foreign table") return CreateTable(object);
  return CreateWhole(object);
}

Remedies::Statements Remedies::CreateWhole(const CatalogObject& object) const {
  Statements statements = CreateAlone(object);
  const Statements extras = statements ? Extras(object) : std::nullopt;
  const Statements children = extras ? CreateChildren(object, Children::kAllOthers) : std::nullopt;
  if (!children) return std::nullopt;
  Append(&*statements, *extras);
  Append(&*statements, *children);
  return statements;
}

Remedies::Statements Remedies::CreateAlone(const CatalogObject& object) const {
  const std::string definition = WithoutEnd(PropertyOf(object, "definition"));
  const std::string& kind = object.kind;
  if (IsListedForPrivileges(object)) return std::vector<std::string>();
  if (kind == "function" || kind == "procedure" || kind == "trigger" || kind == "rule" || kind == "statistics object")
    return JustOne(definition);
  // Of a partitioned table's index the server writes down only what stands in the table itself.
  if (kind == "index") {
    if (object.parent.starts_with("constraint ") || !PropertyOf(object, "valid").empty()) return std::nullopt;
    return definition.find(" ON ONLY ") == std::string::npos ? JustOne(definition) : CreatePartitionedIndex(object);
  }
  if (kind == "foreign data wrapper" || kind == "server" || kind == "user mapping") return CreateForeign(object);
  if (kind == "publication") return CreatePublication(object);
  if (IsMadeOfFunctions(object)) return CreateOfFunctions(object);
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

// The server names the sequence after the column, and gives it the column's type.
std::string Remedies::IdentityDefinition(const CatalogObject& column) const {
  std::string sql = PropertyOf(column, "identity") == "always" ? "GENERATED ALWAYS" : "GENERATED BY DEFAULT";
  sql += " AS IDENTITY";
  for (const CatalogObject* child : wanted_.ChildrenOf(column)) {
    if (child->kind != "sequence" || PropertyOf(*child, "identity of").empty()) continue;
    const std::string usual = ParentName(column) + "_" + ShortNameOf(column) + "_seq";
    const std::string options = SequenceOptions(*child);
    if (child->name == usual && options.empty()) continue;
    sql += " (SEQUENCE NAME " + child->name + options + ")";
  }
  return sql;
}

std::optional<std::string> Remedies::ColumnDefinition(const CatalogObject& column) const {
  const auto value = [&](const char* name) -> const std::string& { return PropertyOf(column, name); };
  std::string sql = ShortNameOf(column) + " " + value("type") + ForeignColumnOptions(column);
  if (!value("collation").empty()) sql += " COLLATE " + value("collation");
  if (!value("default").empty()) sql += " DEFAULT " + value("default");
  const std::string& generated = value("generated");
  constexpr std::string_view kStored = "stored: ";
  if (!generated.empty()) {
    if (!generated.starts_with(kStored)) return std::nullopt;
    sql += " GENERATED ALWAYS AS (" + generated.substr(kStored.size()) + ") STORED";
  }
  if (!value("identity").empty()) sql += " " + IdentityDefinition(column);
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
      // That of an identity comes with the column.
      if (PropertyOf(*child, "identity of").empty()) statements.push_back(SequenceDefinition(*child));
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
  const CatalogObject bare =
      IsListedForPrivileges(object) ? CatalogObject{object.kind, object.name, object.parent, {}} : Bare(object);
  std::map<std::string, std::string> properties = object.properties;
  for (const auto& [name, value] : bare.properties) properties.emplace(name, "");
  std::vector<std::string> statements;
  const bool of_view = object.kind == "column" &&
                       (object.parent.starts_with("view ") || object.parent.starts_with("materialized view "));
  const bool of_constraint = object.kind == "index" && object.parent.starts_with("constraint ");
  for (const auto& [name, value] : properties) {
    const bool goes_without_saying = (name == "owner" && value == kOneOwner) || (of_constraint && name == "options");
    if (goes_without_saying || (created.contains(name) && !(of_view && name == "default"))) continue;
    const bool published = name.starts_with("table ") || name.starts_with("schema ");
    if (object.kind == "publication" && published) continue;
    const bool said = name == "owner" || name == "comment" || name.starts_with(kPrivilegesOf);
    if (IsMadeOfFunctions(object) && !said) continue;
    if (object.kind == "sequence" && !object.parent.empty() && (name == "owner" || name == "identity of")) continue;
    const Statements some = Change(bare, object, name);
    if (!some) return std::nullopt;
    Append(&statements, *some);
  }
  return statements;
}

}  // namespace sqlmig
