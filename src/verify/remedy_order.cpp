#include "verify/remedy_order.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "verify/remedy_rank.h"
#include "verify/used_names.h"

namespace sqlmig {
namespace {

using StepIndex = std::size_t;

void AddTree(const CatalogObject& object, const ObjectIndex& side, const ObjectIndex* other_side,
             std::vector<const CatalogObject*>* tree) {
  const CatalogObject* const other = other_side == nullptr ? nullptr : other_side->Find(object.kind, object.name);
  // The index of another table's, or of another constraint, only has the same name.
  if (other != nullptr && (object.kind != "index" || other->parent == object.parent)) return;
  tree->push_back(&object);
  for (const CatalogObject* child : side.ChildrenOf(object)) AddTree(*child, side, other_side, tree);
}

bool IsFunction(std::string_view kind) {
  return kind == "function" || kind == "procedure";
}

// Without a body in quotes: the server keeps no account of what such a body uses.
std::string_view WithoutBody(std::string_view routine) {
  return routine.substr(0, routine.find("\nAS $"));
}

void AddObject(const CatalogObject& object, UsedNames* names) {
  names->Add(object.name);
  names->Add(object.parent);
  for (const auto& [name, value] : object.properties) {
    if (name == "comment" || name == "owner" || name.starts_with(kPrivilegesOf)) continue;
    names->Add(name);  // of a publication "table public.users"
    names->Add(IsFunction(object.kind) ? WithoutBody(value) : std::string_view(value));
  }
}

bool IsUniqueKey(const CatalogObject& object) {
  const std::string& definition = PropertyOf(object, "definition");
  if (object.kind == "index") return definition.starts_with("CREATE UNIQUE");
  return object.kind == "constraint" && (definition.starts_with("PRIMARY KEY") || definition.starts_with("UNIQUE"));
}

// A foreign key does not say which unique key it stands on.
bool MayRefer(const UsedNames& names, const CatalogObject& key) {
  return names.Has("FOREIGN") && IsUniqueKey(key) && names.Has(ParentName(key));
}

// What can only be done to an object while nothing that is dropped uses it, and before what is made uses it.
bool IsStructural(const Difference& difference) {
  static constexpr std::array<std::string_view, 10> kStructural = {
      "type",       "collation", "not null", "identity",     "generated",
      "definition", "labels",    "inherits", "partition of", "partition bound"};
  return std::find(kStructural.begin(), kStructural.end(), difference.what) != kStructural.end();
}

bool BeginsWith(const std::string& statement, std::string_view words) {
  return std::string_view(statement).starts_with(words);
}

class Ordering {
 public:
  Ordering(const std::vector<Fix>& fixes, const ObjectIndex& from, const ObjectIndex& to) : fixes_(fixes) {
    for (std::size_t i = 0; i < fixes.size(); ++i) AddItem(i, from, to);
    for (const Item& item : items_) AddUses(item);
    AddPrimaryKeys();
    AddDefaultPrivileges();
    AddExtensions();
    AddProperties();
  }

  std::vector<RemedyStep> Run() {
    std::vector<RemedyStep> order;
    while (order.size() < nodes_.size()) {
      if (const auto item = WholeItem()) {
        while (items_[*item].done < items_[*item].count) Emit(Next(items_[*item]), &order);
        continue;
      }
      Emit(SingleNode(), &order);
    }
    return order;
  }

 private:
  struct Item {
    std::size_t first = 0;  // node
    std::size_t count = 0;
    std::size_t drops = 0;
    std::size_t done = 0;
    std::size_t waits = 0;  // edges from other items that are not done
    int rank = 0;
    const CatalogObject* object = nullptr;  // as it is, else as it will be
    std::vector<const CatalogObject*> made;
    std::vector<const CatalogObject*> dropped;
  };
  struct Step {
    std::size_t item = 0;
    UsedNames names;                               // in it
    std::optional<UsedNames> head;                 // without the body, which may name what is not there yet
    UsedNames before;                              // in what it drops or changes
    std::size_t needs = 0;                         // steps that must come before and have not yet
    std::size_t wishes = 0;                        // steps that should
    std::vector<std::pair<StepIndex, bool>> next;  // true: must
  };

