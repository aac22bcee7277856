#include "verify/sql_form.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "model/ignore_pattern.h"

namespace sqlmig {
namespace {

int Position(const CatalogObject& column) {
  const std::string& text = PropertyOf(column, "position");
  int position = 0;
  std::from_chars(text.data(), text.data() + text.size(), position);
  return position;
}

struct Word {
  std::string_view kind;
  std::string_view sql;
};

template <std::size_t kSize>
std::optional<std::string> Named(const std::array<Word, kSize>& words, const CatalogObject& object) {
  for (const Word& word : words) {
    if (word.kind == object.kind) return std::string(word.sql) + " " + object.name;
  }
  return std::nullopt;
}

// Kinds that DROP, ALTER and COMMENT ON call the same.
constexpr std::array<Word, 19> kPlain = {{{"table", "TABLE"},
                                          {"foreign table", "FOREIGN TABLE"},
                                          {"view", "VIEW"},
                                          {"materialized view", "MATERIALIZED VIEW"},
                                          {"sequence", "SEQUENCE"},
                                          {"function", "FUNCTION"},
                                          {"procedure", "PROCEDURE"},
                                          {"type", "TYPE"},
                                          {"domain", "DOMAIN"},
                                          {"schema", "SCHEMA"},
                                          {"collation", "COLLATION"},
                                          {"conversion", "CONVERSION"},
                                          {"statistics object", "STATISTICS"},
                                          {"server", "SERVER"},
                                          {"foreign data wrapper", "FOREIGN DATA WRAPPER"},
                                          {"event trigger", "EVENT TRIGGER"},
                                          {"publication", "PUBLICATION"},
                                          {"text search configuration", "TEXT SEARCH CONFIGURATION"},
                                          {"text search dictionary", "TEXT SEARCH DICTIONARY"}}};

}  // namespace

ObjectIndex::ObjectIndex(const Snapshot& snapshot) : snapshot_(&snapshot) {
  for (const CatalogObject& object : snapshot.objects()) {
    objects_.emplace(object.kind + " " + object.name, &object);
    if (!object.parent.empty()) children_[object.parent].push_back(&object);
  }
}

const CatalogObject* ObjectIndex::Find(const std::string& reference) const {
  const auto found = objects_.find(reference);
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<const CatalogObject*> ObjectIndex::ChildrenOf(const CatalogObject& object) const {
  const auto found = children_.find(object.kind + " " + object.name);
  if (found == children_.end()) return {};
  std::vector<const CatalogObject*> children = found->second;
  std::stable_sort(children.begin(), children.end(), [](const CatalogObject* a, const CatalogObject* b) {
    if (IsColumn(*a) != IsColumn(*b)) return IsColumn(*a);
    return IsColumn(*a) && Position(*a) < Position(*b);
  });
  return children;
}

const std::string& PropertyOf(const CatalogObject& object, const std::string& name) {
  static const std::string kDefault;
  const auto found = object.properties.find(name);
  return found == object.properties.end() ? kDefault : found->second;
}

bool IsListedForPrivileges(const CatalogObject& object) {
  const bool only = std::all_of(object.properties.begin(), object.properties.end(),
                                [](const auto& property) { return property.first.starts_with(kPrivilegesOf); });
  return object.kind == "default privileges" || (only && !object.properties.empty());
}

bool IsForeignKey(const CatalogObject& object) {
  return object.kind == "constraint" && PropertyOf(object, "definition").starts_with("FOREIGN KEY");
}

bool IsRelation(std::string_view kind) {
  return kind == "table" || kind == "foreign table" || kind == "view" || kind == "materialized view";
}

std::string ParentName(const CatalogObject& object) {
  return ParseReference(object.parent).name;
}

std::string ShortNameOf(const CatalogObject& object) {
  const std::string parent = ParentName(object);
  if (IsColumn(object) && object.name.starts_with(parent + ".")) return object.name.substr(parent.size() + 1);
  const std::string behind = " on " + parent;
  if (object.name.ends_with(behind)) return object.name.substr(0, object.name.size() - behind.size());
  return object.name;
}

std::optional<std::string> CommentTarget(const CatalogObject& object) {
  static constexpr std::array<Word, 9> kMore = {{{"column", "COLUMN"},
                                                 {"attribute", "COLUMN"},
                                                 {"constraint", "CONSTRAINT"},
                                                 {"trigger", "TRIGGER"},
                                                 {"policy", "POLICY"},
                                                 {"rule", "RULE"},
                                                 {"index", "INDEX"},
                                                 {"extension", "EXTENSION"},
                                                 {"language", "LANGUAGE"}}};
  if (object.kind == "domain constraint") {
    return "CONSTRAINT " + ShortNameOf(object) + " ON DOMAIN " + ParentName(object);
  }
  if (auto target = Named(kPlain, object)) return target;
  return Named(kMore, object);
}

std::optional<std::string> OwnerTarget(const CatalogObject& object) {
  // A sequence goes with the table whose column it belongs to.
  if (object.kind == "sequence" && !object.parent.empty()) {
    const std::string column = ParentName(object);
    std::size_t dot = std::string::npos;
    bool quoted = false;
    for (std::size_t at = 0; at < column.size(); ++at) {
      if (column[at] == '"') quoted = !quoted;
      if (column[at] == '.' && !quoted) dot = at;
    }
    return "TABLE " + column.substr(0, dot);
  }
  return Named(kPlain, object);
}

std::optional<std::string> GrantTarget(const CatalogObject& object) {
  static constexpr std::array<Word, 14> kGrant = {{{"table", "TABLE"},
                                                   {"aggregate", "FUNCTION"},
                                                   {"language", "LANGUAGE"},
                                                   {"foreign table", "TABLE"},
                                                   {"view", "TABLE"},
                                                   {"materialized view", "TABLE"},
                                                   {"sequence", "SEQUENCE"},
                                                   {"function", "FUNCTION"},
                                                   {"procedure", "PROCEDURE"},
                                                   {"type", "TYPE"},
                                                   {"domain", "DOMAIN"},
                                                   {"schema", "SCHEMA"},
                                                   {"server", "FOREIGN SERVER"},
                                                   {"foreign data wrapper", "FOREIGN DATA WRAPPER"}}};
  if (object.kind == "column") return "TABLE " + ParentName(object);
  return Named(kGrant, object);
}

std::optional<std::string> DropTarget(const CatalogObject& object) {
  static constexpr std::array<Word, 6> kMore = {{{"index", "INDEX"},
                                                 {"extension", "EXTENSION"},
                                                 {"trigger", "TRIGGER"},
                                                 {"policy", "POLICY"},
                                                 {"rule", "RULE"},
                                                 {"user mapping", "USER MAPPING"}}};
  if (auto target = Named(kPlain, object)) return target;
  return Named(kMore, object);
}

std::optional<std::map<std::string, std::string>> ParseOptions(const std::string& list) {
  std::map<std::string, std::string> options;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(", ", at), list.size());
    const std::string option = list.substr(at, end - at);
    at = end + 2;
    const std::size_t equal = option.find('=');
    constexpr const char* kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (equal == std::string::npos || equal + 1 == option.size()) return std::nullopt;
    const std::string name = option.substr(0, equal);
    const std::string value = option.substr(equal + 1);
    if (name.find_first_not_of(kSafe) != std::string::npos || value.find_first_not_of(kSafe) != std::string::npos)
      return std::nullopt;
    options[name] = value;
  }
  return options;
}

std::string WithoutEnd(std::string definition) {
  while (!definition.empty() && (definition.back() == ';' || definition.back() == '\n' || definition.back() == ' ')) {
    definition.pop_back();
  }
  return definition;
}

}  // namespace sqlmig
