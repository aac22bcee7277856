#include "catalog/difference.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "catalog/summary.h"

namespace sqlmig {
namespace {

constexpr std::string_view kColumnOrder = "column order";

std::string ReferenceTo(const CatalogObject& object) {
  return object.kind + " " + object.name;
}

// Its name is made from its parent's: without that parent it is another thing.
bool IsNamedAfterParent(const CatalogObject& object) {
  return IsColumn(object) || object.name.find(" on ") != std::string::npos;
}

std::string Property(const CatalogObject& object, const char* name) {
  const auto found = object.properties.find(name);
  return found == object.properties.end() ? std::string() : found->second;
}

// One of the two sides, by reference ("table public.users") and by parent.
class Side {
 public:
  explicit Side(const Snapshot& snapshot) {
    for (const CatalogObject& object : snapshot.objects()) {
      objects_.emplace(ReferenceTo(object), &object);
      if (!object.parent.empty()) children_[object.parent].push_back(&object);
    }
  }

  const CatalogObject* Find(const std::string& reference) const {
    const auto found = objects_.find(reference);
    return found == objects_.end() ? nullptr : found->second;
  }
  const std::vector<const CatalogObject*>& ChildrenOf(const std::string& reference) const {
    static const std::vector<const CatalogObject*> kNone;
    const auto found = children_.find(reference);
    return found == children_.end() ? kNone : found->second;
  }
  const std::map<std::string, std::vector<const CatalogObject*>>& children() const { return children_; }

 private:
  std::unordered_map<std::string, const CatalogObject*> objects_;
  std::map<std::string, std::vector<const CatalogObject*>> children_;
};

class Comparison {
 public:
  Comparison(const Snapshot& before, const Snapshot& after) : before_(before), after_(after) {
    for (const CatalogObject& object : before.objects()) {
      const CatalogObject* const other = after_.Find(ReferenceTo(object));
      if (other != nullptr) {
        AddChanges(object, *other);
      } else if (!GoesWithParent(object, before_, after_)) {
        Add(object, "object", Summarized(object, before_), "");
      }
    }
    for (const CatalogObject& object : after.objects()) {
      if (before_.Find(ReferenceTo(object)) != nullptr || GoesWithParent(object, after_, before_)) continue;
      Add(object, "object", "", Summarized(object, after_));
    }
    AddColumnOrders();
  }

  std::vector<Difference> Finish() {
    std::stable_sort(differences_.begin(), differences_.end(), [](const Difference& a, const Difference& b) {
      return std::tie(a.kind, a.object) < std::tie(b.kind, b.object);
    });
    return std::move(differences_);
  }

 private:
  void Add(const CatalogObject& object, std::string_view what, std::string before, std::string after) {
    differences_.push_back({object.kind, object.name, std::string(what), std::move(before), std::move(after)});
  }

  static std::string Summarized(const CatalogObject& object, const Side& side) {
    return Summary(object, side.ChildrenOf(ReferenceTo(object)));
  }

  // The parent, or the parent table's object that it was inherited from, is on this side only, too.
  static bool GoesWithParent(const CatalogObject& object, const Side& here, const Side& there) {
    const auto only_here = [&](const std::string& reference) {
      return !reference.empty() && here.Find(reference) != nullptr && there.Find(reference) == nullptr;
    };
    return only_here(object.parent) || only_here(Property(object, "inherited from")) || IsOfNewIdentity(object, there);
  }

  // The sequence of a column that is no identity there: "identity" of the column says it.
  static bool IsOfNewIdentity(const CatalogObject& object, const Side& there) {
    if (object.kind != "sequence" || Property(object, "identity of").empty()) return false;
    const CatalogObject* const column = there.Find(object.parent);
    return column != nullptr && Property(*column, "identity").empty();
  }

  void AddChanges(const CatalogObject& before, const CatalogObject& after) {
    if (before.parent != after.parent) {
      const bool replaced = after_.Find(before.parent) == nullptr && before_.Find(after.parent) == nullptr;
      if (replaced && IsNamedAfterParent(before)) return;
      // Of a sequence "owned by" says it.
      if (before.kind != "sequence") Add(before, "parent", before.parent, after.parent);
    }
    std::map<std::string, std::pair<std::string, std::string>> values;
    for (const auto& [name, value] : before.properties) values[name].first = value;
    for (const auto& [name, value] : after.properties) values[name].second = value;
    for (auto& [name, sides] : values) {
      if (sides.first == sides.second || (IsColumn(before) && name == "position")) continue;
      if (name == "definition" && ConstraintSaysIt(before)) continue;
      Add(before, name, std::move(sides.first), std::move(sides.second));
    }
  }

  // The index of a constraint changes when the constraint does.
  bool ConstraintSaysIt(const CatalogObject& index) const {
    if (index.kind != "index" || !index.parent.starts_with("constraint ")) return false;
    const CatalogObject* const before = before_.Find(index.parent);
    const CatalogObject* const after = after_.Find(index.parent);
    return before != nullptr && after != nullptr && Property(*before, "definition") != Property(*after, "definition");
  }

  // Names of the columns that both sides have, in the order of `side`.
  static std::vector<const CatalogObject*> CommonColumns(const std::string& parent, const Side& side,
                                                         const Side& other) {
    std::vector<const CatalogObject*> columns;
    for (const CatalogObject* child : side.ChildrenOf(parent)) {
      if (!IsColumn(*child)) continue;
      const CatalogObject* const same = other.Find(ReferenceTo(*child));
      if (same != nullptr && same->parent == parent) columns.push_back(child);
    }
    std::sort(columns.begin(), columns.end(),
              [](const CatalogObject* a, const CatalogObject* b) { return PositionOf(*a) < PositionOf(*b); });
    return columns;
  }

  void AddColumnOrders() {
    for (const auto& [parent, children] : before_.children()) {
      const CatalogObject* const object = before_.Find(parent);
      if (object == nullptr) continue;
      const auto names = [&](const Side& side, const Side& other) {
        std::vector<std::string> list;
        for (const CatalogObject* column : CommonColumns(parent, side, other)) {
          list.push_back(column->name.substr(object->name.size() + 1));
        }
        return list;
      };
      const std::vector<std::string> before = names(before_, after_);
      const std::vector<std::string> after = names(after_, before_);
      if (before == after) continue;
      Add(*object, kColumnOrder, fmt::format("{}", fmt::join(before, ", ")), fmt::format("{}", fmt::join(after, ", ")));
    }
  }

  Side before_;
  Side after_;
  std::vector<Difference> differences_;
};

}  // namespace

std::vector<Difference> Compare(const Snapshot& before, const Snapshot& after) {
  if (before.fingerprint() == after.fingerprint()) return {};
  return Comparison(before, after).Finish();
}

bool IsColumnOrder(const Difference& difference) {
  return difference.what == kColumnOrder;
}

}  // namespace sqlmig