  void AddItem(std::size_t index, const ObjectIndex& from, const ObjectIndex& to) {
    const Difference& difference = *fixes_[index].difference;
    const Remedy& remedy = *fixes_[index].remedy;
    const CatalogObject* const was = from.Find(difference.kind, difference.object);
    const CatalogObject* const will = to.Find(difference.kind, difference.object);
    Item item;
    item.first = nodes_.size();
    item.count = remedy.statements.size();
    item.drops = remedy.drops;
    item.object = was != nullptr ? was : will;
    item.rank = RemedyRank(difference, remedy, will);
    const bool anew = was != nullptr && will != nullptr && remedy.drops > 0;
    if (will != nullptr && (was == nullptr || anew)) AddTree(*will, to, anew ? nullptr : &from, &item.made);
    if (was != nullptr && (will == nullptr || anew)) AddTree(*was, from, anew ? nullptr : &to, &item.dropped);
    items_.push_back(std::move(item));
    for (const std::string& statement : remedy.statements) {
      Step step;
      step.item = index;
      step.names.Add(statement);
      if (IsFunction(difference.kind)) step.head.emplace(WithoutBody(statement));
      // An index is named there without its schema.
      if (difference.what == "replica identity" && will != nullptr) step.names.Add(PropertyOf(*will, difference.what));
      nodes_.push_back(std::move(step));
    }
    if (remedy.statements.empty()) return;
    AddObjects(items_[index], index);
    if (was != nullptr && items_[index].dropped.empty()) {
      UsedNames& before = nodes_.back().before;
      before.Add(was->parent);
      before.Add(PropertyOf(*was, difference.what));
      before.Add(difference.what);
    }
    for (std::size_t k = 1; k < remedy.statements.size(); ++k) {
      Link(items_[index].first + k - 1, items_[index].first + k, true);
    }
  }

  void AddObjects(const Item& item, std::size_t index) {
    for (const CatalogObject* object : item.made) Remember(*object, index, Maker(item, *object), &made_);
    for (const CatalogObject* object : item.dropped) {
      const StepIndex node = Dropper(item, *object);
      AddObject(*object, &nodes_[node].before);
      Remember(*object, index, node, &dropped_);
    }
  }

  struct Known {
    const CatalogObject* object;
    std::size_t item;
    StepIndex node;
  };
  using ByName = std::unordered_multimap<std::string, Known>;

  static void Remember(const CatalogObject& object, std::size_t item, StepIndex node, ByName* known) {
    const std::string name = NameToLookFor(object);
    if (!name.empty()) known->emplace(name, Known{&object, item, node});
  }

  // The statement that makes it: the first behind those that drop that names it.
  StepIndex Maker(const Item& item, const CatalogObject& object) const {
    const std::size_t begin = std::min(item.drops, item.count - 1);
    for (std::size_t k = begin; k < item.count; ++k) {
      if (nodes_[item.first + k].names.Uses(object)) return item.first + k;
    }
    return item.first + begin;
  }

  // The statement that drops it: the first that names it, else the last of those that drop.
  StepIndex Dropper(const Item& item, const CatalogObject& object) const {
    const std::size_t end = std::max<std::size_t>(item.drops, 1);
    for (std::size_t k = 0; k + 1 < end; ++k) {
      if (nodes_[item.first + k].names.Uses(object)) return item.first + k;
    }
    return item.first + end - 1;
  }

  void Link(StepIndex before, StepIndex after, bool must) {
    if (before == after) return;
    nodes_[before].next.emplace_back(after, must);
    ++(must ? nodes_[after].needs : nodes_[after].wishes);
    if (nodes_[before].item != nodes_[after].item) ++items_[nodes_[after].item].waits;
  }

