#include "verify/one_owner.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace sqlmig {
namespace {

constexpr std::string_view kGrantedBy = " granted by ";

class Owners {
 public:
  explicit Owners(const std::vector<std::string>& names) : names_(names) {}

  bool Has(const std::string& name) const {
    return name == kOneOwner || std::find(names_.begin(), names_.end(), name) != names_.end();
  }
  std::string Mapped(const std::string& name) const { return Has(name) ? std::string(kOneOwner) : name; }

  // Each name of "a, b", which comes sorted and stays so.
  std::string MappedList(const std::string& list) const {
    std::vector<std::string> names;
    for (std::size_t at = 0; at <= list.size();) {
      const std::size_t end = std::min(list.find(", ", at), list.size());
      names.push_back(Mapped(list.substr(at, end - at)));
      at = end + 2;
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string mapped;
    for (const std::string& name : names) mapped += (mapped.empty() ? "" : ", ") + name;
    return mapped;
  }

  // The name behind `before` in a text that goes on with one of `ends`, or ends.
  std::string MappedInside(const std::string& text, std::string_view before,
                           const std::vector<std::string_view>& ends) const {
    const std::size_t found = text.find(before);
    if (found == std::string::npos) return text;
    const std::size_t begin = found + before.size();
    std::size_t end = text.size();
    for (const std::string_view word : ends) end = std::min(end, text.find(word, begin));
    return text.substr(0, begin) + Mapped(text.substr(begin, end - begin)) + text.substr(end);
  }

 private:
  const std::vector<std::string>& names_;
};

// "privileges of a granted by b"; nothing: goes without saying.
std::string MappedPrivilege(const std::string& property, const std::string& owner, const Owners& owners) {
  std::string grantee = property.substr(kPrivilegesOf.size());
  std::string grantor;
  const std::size_t by = grantee.find(kGrantedBy);
  if (by != std::string::npos) {
    grantor = owners.Mapped(grantee.substr(by + kGrantedBy.size()));
    grantee.resize(by);
  }
  grantee = owners.Mapped(grantee);
  if (grantee == owner) return {};
  std::string mapped = std::string(kPrivilegesOf) + grantee;
  if (!grantor.empty() && grantor != owner) mapped += std::string(kGrantedBy) + grantor;
  return mapped;
}

std::string MappedName(const CatalogObject& object, const Owners& owners) {
  if (object.kind == "default privileges")
    return owners.MappedInside(object.name, "for role ", {" in schema ", " on "});
  if (object.kind == "database setting") return owners.MappedInside(object.name, " for role ", {});
  if (object.kind == "user mapping") return owners.MappedInside(object.name, "for ", {" server "});
  return object.name;
}

// The owner of an object, or of the table that it belongs to.
class OwnerOfObject {
 public:
  explicit OwnerOfObject(const Snapshot& snapshot) {
    for (const CatalogObject& object : snapshot.objects()) {
      const auto owner = object.properties.find("owner");
      if (owner != object.properties.end()) owners_[object.kind + " " + object.name] = owner->second;
    }
  }
  std::string Find(const CatalogObject& object) const {
    for (const std::string& reference : {object.kind + " " + object.name, object.parent}) {
      const auto found = owners_.find(reference);
      if (found != owners_.end()) return found->second;
    }
    // Default privileges are granted by the role that they are for.
    constexpr std::string_view kFor = "for role ";
    if (object.kind != "default privileges" || !object.name.starts_with(kFor)) return kOneOwner;
    const std::size_t end = std::min(object.name.find(" in schema "), object.name.find(" on "));
    return object.name.substr(kFor.size(), end - kFor.size());
  }

 private:
  std::map<std::string, std::string> owners_;
};

}  // namespace

std::vector<std::string> ReadOwners(Connection& connection, const std::string& ledger_schema) {
  // 10 is the oid of the role that initdb makes, on every server.
  const Rows rows =
      connection
          .Query(fmt::format(
              "SELECT pg_catalog.quote_ident(r.rolname) FROM (SELECT 1 AS rank, c.relowner AS role FROM "
              "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) "
              "c.relnamespace WHERE "
              "n.nspname OPERATOR(pg_catalog.=) {} AND c.relname OPERATOR(pg_catalog.=) 'migration' UNION "
              "ALL SELECT 2, "
              "d.datdba FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) "
              "pg_catalog.current_database() UNION ALL SELECT 3, 10 UNION ALL SELECT 4, g.oid FROM pg_catalog.pg_roles "
              "g WHERE g.rolname OPERATOR(pg_catalog.=) 'pg_database_owner') o JOIN pg_catalog.pg_roles r ON r.oid "
              "OPERATOR(pg_catalog.=) o.role ORDER BY o.rank",
              QuoteLiteral(ledger_schema)))
          .at(0);
  std::vector<std::string> owners;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (std::find(owners.begin(), owners.end(), rows.At(r, 0)) == owners.end()) owners.push_back(rows.At(r, 0));
  }
  return owners;
}

Snapshot WithOneOwner(const Snapshot& snapshot, const std::vector<std::string>& names) {
  const Owners owners(names);
  const OwnerOfObject owner_of(snapshot);
  std::map<std::pair<std::string, std::string>, CatalogObject> mapped;
  for (const CatalogObject& object : snapshot.objects()) {
    const std::string owner = owners.Mapped(owner_of.Find(object));
    CatalogObject copy{object.kind, MappedName(object, owners), object.parent, {}};
    for (const auto& [name, value] : object.properties) {
      if (name.starts_with(kPrivilegesOf)) {
        const std::string privilege = MappedPrivilege(name, owner, owners);
        if (!privilege.empty()) copy.properties.emplace(privilege, value);
      } else if (name == "owner") {
        copy.properties.emplace(name, owners.Mapped(value));
      } else if (name == "roles" && object.kind == "policy") {
        copy.properties.emplace(name, owners.MappedList(value));
      } else {
        copy.properties.emplace(name, value);
      }
    }
    // An object that is listed for nothing but what an owner may do anyway.
    const bool only_privileges = object.kind == "default privileges" && !object.properties.empty();
    if (only_privileges && copy.properties.empty()) continue;
    const auto [place, added] = mapped.try_emplace({copy.kind, copy.name}, copy);
    if (!added) place->second.properties.merge(copy.properties);
  }
  std::vector<CatalogObject> objects;
  objects.reserve(mapped.size());
  for (auto& [key, object] : mapped) objects.push_back(std::move(object));
  return Snapshot(std::move(objects));
}

}  // namespace sqlmig
