// Which objects a text of SQL, or of the catalog, names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "catalog/snapshot.h"

namespace sqlmig {

// The names in a text, as they stand there, and every part of those that have dots: of public.users.email also
// public.users, users.email and the three words. What stands in quotes of either kind counts, too: it may be a body.
class UsedNames {
 public:
  UsedNames() = default;
  explicit UsedNames(std::string_view text) { Add(text); }

  void Add(std::string_view text);
  bool Has(const std::string& name) const { return names_.contains(name); }

  // Whether this object is named: what belongs to a table by its own name and the table's.
  bool Uses(const CatalogObject& object) const;

  const std::unordered_set<std::string>& all() const noexcept { return names_; }

 private:
  std::unordered_set<std::string> names_;
};

// The name to look for: without arguments, and without the table's; empty: nothing can name it.
std::string NameToLookFor(const CatalogObject& object);
// The name that must be there, too; empty: none.
std::string OwnerToLookFor(const CatalogObject& object);

}  // namespace sqlmig
