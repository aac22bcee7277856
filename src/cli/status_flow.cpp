#include "cli/status_flow.h"

#include "cli/database_view.h"
#include "cli/progress.h"
#include "cli/run_flow.h"
#include "cli/unparsed_scripts.h"
#include "plan/planner.h"

namespace sqlmig {
namespace {

std::vector<std::string> Names(const std::vector<MigrationId>& ids) {
  std::vector<std::string> names;
  for (const MigrationId& id : ids) names.push_back(id.str());
  return names;
}

DatabaseStatus::State StateOf(const DatabaseStatus& status) {
  using State = DatabaseStatus::State;
  if (!status.interrupted.empty()) return State::kInterrupted;
  if (!status.unknown.empty() || !status.edited.empty() || !status.late.empty() || !status.halfway.empty())
    return State::kDiverged;
  if (status.applied.empty() && !status.pending.empty()) return State::kEmpty;
  return status.pending.empty() ? State::kCurrent : State::kBehind;
}

void AddUnparsed(const Project& project, const Situation& situation, DatabaseStatus* status) {
  const UnparsedScripts scripts(project.manifest);
  for (const Node node : situation.graph.Sorted(situation.Pending())) {
    scripts.AddTo(*situation.migration[node], Direction::kUp, &status->not_parsed);
  }
}

void Compare(const Project& project, const DatabaseEntry& database, DatabaseStatus* status) {
  Situation situation = MakeSituation(database, project.manifest, status->ledger);
  ScriptStore store(project.manifest, database);
  for (const Node node : situation.applied_order) status->applied.push_back(situation.row[node]);
  for (std::size_t i = 0; i < database.migrations.size(); ++i) {
    if (situation.row[i] == nullptr || situation.row[i]->through_replaced) continue;
    const auto edit = store.Edited(database.migrations[i], *situation.row[i]);
    if (edit == ScriptStore::EditKind::kTokens) status->edited.push_back(situation.row[i]->id.str());
    if (edit == ScriptStore::EditKind::kLayout) status->relaid.push_back(situation.row[i]->id.str());
  }
  status->pending = IdsOf(situation.Pending(), situation.graph);
  AddUnparsed(project, situation, status);
  status->late = IdsOf(situation.Late(), situation.graph);
  status->unknown = IdsOf(situation.Unknown(), situation.graph);
  for (const HalfwaySquash& halfway : situation.halfway) {
    status->halfway.push_back(
        {situation.graph.id(halfway.squash).str(), Names(halfway.applied), Names(halfway.missing)});
  }
  status->interrupted = IdsOf(situation.Interrupted(), situation.graph);
  status->heads = IdsOf(situation.Heads(), situation.graph);
  status->current = IdsOf(situation.Current(), situation.graph);
  status->unfinished_runs = status->ledger.unfinished_runs;
  CheckScope(project, database, situation, status->ledger);
  status->put_together = std::move(situation.put_together);  // status->applied points to them
}

}  // namespace

void LookAtDatabase(const Project& project, Context& context, const DatabaseEntry& database, std::size_t selected,
                    DatabaseStatus* status) {
  const auto conninfo = FindConninfo(project, context, database, selected);
  if (!conninfo) {
    status->notice = FleetNotice(database);
    return;
  }
  try {
    status->ledger = Connect(project, context, database, *conninfo, {})->ReadState();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConnection && error.code() != ErrorCode::kPooler) throw;
    status->state = DatabaseStatus::State::kUnreachable;
    status->error = error;
    LogError(context, "", error);
    return;
  }
  Compare(project, database, status);
  status->state = StateOf(*status);
}

}  // namespace sqlmig
