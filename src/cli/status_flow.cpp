#include "cli/status_flow.h"

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "cli/database_view.h"
#include "cli/fleet_flow.h"
#include "cli/progress.h"
#include "cli/run_flow.h"
#include "cli/unparsed_scripts.h"
#include "fleet/state_digest.h"
#include "plan/planner.h"
#include "report/fleet_text.h"
#include "support/counted.h"

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

// Throws but for a server that cannot be reached.
void ReadStatus(const Project& project, Context& context, const DatabaseEntry& database, const Conninfo& conninfo,
                DatabaseStatus* status) {
  try {
    status->ledger = Connect(project, context, database, conninfo, {})->ReadState();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConnection && error.code() != ErrorCode::kPooler) throw;
    status->state = DatabaseStatus::State::kUnreachable;
    status->error = error;
    LogError(context, "", error);
  }
}

// Members whose ledgers say the same are compared with the manifest once.
class FleetLook {
 public:
  FleetLook(const Project& project, const DatabaseEntry& database) : project_(project), database_(database) {}

  // What went wrong is in the group of the member alone, and given back.
  std::optional<Error> Add(std::size_t member, Context& context, const Conninfo& conninfo) {
    DatabaseStatus status;
    try {
      ReadStatus(project_, context, database_, conninfo, &status);
      if (!status.error) return Compared(member, std::move(status));
    } catch (const Error& error) {
      status.error = error;
    }
    return Alone(member, std::move(status));
  }

  void AddProblem(std::size_t member, const Error& error) {
    DatabaseStatus status;
    status.error = error;
    Alone(member, std::move(status));
  }

  // Groups with the most members first, then in the order of their first one.
  std::vector<MembersStatus> Groups(const std::vector<Member>& members) {
    std::vector<Group> groups;
    for (auto& [digest, group] : shared_) groups.push_back(std::move(group));
    for (Group& group : alone_) groups.push_back(std::move(group));
    for (Group& group : groups) std::sort(group.members.begin(), group.members.end());
    std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
      if (a.members.size() != b.members.size()) return a.members.size() > b.members.size();
      return a.members.front() < b.members.front();
    });
    std::vector<MembersStatus> shown;
    for (Group& group : groups) {
      MembersStatus& one = shown.emplace_back();
      for (const std::size_t member : group.members) one.names.push_back(members[member].name);
      const bool single = one.names.size() == 1;
      one.status = std::move(group.status);
      one.status.name = single ? fmt::format("{}/{}", database_.name, one.names[0])
                               : fmt::format("{}: {} ({})", database_.name, Counted(one.names.size(), "member"),
                                             ShownNames(one.names));
      one.status.choice = fmt::format("-d {}{}", database_.name, single ? " --only " + one.names[0] : "");
    }
    return shown;
  }

 private:
  struct Group {
    std::vector<std::size_t> members;
    DatabaseStatus status;
  };

  std::optional<Error> Compared(std::size_t member, DatabaseStatus status) {
    const std::string digest = StateDigest(status.ledger);
    const std::lock_guard lock(mutex_);
    const auto known = shared_.find(digest);
    if (known != shared_.end()) {
      known->second.members.push_back(member);
      return std::nullopt;
    }
    try {
      Compare(project_, database_, &status);
    } catch (const Error& error) {
      DatabaseStatus failed;
      failed.error = error;
      alone_.push_back({{member}, std::move(failed)});
      return error;
    }
    status.state = StateOf(status);
    shared_.emplace(digest, Group{{member}, std::move(status)});
    return std::nullopt;
  }

  std::optional<Error> Alone(std::size_t member, DatabaseStatus status) {
    std::optional<Error> error = status.error;
    const std::lock_guard lock(mutex_);
    alone_.push_back({{member}, std::move(status)});
    return error;
  }

  const Project& project_;
  const DatabaseEntry& database_;
  std::mutex mutex_;
  std::map<std::string, Group> shared_;  // by digest
  std::vector<Group> alone_;
};

}  // namespace

std::vector<Error> LookAtFleet(const Project& project, Context& context, const DatabaseEntry& database,
                               const FleetOptions& options, DatabaseStatus* status) {
  status->fleet = true;
  const std::vector<Member> members = ListMembers(project, context, database, options);
  FleetLook look(project, database);
  const FleetTurns turns =
      VisitMembers(context, database, members, options,
                   [&](std::size_t i, Context& own, const Conninfo& conninfo) { return look.Add(i, own, conninfo); });
  std::vector<Error> errors;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].problem && turns.errors[i]) look.AddProblem(i, *turns.errors[i]);
    if (turns.errors[i]) errors.push_back(*turns.errors[i]);
  }
  if (context.interrupt != nullptr && context.interrupt->requested()) {
    throw Error(ErrorCode::kSignal, "stopped by a signal");
  }
  status->groups = look.Groups(members);
  return errors;
}

void LookAtDatabase(const Project& project, Context& context, const DatabaseEntry& database, std::size_t selected,
                    DatabaseStatus* status) {
  const auto conninfo = FindConninfo(project, context, database, selected);
  if (!conninfo) {
    status->notice = FleetNotice(database);
    return;
  }
  ReadStatus(project, context, database, *conninfo, status);
  if (status->error) return;
  Compare(project, database, status);
  status->state = StateOf(*status);
}

}  // namespace sqlmig
