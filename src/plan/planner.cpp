#include "plan/planner.h"

#include <algorithm>

#include <fmt/format.h>

#include "plan/wording.h"
#include "support/counted.h"

namespace sqlmig {
namespace {

// A pending ancestor is there because something that was asked for needs it: the first dependant on the way.
std::string WhyUp(Node node, const Situation& situation, const NodeSet& targets, const NodeSet& goal, bool all_heads) {
  if (targets.Contains(node)) return all_heads ? "head" : "target";
  for (const Node dependant : situation.graph.DependantsOf(node)) {
    if (goal.Contains(dependant)) return fmt::format("{} depends on it", situation.graph.id(dependant).str());
  }
  return "target";
}

Goal GoalOfSteps(std::int64_t steps, const Situation& situation) {
  if (steps < 0) {
    throw Error(ErrorCode::kTarget, fmt::format("'{}' is a way back", steps)).Hint("use 'sqlmig rollback' with it");
  }
  const std::vector<Node> pending = situation.graph.Sorted(situation.Pending());
  if (static_cast<std::size_t>(steps) > pending.size()) {
    throw Error(ErrorCode::kTarget,
                fmt::format("'+{}' leads outside: {} pending", steps, Counted(pending.size(), "migration")))
        .Hint("use 'heads' for all that is pending");
  }
  Goal goal{situation.applied,
            [steps](Node) { return steps == 1 ? std::string("next step") : fmt::format("one of the next {}", steps); }};
  for (std::size_t i = 0; i < static_cast<std::size_t>(steps); ++i) goal.applied.Insert(pending[i]);
  return goal;
}

// The least number of last applied steps, these among them, that leaves a closed rest.
std::size_t StepsToUndo(const std::vector<Node>& undone, const Situation& situation) {
  const auto& order = situation.applied_order;
  const std::vector<std::size_t> place = [&] {
    std::vector<std::size_t> places(situation.graph.size(), order.size());
    for (std::size_t i = 0; i < order.size(); ++i) places[order[i]] = i;
    return places;
  }();
  std::size_t first = order.size();
  for (const Node node : undone) first = std::min(first, place[node]);
  for (std::size_t i = order.size(); i > first;) {
    for (const Node dependant : situation.graph.DependantsOf(order[--i])) {
      first = std::min(first, place[dependant]);
    }
  }
  return order.size() - first;
}

// The last applied steps in recorded order; the rest must be closed.
Goal GoalWithout(const std::vector<Node>& undone, const Situation& situation, const std::string& why) {
  Goal goal{situation.applied, [why](Node) { return why; }};
  for (const Node node : undone) goal.applied.Erase(node);
  std::vector<Node> dependants;
  goal.applied.ForEach([&](Node node) {
    for (const Node dependency : situation.graph.DependenciesOf(node)) {
      if (situation.applied.Contains(dependency) && !goal.applied.Contains(dependency)) {
        dependants.push_back(node);
        return;
      }
    }
  });
  if (!dependants.empty()) {
    throw Error(ErrorCode::kTarget, fmt::format("cannot undo {}: applied migrations depend on that: {}",
                                                List(undone, situation.graph), List(dependants, situation.graph)))
        .Hint(fmt::format("'sqlmig rollback -{}' undoes those too; 'sqlmig apply' then brings back what shall stay",
                          StepsToUndo(undone, situation)));
  }
  return goal;
}

Goal GoalOfLast(std::size_t count, const Situation& situation) {
  const auto& order = situation.applied_order;
  if (count > order.size()) {
    throw Error(ErrorCode::kTarget,
                fmt::format("'-{}' leads outside: {} applied", count, Counted(order.size(), "migration")))
        .Hint("use 'base' to undo all");
  }
  const std::vector<Node> undone(order.end() - static_cast<std::ptrdiff_t>(count), order.end());
  return GoalWithout(undone, situation, count == 1 ? "last applied" : fmt::format("one of the last {} applied", count));
}

Goal GoalOfRun(const std::string& run, const Situation& situation) {
  if (situation.applied_order.empty())
    throw Error(ErrorCode::kTarget, "nothing is applied, so there is no run to undo");
  std::string wanted = run;
  if (run == "last") wanted = situation.row[situation.applied_order.back()]->run;
  std::vector<Node> undone;
  std::vector<std::string> runs;
  for (const Node node : situation.applied_order) {
    if (!situation.row[node]->run.starts_with(wanted)) continue;
    undone.push_back(node);
    if (std::find(runs.begin(), runs.end(), situation.row[node]->run) == runs.end())
      runs.push_back(situation.row[node]->run);
  }
  if (wanted.empty() || undone.empty()) {
    throw Error(ErrorCode::kTarget, fmt::format("nothing that is applied came from run '{}'", run))
        .Hint("'sqlmig log' lists the runs");
  }
  if (runs.size() > 1) {
    throw Error(ErrorCode::kTarget,
                fmt::format("'{}' is the beginning of several runs: {}", run, fmt::join(runs, ", ")))
        .Hint("type more of the run's id");
  }
  return GoalWithout(undone, situation, "applied by run " + wanted);
}

Goal GoalOfExact(const ResolvedTargets& targets, const Situation& situation) {
  Goal goal{situation.graph.AncestorsOf(targets.nodes),
            [](Node) { return std::string("not an ancestor of the target"); }};
  if (goal.applied.IsSubsetOf(situation.applied)) return goal;
  NodeSet missing = goal.applied;
  missing.EraseAll(situation.applied);
  throw Error(ErrorCode::kTarget, fmt::format("a rollback cannot apply what is missing: {}",
                                              List(situation.graph.Sorted(missing), situation.graph)))
      .Hint("'sqlmig apply' comes first, or name a target whose ancestors are all applied");
}

Goal GoalOfDescendants(const ResolvedTargets& targets, const Situation& situation) {
  const Graph& graph = situation.graph;
  if (targets.base) {
    if (!targets.nodes.empty()) throw Error(ErrorCode::kTarget, "'base' stands alone").Hint("name one target");
    return {graph.EmptySet(), [](Node) { return std::string("back to base"); }};
  }
  const std::vector<Node> named = graph.Sorted(targets.nodes);
  if (named.empty()) {
    throw Error(ErrorCode::kTarget, "there are no migrations to roll back to").Hint("use 'base' to undo all");
  }
  if (named.size() != 1) {
    throw Error(ErrorCode::kTarget,
                fmt::format("a rollback takes one target, this is {}: {}", named.size(), List(named, graph)))
        .Hint("'sqlmig rollback --exact' goes back to the ancestors of several targets");
  }
  if (!situation.applied.Contains(named.front())) {
    throw Error(ErrorCode::kTarget,
                fmt::format("'{}' is not applied, so nothing can be rolled back to it", graph.id(named.front()).str()))
        .Hint("'sqlmig current' and 'sqlmig status' show what is applied");
  }
  NodeSet removed = graph.DescendantsOf(targets.nodes);
  removed.Erase(named.front());
  Goal goal{situation.applied, {}};
  goal.applied.EraseAll(removed);
  goal.why = [text = "depends on " + graph.id(named.front()).str()](Node) { return text; };
  return goal;
}

Step MakeStep(Node node, Direction direction, const Situation& situation, const Goal& goal) {
  Step step{situation.graph.id(node), direction};
  const Migration* migration = situation.migration[node];
  step.transactional =
      migration != nullptr ? migration->transactional(direction) : situation.row[node]->down_transaction;
  step.from_ledger = migration == nullptr;
  step.reason = goal.why(node);
  return step;
}

// Down of a squash says nothing of a database where the migrations that it replaces were applied one by one.
void RequireNothingBehind(Node node, const Situation& situation) {
  const auto behind = situation.behind.find(node);
  if (behind == situation.behind.end()) return;
  const std::string& id = situation.graph.id(node).str();
  throw Error(ErrorCode::kIrreversible,
              fmt::format("'{}' cannot be rolled back: here it stands for {} applied one by one", id,
                          Counted(behind->second.size(), "migration")))
      .Hint(
          "roll back with a checkout from before the squash, which has their scripts, or write a new migration that "
          "goes forward");
}

// Some of what a squash replaces is applied: neither running it nor leaving it out would be right.
void CheckHalfway(const Situation& situation, const Plan& plan) {
  for (const HalfwaySquash& halfway : situation.halfway) {
    const MigrationId& squash = situation.graph.id(halfway.squash);
    const bool wanted = std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& step) {
      return step.id == squash && step.direction == Direction::kUp;
    });
    if (wanted) throw HalfwayError(halfway, situation);
  }
}

