#include "verify/drift.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "verify/one_owner.h"

namespace sqlmig {
namespace {

// Objects of either side, and what they belong to.
class BothSides {
 public:
  BothSides(const Snapshot& expected, const Snapshot& found) : expected_(expected), found_(found) {}

  bool IsExpected(const Difference& difference) const {
    return expected_.Find(difference.kind, difference.object) != nullptr;
  }

  bool IsIgnored(const Difference& difference, const IgnorePattern& pattern) const {
    ObjectReference object{difference.kind, difference.object};
    if (Matches(pattern, object, difference.what)) return true;
    if (!pattern.what.empty()) return IsIgnoredPrivileges(object, difference, pattern);
    // A parent has a parent itself: an index that of its constraint. None has more than a few.
    for (int depth = 0; depth < 4; ++depth) {
      const CatalogObject* const known = Find(object);
      if (known == nullptr || known->parent.empty()) return false;
      object = ParseReference(known->parent);
      if (Matches(pattern, object, "")) return true;
    }
    return false;
  }

 private:
  // Nothing is listed of the object but privileges, and the pattern takes them all.
  bool IsIgnoredPrivileges(const ObjectReference& reference, const Difference& difference,
                           const IgnorePattern& pattern) const {
    const CatalogObject* const object = Find(reference);
    if (difference.what != "object" || object == nullptr || !IsListedForPrivileges(*object)) return false;
    return std::all_of(object->properties.begin(), object->properties.end(),
                       [&](const auto& property) { return Matches(pattern, reference, property.first); });
  }

  const CatalogObject* Find(const ObjectReference& object) const {
    const CatalogObject* const expected = expected_.Find(object.kind, object.name);
    return expected != nullptr ? expected : found_.Find(object.kind, object.name);
  }

  ObjectIndex expected_;
  ObjectIndex found_;
};

// Two differences may have a statement in common: a sequence's bounds are set at once.
std::vector<RemedyStep> Ordered(const std::vector<DriftItem>& items, Remedy DriftItem::*remedy,
                                const Remedies& remedies) {
  std::vector<Fix> fixes;
  fixes.reserve(items.size());
  for (const DriftItem& item : items) fixes.push_back({&item.difference, &(item.*remedy)});
  std::vector<RemedyStep> steps = OrderRemedies(fixes, remedies.found(), remedies.wanted());
  std::set<std::string> done;
  std::erase_if(steps, [&](const RemedyStep& step) {
    return !done.insert((items[step.item].*remedy).statements[step.statement]).second;
  });
  return steps;
}

// Items in the order of their first statements; what another item's statement does comes behind that.
void SortAsHealed(Drift* drift) {
  constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
  std::map<std::string, std::size_t> when;
  std::vector<std::size_t> own(drift->items.size(), kNever);
  for (std::size_t i = 0; i < drift->heal.size(); ++i) {
    const RemedyStep& step = drift->heal[i];
    when.emplace(drift->items[step.item].heal.statements[step.statement], i);
    own[step.item] = std::min(own[step.item], i);
  }
  using Place = std::tuple<std::size_t, bool, std::size_t>;
  std::vector<Place> order;
  for (std::size_t i = 0; i < drift->items.size(); ++i) {
    std::size_t first = own[i];
    if (first == kNever) {
      for (const std::string& statement : drift->items[i].heal.statements) first = std::min(first, when.at(statement));
    }
    order.emplace_back(first, own[i] == kNever, i);
  }
  std::stable_sort(order.begin(), order.end());
  std::vector<std::size_t> place(order.size());
  std::vector<DriftItem> sorted;
  sorted.reserve(order.size());
  for (const auto& [first, repeats, item] : order) {
    place[item] = sorted.size();
    sorted.push_back(std::move(drift->items[item]));
  }
  drift->items = std::move(sorted);
  for (RemedyStep& step : drift->heal) step.item = place[step.item];
}

}  // namespace

std::vector<std::string> AllOwners(const DescribedSchema& expected, const DescribedSchema& found) {
  std::vector<std::string> owners = found.owners;
  for (const std::string& owner : expected.owners) {
    if (std::find(owners.begin(), owners.end(), owner) == owners.end()) owners.push_back(owner);
  }
  return owners;
}

Drift FindDrift(const DescribedSchema& expected, const DescribedSchema& found,
                const std::vector<IgnorePattern>& patterns) {
  const std::vector<std::string> owners = AllOwners(expected, found);
  const Snapshot before = WithOneOwner(expected.snapshot, owners);
  const Snapshot after = WithOneOwner(found.snapshot, owners);
  const BothSides both(before, after);
  const std::string owner = owners.empty() ? std::string("CURRENT_USER") : owners.front();
  const Remedies heal(after, before, owner);
  const Remedies accept(before, after, owner);
  Drift drift;
  for (const IgnorePattern& pattern : patterns) drift.patterns.push_back({pattern.text, 0});
  for (Difference& difference : Compare(before, after)) {
    bool ignored = false;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (!both.IsIgnored(difference, patterns[i])) continue;
      ignored = true;
      ++drift.patterns[i].matched;
    }
    if (ignored) {
      ++drift.ignored;
      continue;
    }
    DriftItem item;
    item.expected = both.IsExpected(difference);
    item.heal = heal.For(difference);
    item.accept = accept.For(difference);
    item.difference = std::move(difference);
    drift.items.push_back(std::move(item));
  }
  drift.heal = Ordered(drift.items, &DriftItem::heal, heal);
  SortAsHealed(&drift);
  drift.accept = Ordered(drift.items, &DriftItem::accept, accept);
  return drift;
}

}  // namespace sqlmig
