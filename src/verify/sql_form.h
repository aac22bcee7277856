// Names and parts of objects as statements need them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catalog/snapshot.h"

namespace sqlmig {

// A snapshot by reference ("table public.users") and by parent. The snapshot outlives it.
class ObjectIndex {
 public:
  explicit ObjectIndex(const Snapshot& snapshot);

  const CatalogObject* Find(const std::string& reference) const;
  const CatalogObject* Find(const std::string& kind, const std::string& name) const { return Find(kind + " " + name); }
  // Ordered by kind and name.
  const std::vector<CatalogObject>& all() const noexcept { return snapshot_->objects(); }
  // Columns in their order come first.
  std::vector<const CatalogObject*> ChildrenOf(const CatalogObject& object) const;

 private:
  const Snapshot* snapshot_;
  std::unordered_map<std::string, const CatalogObject*> objects_;
  std::map<std::string, std::vector<const CatalogObject*>> children_;
};

// Empty: at its default.
const std::string& PropertyOf(const CatalogObject& object, const std::string& name);

// Somebody else's object, such as a member of an extension, of which only privileges are listed; and default
// privileges, which are nothing else.
bool IsListedForPrivileges(const CatalogObject& object);
bool IsForeignKey(const CatalogObject& object);
bool IsRelation(std::string_view kind);  // a table, a foreign one, a view, a materialized one

// The name of the parent: public.users of what belongs to "table public.users".
std::string ParentName(const CatalogObject& object);
// Without the parent's: email of public.users.email, users_pkey of "users_pkey on public.users".
std::string ShortNameOf(const CatalogObject& object);

// As COMMENT ON and SECURITY LABEL ON take it: "COLUMN public.users.email". Nothing: not known.
std::optional<std::string> CommentTarget(const CatalogObject& object);
// As ALTER takes it to change the owner: "TABLE public.users".
std::optional<std::string> OwnerTarget(const CatalogObject& object);
// As GRANT takes it, behind ON; of a column that of its table.
std::optional<std::string> GrantTarget(const CatalogObject& object);
// What DROP takes.
std::optional<std::string> DropTarget(const CatalogObject& object);

// "a=1, b=2", as the catalog lists options, by name; nothing when a value is none that can be written so.
std::optional<std::map<std::string, std::string>> ParseOptions(const std::string& list);

// A definition without the semicolon and the blanks at its end.
std::string WithoutEnd(std::string definition);

}  // namespace sqlmig