void RequireWayBack(Node node, const Situation& situation) {
  RequireNothingBehind(node, situation);
  const Migration* migration = situation.migration[node];
  const AppliedMigration* row = situation.row[node];
  const std::string& id = situation.graph.id(node).str();
  if (migration != nullptr) {
    if (migration->down.kind != ScriptRef::Kind::kMissing) return;
    throw Error(ErrorCode::kIrreversible,
                fmt::format("'{}' cannot be rolled back: {}", id,
                            migration->irreversible.empty() ? "it is irreversible" : migration->irreversible))
        .Hint("write a new migration that goes forward, or give it a down script");
  }
  if (row->down_kind == DownKind::kScript || row->down_kind == DownKind::kNone) return;
  throw Error(ErrorCode::kIrreversible,
              fmt::format("'{}' cannot be rolled back: this checkout lacks it, and {}", id,
                          row->down_kind == DownKind::kSecret
                              ? "its down script holds a secret, so the ledger has only its hash"
                              : "it was declared irreversible"))
      .Hint("use a checkout that has this migration");
}

}  // namespace

Goal GoalOfApply(const std::vector<TargetTerm>& terms, const Situation& situation) {
  const bool everything = terms.empty();
  ResolvedTargets targets{situation.graph.EmptySet()};
  if (everything) {
    targets.nodes = situation.Heads();
  } else {
    targets = ResolveTargets(terms, situation);
  }
  if (targets.steps != 0) return GoalOfSteps(targets.steps, situation);
  Goal goal{situation.graph.AncestorsOf(targets.nodes), {}};
  const bool all_heads = everything || targets.nodes == situation.Heads();
  goal.why = [&situation, named = targets.nodes, wanted = goal.applied, all_heads](Node node) {
    return WhyUp(node, situation, named, wanted, all_heads);
  };
  goal.applied.InsertAll(situation.applied);
  return goal;
}