  StepIndex LastDrop(const Item& item) const { return item.first + (item.drops > 0 ? item.drops : item.count) - 1; }

  template <typename Function>
  static void ForEachNamed(const UsedNames& names, const ByName& known, const Function& function) {
    for (const std::string& name : names.all()) {
      const auto [begin, end] = known.equal_range(name);
      for (auto at = begin; at != end; ++at) function(at->second);
    }
  }

  void AddUses(const Item& item) {
    if (item.count == 0) return;
    const auto index = static_cast<std::size_t>(&item - items_.data());
    const bool routine = item.object != nullptr && IsFunction(item.object->kind);
    for (std::size_t k = item.drops; k < item.count; ++k) {
      const StepIndex node = item.first + k;
      ForEachNamed(nodes_[node].names, made_, [&](const Known& made) {
        if (made.item == index || !nodes_[node].names.Uses(*made.object)) return;
        Link(made.node, node, !nodes_[node].head || nodes_[node].head->Uses(*made.object));
      });
      for (const auto& [name, made] : made_) {
        if (made.item == index) continue;
        const bool in_body = routine && NamesBare(nodes_[node].names, *made.object);
        if (in_body || MayRefer(nodes_[node].names, *made.object)) Link(made.node, node, !in_body);
      }
      ForEachNamed(nodes_[node].names, dropped_, [&](const Known& dropped) {
        // What is made takes a name that is still taken.
        const bool clash = dropped.item != index && Makes(item, *dropped.object);
        if (clash) Link(dropped.node, node, true);
      });
      if (!item.made.empty()) LinkChanged(item, node, false);
    }
    for (std::size_t k = 0; k < item.count; ++k) {
      const StepIndex node = item.first + k;
      const UsedNames& before = nodes_[node].before;
      ForEachNamed(before, dropped_, [&](const Known& dropped) {
        if (dropped.item != index && before.Uses(*dropped.object)) Link(node, dropped.node, true);
      });
      for (const auto& [name, dropped] : dropped_) {
        if (dropped.item != index && MayRefer(before, *dropped.object)) Link(node, dropped.node, true);
      }
      if (!item.dropped.empty()) LinkChanged(item, node, true);
    }
  }

  static bool NamesBare(const UsedNames& names, const CatalogObject& object) {
    if (!OwnerToLookFor(object).empty()) return false;
    const std::string name = NameToLookFor(object);
    const std::size_t dot = name.rfind('.');
    return dot != std::string::npos && names.Has(name.substr(dot + 1));
  }

  static bool Makes(const Item& item, const CatalogObject& object) {
    return std::any_of(item.made.begin(), item.made.end(), [&](const CatalogObject* made) {
      return NameToLookFor(*made) == NameToLookFor(object) && OwnerToLookFor(*made) == OwnerToLookFor(object);
    });
  }

  // What uses an object that another item changes is dropped before that, and made behind it.
  void LinkChanged(const Item& item, StepIndex node, bool dropped) {
    for (const Item& other : items_) {
      if (&other == &item || other.count == 0 || other.object == nullptr || !other.dropped.empty() ||
          !other.made.empty())
        continue;
      const auto index = static_cast<std::size_t>(&other - items_.data());
      const UsedNames& names = dropped ? nodes_[node].before : nodes_[node].names;
      if (!IsStructural(*fixes_[index].difference) || !names.Uses(*other.object)) continue;
      if (dropped) {
        Link(node, other.first, false);
      } else {
        Link(other.first + other.count - 1, node, false);
      }
    }
  }

  // A table has but one.
  void AddPrimaryKeys() {
    const auto is_key = [](const CatalogObject& object) {
      return object.kind == "constraint" && PropertyOf(object, "definition").starts_with("PRIMARY KEY");
    };
    for (const auto& [old_name, dropped] : dropped_) {
      if (!is_key(*dropped.object)) continue;
      for (const auto& [new_name, made] : made_) {
        const bool same_table = is_key(*made.object) && made.object->parent == dropped.object->parent;
        if (same_table && made.item != dropped.item) Link(dropped.node, made.node, true);
      }
    }
  }

