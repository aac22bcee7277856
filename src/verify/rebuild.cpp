#include "verify/rebuild.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "verify/cause_place.h"
#include "verify/guest_roles.h"
#include "verify/one_owner.h"
#include "verify/server_turn.h"

namespace sqlmig {
namespace {

Error NotRebuilt(Error error, const PreparedStep& step) {
  error.AddContext(fmt::format("while what the applied migrations say is rebuilt: {} failed", step.step.id.str()));
  const bool role_is_there = error.sql().sqlstate == "42710" && error.message().find("role ") != std::string::npos;
  error.SetHint(
      role_is_there
          ? "roles belong to the whole server, and this one has it already; rebuild on another server "
            "(--shadow-url), or compare with a stored snapshot (--against)"
          : "if the live server has something that this one lacks, rebuild on one that has it (--shadow-url), "
            "or compare with a stored snapshot (--against)");
  return error;
}

// An item's object after one step, and after the one before.
class Tracked {
 public:
  explicit Tracked(const Difference& difference) : difference_(difference) {}

  // Whether the step between the two made it, or changed what the item is about.
  bool Changes(const CatalogObject* before, const CatalogObject* after) const {
    if (after == nullptr) return false;
    if (before == nullptr) return true;
    if (difference_.what == "object") return false;
    if (difference_.what == "parent") return before->parent != after->parent;
    return PropertyOf(*before, difference_.what) != PropertyOf(*after, difference_.what);
  }

 private:
  const Difference& difference_;
};

}  // namespace

std::vector<PreparedStep> PrepareApplied(const Manifest& manifest, const DatabaseEntry& database,
                                         const std::vector<MigrationId>& applied) {
  const LedgerState nothing;
  const Situation situation = MakeSituation(database, manifest, nothing);
  Plan plan;
  for (const MigrationId& id : applied) {
    const Migration& migration = *situation.migration[situation.graph.Find(id.str()).value()];
    Step step;
    step.id = id;
    step.direction = Direction::kUp;
    step.transactional = migration.transactional(Direction::kUp);
    plan.steps.push_back(std::move(step));
  }
  return ScriptStore(manifest, database).Prepare(plan, situation, NoStoredScript);
}

void Rebuild::RunSteps(const std::function<void(Replay& replay)>& begin,
                       const std::function<void(Replay& replay, std::size_t step)>& after) {
  const ServerGuard guard(work_.shadow);
  const ReplaySettings settings = guard.Guarded(work_.settings);
  const GuestRoles roles(work_.shadow, work_.steps);
  const ScratchDatabase database = work_.shadow.Create();
  MakeLedger(settings, database);
  Replay replay(settings, database);
  roles.Make(replay.connection(), work_.live_roles);
  begin(replay);
  for (std::size_t i = 0; i < work_.steps.size(); ++i) {
    if (const auto error = replay.Run(work_.steps[i])) throw NotRebuilt(*error, work_.steps[i]);
    after(replay, i);
    work_.observer(i + 1, work_.steps.size(), work_.steps[i].step.id);
  }
}

DescribedSchema Rebuild::Run() {
  DescribedSchema schema;
  schema.database = work_.database;
  schema.server_version = work_.shadow.server_version();
  const auto read = [&](Replay& replay) {
    schema.snapshot = replay.ReadSchema();
    schema.owners = ReadOwners(replay.connection(), work_.settings.ledger.schema());
  };
  const std::size_t last = work_.steps.size();
  RunSteps(
      [&](Replay& replay) {
        if (last == 0) read(replay);
      },
      [&](Replay& replay, std::size_t step) {
        if (step + 1 == last) read(replay);
      });
  for (const PreparedStep& step : work_.steps) schema.migrations.push_back(step.step.id);
  return schema;
}

void Rebuild::FindCauses(const std::vector<std::string>& owners, std::vector<DriftItem>* items) {
  std::vector<std::pair<Tracked, DriftItem*>> tracked;
  for (DriftItem& item : *items) {
    if (item.expected) tracked.emplace_back(Tracked(item.difference), &item);
  }
  if (tracked.empty()) return;
  Snapshot before;
  const auto read = [&](Replay& replay) { return WithOneOwner(replay.ReadSchema(), owners); };
  RunSteps([&](Replay& replay) { before = read(replay); },
           [&](Replay& replay, std::size_t step) {
             Snapshot after = read(replay);
             if (after.fingerprint() == before.fingerprint()) return;
             const ObjectIndex was(before);
             const ObjectIndex is(after);
             for (const auto& [change, item] : tracked) {
               const Difference& difference = item->difference;
               const CatalogObject* const now = is.Find(difference.kind, difference.object);
               if (!change.Changes(was.Find(difference.kind, difference.object), now)) continue;
               const PreparedStep& made = work_.steps[step];
               item->cause = DriftCause{made.step.id, PlaceInScript(made, *now, difference.what)};
             }
             before = std::move(after);
           });
}

}  // namespace sqlmig