Goal GoalOfRollback(const RollbackRequest& request, const Situation& situation) {
  if (request.run) {
    if (!request.terms.empty() || request.exact) {
      throw Error(ErrorCode::kUsage, "--run undoes one run and takes no target").Hint("leave out the target, or --run");
    }
    return GoalOfRun(*request.run, situation);
  }
  if (request.terms.empty()) {
    if (request.exact) throw Error(ErrorCode::kUsage, "--exact needs a target").Hint("name what shall be left applied");
    if (situation.applied_order.empty()) return {situation.applied, {}};
    return GoalOfLast(1, situation);
  }
  const ResolvedTargets targets = ResolveTargets(request.terms, situation);
  if (targets.steps > 0) {
    throw Error(ErrorCode::kTarget, fmt::format("'+{}' is a way forward", targets.steps))
        .Hint("use 'sqlmig apply' with it");
  }
  if (targets.steps < 0) {
    if (request.exact) throw Error(ErrorCode::kUsage, "--exact takes ids, not a number of steps");
    return GoalOfLast(static_cast<std::size_t>(-targets.steps), situation);
  }
  return request.exact ? GoalOfExact(targets, situation) : GoalOfDescendants(targets, situation);
}

Goal GoalOfStamp(const std::vector<TargetTerm>& terms, const Situation& situation) {
  const ResolvedTargets targets = ResolveTargets(terms, situation);
  if (targets.steps != 0) {
    throw Error(ErrorCode::kTarget, "a stamp takes ids, not a number of steps")
        .Hint("name what shall count as applied");
  }
  Goal goal{situation.graph.AncestorsOf(targets.nodes), {}};
  goal.why = [applied = goal.applied](Node node) {
    return std::string(applied.Contains(node) ? "stamped" : "not an ancestor of the target");
  };
  return goal;
}

