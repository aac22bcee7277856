#include "cli/half_done.h"

#include <algorithm>

#include <fmt/format.h>

#include "support/counted.h"

namespace sqlmig {
namespace {

// A half-done step that nothing may be built on.
Error HalfDoneError(const DatabaseEntry& database, const AppliedMigration& row) {
  const bool up = row.status == AppliedStatus::kApplying;
  const std::string& id = row.id.str();
  return Error(ErrorCode::kInterrupted,
               fmt::format("{}: the {} script of {}, which runs without a transaction, is half done: {} finished",
                           database.name, up ? "up" : "down", id,
                           Counted(static_cast<std::size_t>(row.statements_done), "statement")))
      .Hint(fmt::format("{} goes on where it was interrupted; or finish or undo it by hand, and then 'sqlmig repair {} "
                        "--resolve applied' or '--resolve pending'",
                        up ? fmt::format("'sqlmig apply {}'", id) : "the rollback that was interrupted, given again,",
                        id));
}

}  // namespace

// What a squash replaces can only be finished by a release that has its script.
Error HalfDoneIn(const DatabaseEntry& database, const AppliedMigration& row, const Situation& situation) {
  Error error = HalfDoneError(database, row);
  const auto squash = situation.replaced_by.find(row.id.str());
  if (squash == situation.replaced_by.end()) return error;
  error.SetHint(fmt::format("'{}' replaces it: check out the release before the squash and finish it there",
                            situation.graph.id(squash->second).str()));
  return error;
}

void ResumeFirst(const DatabaseEntry& database, const Situation& situation, Plan* plan) {
  for (const Node node : situation.graph.Sorted(situation.Interrupted())) {
    const AppliedMigration& row = *situation.row[node];
    const bool up = row.status == AppliedStatus::kApplying;
    const auto found = std::find_if(plan->steps.begin(), plan->steps.end(), [&](const Step& step) {
      return step.id == row.id && (step.direction == Direction::kUp) == up;
    });
    if (found == plan->steps.end()) throw HalfDoneIn(database, row, situation);
    if (found->transactional) {
      throw Error(
          ErrorCode::kInterrupted,
          fmt::format("{}: {} was begun without a transaction and is half done, but the manifest lets it run in "
                      "one now",
                      database.name, row.id.str()))
          .Hint(
              fmt::format("put 'transaction: false' back until it is finished; or finish or undo it by hand, and then "
                          "'sqlmig repair {} --resolve applied' or '--resolve pending'",
                          row.id.str()));
    }
    found->reason = fmt::format("half done, goes on with statement {}", row.statements_done + 1);
    std::rotate(plan->steps.begin(), found, std::next(found));
  }
}

}  // namespace sqlmig
