#include "verify/used_names.h"

#include <algorithm>
#include <array>
#include <vector>

#include "verify/sql_form.h"

namespace sqlmig {
namespace {

enum class Dollar { kInNames, kQuotes };

bool IsNameByte(char c, Dollar dollar) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || c == '_' || (c == '$' && dollar == Dollar::kInNames) || (c >= '0' && c <= '9') ||
         (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsOperatorByte(char c) {
  return std::string_view("+-*/<>=~!@#%^&|`?").find(c) != std::string_view::npos;
}

// The end of the word, quoted name or, behind a dot, operator that begins at `at`; `at` itself: none does.
std::size_t EndOfPart(std::string_view text, std::size_t at, bool behind_dot, Dollar dollar) {
  if (at >= text.size()) return at;
  if (text[at] == '"') {
    for (std::size_t end = at + 1; end < text.size(); ++end) {
      if (text[end] != '"') continue;
      if (end + 1 >= text.size() || text[end + 1] != '"') return end + 1;
      ++end;
    }
    return at;
  }
  std::size_t end = at;
  while (end < text.size() && IsNameByte(text[end], dollar)) ++end;
  if (end > at || !behind_dot) return end;
  while (end < text.size() && IsOperatorByte(text[end])) ++end;
  return end;
}

bool IsNamedWithTable(const CatalogObject& object) {
  static constexpr std::array<std::string_view, 7> kParts = {"column",  "attribute", "constraint", "domain constraint",
                                                             "trigger", "policy",    "rule"};
  return std::find(kParts.begin(), kParts.end(), object.kind) != kParts.end();
}

// Nobody says their names, or they are no names.
bool IsNeverNamed(const CatalogObject& object) {
  static constexpr std::array<std::string_view, 7> kUnnamed = {
      "default privileges", "database setting", "cast", "transform", "user mapping", "extension", "subscription"};
  return std::find(kUnnamed.begin(), kUnnamed.end(), object.kind) != kUnnamed.end();
}

void AddParts(std::string_view text, Dollar dollar, std::unordered_set<std::string>* names) {
  for (std::size_t at = 0; at < text.size();) {
    std::vector<std::size_t> begins;
    std::size_t end = EndOfPart(text, at, false, dollar);
    while (end > at) {
      begins.push_back(at);
      for (const std::size_t begin : begins) names->emplace(text.substr(begin, end - begin));
      if (end >= text.size() || text[end] != '.') break;
      at = end + 1;
      end = EndOfPart(text, at, true, dollar);
    }
    at = begins.empty() ? at + 1 : std::max(at, end);
  }
}

}  // namespace

void UsedNames::Add(std::string_view text) {
  AddParts(text, Dollar::kInNames, &names_);
  if (text.find('$') != std::string_view::npos) AddParts(text, Dollar::kQuotes, &names_);
}

bool UsedNames::Uses(const CatalogObject& object) const {
  const std::string name = NameToLookFor(object);
  const std::string owner = OwnerToLookFor(object);
  return !name.empty() && Has(name) && (owner.empty() || Has(owner));
}

std::string NameToLookFor(const CatalogObject& object) {
  if (IsNeverNamed(object)) return {};
  const std::string name = IsNamedWithTable(object) ? ShortNameOf(object) : object.name;
  bool quoted = false;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name[at] == '"') quoted = !quoted;
    if (!quoted && (name[at] == '(' || name[at] == ' ')) return name.substr(0, at);
  }
  return name;
}

std::string OwnerToLookFor(const CatalogObject& object) {
  return IsNamedWithTable(object) ? ParentName(object) : std::string();
}

}  // namespace sqlmig