  // They act on what is made from then on.
  void AddDefaultPrivileges() {
    for (StepIndex node = 0; node < nodes_.size(); ++node) {
      const std::size_t index = nodes_[node].item;
      const std::string& statement = fixes_[index].remedy->statements[node - items_[index].first];
      if (!BeginsWith(statement, "ALTER DEFAULT PRIVILEGES")) continue;
      for (const Item& item : items_) {
        const bool makes = !item.made.empty() && item.count > 0 && item.object->kind != "default privileges";
        if (makes && &item != &items_[index])
          Link(item.first + (item.object->kind == "schema" ? 0 : item.count - 1), node, false);
      }
    }
  }

  // Nobody says who uses members of an extension.
  void AddExtensions() {
    for (const Item& extension : items_) {
      if (extension.count == 0 || extension.object == nullptr || extension.object->kind != "extension") continue;
      for (const Item& item : items_) {
        if (item.count == 0 || item.object == nullptr || item.object->kind == "extension") continue;
        if (item.object->kind == "schema") continue;
        if (!extension.made.empty() && !item.made.empty()) Link(extension.first, item.first + item.drops, false);
        if (!extension.made.empty() && item.made.empty() && item.dropped.empty())
          Link(extension.first, item.first, false);
        if (!extension.dropped.empty() && extension.made.empty()) Link(LastDrop(item), extension.first, false);
      }
    }
  }

  // Several properties of one object.
  void AddProperties() {
    std::map<const CatalogObject*, std::vector<std::size_t>> together;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].count > 0 && items_[i].object != nullptr) together[items_[i].object].push_back(i);
    }
    for (auto& [object, list] : together) {
      std::stable_sort(list.begin(), list.end(),
                       [&](std::size_t a, std::size_t b) { return items_[a].rank < items_[b].rank; });
      for (std::size_t k = 1; k < list.size(); ++k) {
        const Item& first = items_[list[k - 1]];
        Link(first.first + first.count - 1, items_[list[k]].first, true);
      }
    }
  }

  StepIndex Next(const Item& item) const { return item.first + item.done; }

  // The first of those that can be done to their end.
  std::optional<std::size_t> WholeItem() const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      if (item.done == item.count || item.waits > 0) continue;
      // What was begun is brought to its end first.
      const auto key = [&](std::size_t n) { return std::make_pair(items_[n].done == 0, items_[n].rank); };
      if (!best || key(i) < key(*best)) best = i;
    }
    return best;
  }

  // The first of those next in their items that need nothing more; else wish for nothing; else any.
  StepIndex SingleNode() const {
    std::optional<std::tuple<bool, bool, int, StepIndex>> best;
    for (const Item& item : items_) {
      if (item.done == item.count) continue;
      const StepIndex node = Next(item);
      const std::tuple<bool, bool, int, StepIndex> key(nodes_[node].needs > 0, nodes_[node].wishes > 0, item.rank,
                                                       node);
      if (!best || key < *best) best = key;
    }
    return std::get<StepIndex>(*best);
  }

  void Emit(StepIndex node, std::vector<RemedyStep>* order) {
    Item& item = items_[nodes_[node].item];
    order->push_back({nodes_[node].item, node - item.first});
    ++item.done;
    for (const auto& [after, must] : nodes_[node].next) {
      --(must ? nodes_[after].needs : nodes_[after].wishes);
      if (nodes_[after].item != nodes_[node].item) --items_[nodes_[after].item].waits;
    }
  }

  const std::vector<Fix>& fixes_;
  std::vector<Item> items_;
  std::vector<Step> nodes_;
  ByName made_;
  ByName dropped_;
};

}  // namespace

std::vector<RemedyStep> OrderRemedies(const std::vector<Fix>& fixes, const ObjectIndex& from, const ObjectIndex& to) {
  return Ordering(fixes, from, to).Run();
}

}  // namespace sqlmig
