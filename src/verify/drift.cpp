#include "verify/drift.h"

#include <algorithm>
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
    if (!pattern.what.empty()) return false;
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
  const CatalogObject* Find(const ObjectReference& object) const {
    const CatalogObject* const expected = expected_.Find(object.kind, object.name);
    return expected != nullptr ? expected : found_.Find(object.kind, object.name);
  }

  ObjectIndex expected_;
  ObjectIndex found_;
};

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
  return drift;
}

}  // namespace sqlmig
