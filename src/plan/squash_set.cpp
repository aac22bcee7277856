#include "plan/squash_set.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "plan/target.h"
#include "plan/wording.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::string_view kBetween = "..";

struct Ends {
  std::optional<Node> from;  // nothing: base
  Node to = 0;
};

// One migration, or base where that is allowed.
std::optional<Node> ResolveEnd(std::string_view text, const Situation& situation, bool may_be_base) {
  const std::vector<TargetTerm> terms = {ParseTarget(text)};
  if (terms[0].kind == TargetTerm::Kind::kCurrent || terms[0].kind == TargetTerm::Kind::kSteps) {
    throw Error(ErrorCode::kTarget, fmt::format("'{}' has no meaning without a database", text))
        .Hint("a squash is made from the manifest: name a migration, 'head', a tag or 'base'");
  }
  const ResolvedTargets resolved = ResolveTargets(terms, situation);
  if (resolved.base && may_be_base) return std::nullopt;
  const std::vector<Node> nodes = situation.graph.Sorted(resolved.nodes);
  if (nodes.size() == 1) return nodes.front();
  throw Error(ErrorCode::kTarget, nodes.empty()
                                      ? fmt::format("'{}' is no migration to squash up to", text)
                                      : fmt::format("'{}' names {} migrations, and a squash has one way in and one "
                                                    "way out: {}",
                                                    text, nodes.size(), List(nodes, situation.graph)))
      .Hint("name one migration on each side of '..'; 'sqlmig merge' joins heads");
}

// Ids may hold dots: the first place where both sides mean something.
Ends ParseRange(std::string_view range, const Situation& situation) {
  std::optional<Error> first;
  for (std::size_t at = range.find(kBetween); at != std::string_view::npos; at = range.find(kBetween, at + 1)) {
    try {
      Ends ends;
      ends.from = ResolveEnd(range.substr(0, at), situation, true);
      ends.to = ResolveEnd(range.substr(at + kBetween.size()), situation, false).value();
      return ends;
    } catch (const Error& error) {
      if (!first) first = error;
    }
  }
  if (first) throw *first;
  throw Error(ErrorCode::kTarget, fmt::format("'{}' is no range", Printable(range)))
      .Hint("write FROM..TO, such as base..20261122101500_create_users");
}

class Finder {
 public:
  Finder(const Ends& ends, const Situation& situation)
      : ends_(ends), graph_(situation.graph), situation_(situation), members_(graph_.EmptySet()) {}

  SquashSet Find() {
    Collect();
    CheckWayIn();
    CheckWayOut();
    CheckMembers();
    SquashSet set;
    set.nodes = graph_.Sorted(members_);
    set.from_base = !ends_.from;
    if (ends_.from) {
      const auto before = graph_.DependenciesOf(*ends_.from);
      set.depends_on.assign(before.begin(), before.end());
    }
    return set;
  }

 private:
  const std::string& Name(Node node) const { return graph_.id(node).str(); }

  NodeSet One(Node node) const {
    NodeSet one = graph_.EmptySet();
    one.Insert(node);
    return one;
  }

  void Collect() {
    members_ = graph_.AncestorsOf(One(ends_.to));
    if (ends_.from) {
      if (!members_.Contains(*ends_.from)) {
        throw Error(ErrorCode::kTarget, fmt::format("'{}' does not depend on '{}', so nothing is between them",
                                                    Name(ends_.to), Name(*ends_.from)))
            .Hint("write the older one first, FROM..TO");
      }
      NodeSet outside = members_;
      outside.EraseAll(graph_.DescendantsOf(One(*ends_.from)));
      members_.EraseAll(outside);
    }
    if (members_.size() > 1) return;
    throw Error(ErrorCode::kTarget, fmt::format("there is only one migration to squash: {}", Name(ends_.to)))
        .Hint("name a wider range");
  }

  void CheckWayIn() const {
    if (!ends_.from) return;
    members_.ForEach([&](Node node) {
      if (node == *ends_.from) return;
      for (const Node dependency : graph_.DependenciesOf(node)) {
        if (members_.Contains(dependency)) continue;
        throw Error(ErrorCode::kTarget,
                    fmt::format("a second way in: '{}' depends on '{}', which is not between '{}' and '{}'", Name(node),
                                Name(dependency), Name(*ends_.from), Name(ends_.to)))
            .Hint("begin further back, at a migration that both branches depend on, or at 'base'");
      }
    });
  }

  void CheckWayOut() const {
    members_.ForEach([&](Node node) {
      if (node == ends_.to) return;
      for (const Node dependant : graph_.DependantsOf(node)) {
        if (members_.Contains(dependant)) continue;
        throw Error(ErrorCode::kTarget, fmt::format("a second way out: '{}' depends on '{}', and not on '{}'",
                                                    Name(dependant), Name(node), Name(ends_.to)))
            .Hint(fmt::format("end the squash at '{}' or before it, or at a merge behind both", Name(node)));
      }
    });
  }

  // Databases that have what the inner squash replaces, and no row of its own, would not know the outer one.
  void CheckMembers() const {
    members_.ForEach([&](Node node) {
      const Migration& member = *situation_.migration[node];
      if (member.replaces.empty()) return;
      throw Error(ErrorCode::kTarget, fmt::format("'{}' is a squash itself, and some databases may know it only by "
                                                  "what it replaces",
                                                  member.id.str()))
          .Hint(
              "write its own row into each database with 'sqlmig stamp current', then remove its 'replaces' from "
              "the manifest, and squash");
    });
  }

  const Ends& ends_;
  const Graph& graph_;
  const Situation& situation_;
  NodeSet members_;
};

}  // namespace

SquashSet FindSquashSet(std::string_view range, const Situation& situation) {
  const Ends ends = ParseRange(range, situation);
  return Finder(ends, situation).Find();
}

}  // namespace sqlmig
