#include "catalog/summary.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sqlmig {
namespace {

// "bigint, default: 0, not null": what it is first, then what else is said of it.
std::string OneLine(const CatalogObject& object) {
  std::string line;
  const auto add = [&](const std::string& text) { line += (line.empty() ? "" : ", ") + text; };
  for (const char* main : {"kind", "type", "definition"}) {
    const auto found = object.properties.find(main);
    if (found != object.properties.end()) add(found->second);
  }
  for (const auto& [name, value] : object.properties) {
    const bool said = name == "kind" || name == "type" || name == "definition";
    const bool unimportant = name == "owner" || name == "position";
    if (said || unimportant) continue;
    add(value == "yes" ? name : value == "no" ? "not " + name : name + ": " + value);
  }
  return line;
}

// A child's name without the parent's: email, users_pkey.
std::string ShortName(const CatalogObject& child, const CatalogObject& parent) {
  const std::string before = parent.name + ".";
  const std::string behind = " on " + parent.name;
  if (IsColumn(child) && child.name.starts_with(before)) return child.name.substr(before.size());
  if (child.name.ends_with(behind)) return child.name.substr(0, child.name.size() - behind.size());
  return child.name;
}

}  // namespace

int PositionOf(const CatalogObject& column) {
  int position = 0;
  const auto found = column.properties.find("position");
  if (found == column.properties.end()) return position;
  const std::string& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), position);
  return position;
}

std::string Summary(const CatalogObject& object, std::vector<const CatalogObject*> children) {
  std::stable_sort(children.begin(), children.end(), [](const CatalogObject* a, const CatalogObject* b) {
    if (IsColumn(*a) != IsColumn(*b)) return IsColumn(*a);
    return IsColumn(*a) && PositionOf(*a) < PositionOf(*b);
  });
  std::string summary = OneLine(object);
  for (const CatalogObject* child : children) {
    if (!summary.empty()) summary += summary.ends_with(';') ? "\n" : ";\n";
    if (!IsColumn(*child)) summary += child->kind + " ";
    summary += ShortName(*child, object) + " " + OneLine(*child);
  }
  if (!summary.empty()) return summary;
  const auto owner = object.properties.find("owner");
  return owner == object.properties.end() ? object.name : "owner: " + owner->second;
}

}  // namespace sqlmig