Plan MakePlan(const Situation& situation, const Goal& goal) {
  NodeSet removed = situation.applied;
  removed.EraseAll(goal.applied);
  NodeSet added = goal.applied;
  added.EraseAll(situation.applied);
  const NodeSet late = situation.Late();

  Plan plan;
  plan.steps.reserve(removed.size() + added.size());
  std::vector<Node> down = situation.graph.Sorted(removed);
  std::reverse(down.begin(), down.end());
  for (const Node node : down) plan.steps.push_back(MakeStep(node, Direction::kDown, situation, goal));
  for (const Node node : situation.graph.Sorted(added)) {
    if (situation.migration[node] == nullptr) {
      throw Error(ErrorCode::kTarget,
                  fmt::format("'{}' cannot be applied: this checkout lacks it", situation.graph.id(node).str()));
    }
    plan.steps.push_back(MakeStep(node, Direction::kUp, situation, goal));
    plan.steps.back().late = late.Contains(node);
  }
  return plan;
}

void CheckWayBack(const Situation& situation, const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (step.direction == Direction::kDown) RequireWayBack(situation.graph.Find(step.id.str()).value(), situation);
  }
}

Error HalfwayError(const HalfwaySquash& halfway, const Situation& situation) {
  return Error(ErrorCode::kLedger,
               fmt::format("'{}' replaces {} migrations, and the database has only {} of them; it lacks {}",
                           situation.graph.id(halfway.squash).str(), halfway.applied.size() + halfway.missing.size(),
                           halfway.applied.size(), List(halfway.missing)))
      .Hint(fmt::format(
          "check out the release before the squash and run 'sqlmig apply {}' there; then go on with this one",
          halfway.missing.back().str()));
}

void RequireWholeSquashes(const Situation& situation) {
  if (!situation.halfway.empty()) throw HalfwayError(situation.halfway.front(), situation);
}

void CheckPolicies(const Situation& situation, const Plan& plan, const Defaults& defaults) {
  const Graph& graph = situation.graph;
  CheckHalfway(situation, plan);
  if (defaults.heads == HeadsPolicy::kSingle && situation.Heads().size() > 1) {
    throw Error(ErrorCode::kHeads, fmt::format("the manifest asks for a single head, there are {}: {}",
                                               situation.Heads().size(), List(graph.Sorted(situation.Heads()), graph)))
        .Hint("join them with 'sqlmig merge'");
  }
  if (defaults.unknown == Allowance::kRefuse && !situation.Unknown().empty()) {
    throw Error(ErrorCode::kUnknown, fmt::format("the ledger holds migrations that this checkout lacks: {}",
                                                 List(graph.Sorted(situation.Unknown()), graph)))
        .Hint("use a newer checkout, or set 'unknown: allow' under 'defaults:'");
  }
  if (defaults.late != Allowance::kRefuse) return;
  std::vector<Node> late;
  for (const Step& step : plan.steps) {
    if (step.late) late.push_back(graph.Find(step.id.str()).value());
  }
  if (late.empty()) return;
  throw Error(ErrorCode::kLate,
              fmt::format("the manifest refuses migrations below what is applied: {}", List(late, graph)))
      .Hint("make them depend on the current head, or set 'late: allow' under 'defaults:'");
}

}  // namespace sqlmig
