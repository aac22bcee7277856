// One database for tests of what plans: a manifest and a ledger from a few words, and the situation that they make.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifest/manifest.h"
#include "plan/planner.h"
#include "plan/situation.h"
#include "plan/target.h"
#include "testing/dag.h"

namespace sqlmig::testing {

inline std::vector<Dependency> Dependencies(const std::vector<std::string>& ids) {
  std::vector<Dependency> dependencies;
  for (const std::string& id : ids) dependencies.push_back({MigrationId::Trusted(id), {}});
  return dependencies;
}

inline Migration MakeMigration(const std::string& id, const std::vector<std::string>& depends_on) {
  return {MigrationId::Trusted(id), "", Dependencies(depends_on), {}, {}, "", true, true, {}, std::nullopt, {}, {}, {}};
}

// Two branches that are joined again.
inline constexpr const char* kMerged = "A; B1<-A; B2<-A; M<-B1,B2; C<-M";

// Change what the builder functions do not cover through entry(), state() and manifest(), then call Rebuild().
class World {
 public:
  explicit World(const DagNodes& nodes) {
    DatabaseEntry entry;
    entry.name = "default";
    for (const auto& [id, depends_on] : nodes) entry.migrations.push_back(MakeMigration(id, depends_on));
    manifest_.databases.push_back(std::move(entry));
    state_.exists = true;
    Rebuild();
  }
  explicit World(std::string_view dag) : World(Dag(dag)) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Rows in this order, with the manifest's dependencies. Blanks between ids: Apply("a b1 b2").
  World& Apply(std::string_view ids) { return Apply(SplitAt(ids, ' ')); }
  World& Apply(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
      AppliedMigration& row = AddRow(id);
      for (const Dependency& dependency : MigrationOf(id).depends_on) row.depends_on.push_back(dependency.id);
    }
    return Rebuild();
  }

  // Rows of ids that the manifest lacks, with what was recorded, in the words of Dag().
  World& ApplyUnknown(std::string_view dag) { return ApplyUnknown(Dag(dag)); }
  World& ApplyUnknown(const DagNodes& nodes) {
    for (const auto& [id, depends_on] : nodes) {
      AppliedMigration& row = AddRow(id);
      for (const std::string& dependency : depends_on) row.depends_on.push_back(MigrationId::Trusted(dependency));
    }
    return Rebuild();
  }

  World& Tag(const std::string& name, std::string_view ids) {
    manifest_.tags[name] = Dependencies(SplitAt(ids, ' '));
    return Rebuild();
  }

  World& Rebuild() {
    situation_ = std::make_unique<Situation>(MakeSituation(entry(), manifest_, state_));
    return *this;
  }

  Manifest& manifest() { return manifest_; }
  DatabaseEntry& entry() { return manifest_.databases.front(); }
  LedgerState& state() { return state_; }
  const Situation& situation() const { return *situation_; }
  const Graph& graph() const { return situation_->graph; }

  Migration& MigrationOf(std::string_view id) {
    return *std::find_if(entry().migrations.begin(), entry().migrations.end(),
                         [&](const Migration& migration) { return migration.id.str() == id; });
  }
  AppliedMigration& RowOf(std::string_view id) {
    return *std::find_if(state_.rows.begin(), state_.rows.end(),
                         [&](const AppliedMigration& row) { return row.id.str() == id; });
  }

  NodeSet SetOf(const std::vector<std::string>& ids) const {
    NodeSet set = graph().EmptySet();
    for (const std::string& id : ids) set.Insert(graph().Find(id).value());
    return set;
  }
  // In plan order.
  std::vector<std::string> Names(const NodeSet& nodes) const {
    std::vector<std::string> names;
    for (const Node node : graph().Sorted(nodes)) names.push_back(graph().id(node).str());
    return names;
  }

 private:
  AppliedMigration& AddRow(const std::string& id) {
    AppliedMigration& row = state_.rows.emplace_back();
    row.id = MigrationId::Trusted(id);
    row.ordinal = static_cast<std::int64_t>(state_.rows.size());
    return row;
  }

  Manifest manifest_;
  LedgerState state_;
  std::unique_ptr<Situation> situation_;
};

// "-C -M +B2": down and up; a late one has '~' behind, one whose script comes from the ledger '*'.
inline std::string Short(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    text += text.empty() ? "" : " ";
    text += (step.direction == Direction::kUp ? "+" : "-") + step.id.str() + (step.late ? "~" : "") +
            (step.from_ledger ? "*" : "");
  }
  return text;
}

// "target: message; hint": all that a person reads of an error.
inline std::string Short(const Error& error) {
  return std::string(ErrorCodeName(error.code())) + ": " + error.message() +
         (error.hint().empty() ? "" : "; " + error.hint());
}

// What `verb` does with the targets: its plan, or its error. Verbs: apply, rollback, exact, stamp, and "run" with the
// run as target.
inline std::string Outcome(const World& world, std::string_view verb, const std::vector<std::string>& targets) {
  const Situation& situation = world.situation();
  try {
    if (verb == "apply") return Short(MakePlan(situation, GoalOfApply(ParseTargets(targets), situation)));
    if (verb == "stamp") return Short(MakePlan(situation, GoalOfStamp(ParseTargets(targets), situation)));
    RollbackRequest request;
    if (verb == "run") {
      request.run = targets.at(0);
    } else {
      request.terms = ParseTargets(targets);
      request.exact = verb == "exact";
    }
    const Plan plan = MakePlan(situation, GoalOfRollback(request, situation));
    CheckWayBack(situation, plan);
    return Short(plan);
  } catch (const Error& error) {
    return Short(error);
  }
}

}  // namespace sqlmig::testing
