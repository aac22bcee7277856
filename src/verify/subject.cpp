#include "verify/subject.h"

#include <algorithm>

#include <fmt/format.h>

#include "manifest/probes.h"

namespace sqlmig {
namespace {

Plan PlanOf(const Situation& situation, Direction direction) {
  Plan plan;
  for (const Node node : situation.graph.Order()) {
    Step step;
    step.id = situation.graph.id(node);
    step.direction = direction;
    step.transactional = situation.migration[node]->transactional(direction);
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

}  // namespace

Subject::Subject(const Manifest& manifest, const DatabaseEntry& database, const VerifyOptions& options)
    : manifest_(manifest),
      database_(database),
      data_(options.data),
      situation_(MakeSituation(database, manifest, nothing_applied_)) {
  Prepare();
  proved_.assign(size(), 1);
  for (std::size_t rank = 0; rank < size(); ++rank) {
    if (options.base && options.base->contains(At(rank).id.str())) proved_[rank] = 0;
  }
  FindPairs();
  for (const ProbeQuery& query : ReadProbes(manifest, database)) {
    probes_.push_back({query.sql, manifest.Location(query.declared_at)});
  }
  if (data_) data_rank_ = DataRank();
}

void Subject::Prepare() {
  ScriptStore store(manifest_, database_);
  std::vector<Error> problems;
  const auto prepare = [&](Direction direction) -> std::vector<PreparedStep> {
    try {
      return store.Prepare(PlanOf(situation_, direction), situation_, NoStoredScript);
    } catch (const Error& error) {
      problems.push_back(error);
      return {};
    }
  };
  up_ = prepare(Direction::kUp);
  down_ = prepare(Direction::kDown);
  if (problems.size() == 2) {
    std::vector<Error> also = problems[0].also();
    also.push_back(problems[1]);
    also.insert(also.end(), problems[1].also().begin(), problems[1].also().end());
    throw std::move(problems[0]).Also(std::move(also));
  }
  if (!problems.empty()) throw problems[0];
}

void Subject::FindPairs() {
  ancestors_.assign(size(), std::vector<bool>(size()));
  for (std::size_t rank = 0; rank < size(); ++rank) {
    std::vector<bool>& own = ancestors_[rank];
    for (const Node dependency : graph().DependenciesOf(NodeAt(rank))) {
      const std::size_t before = graph().Rank(dependency);
      own[before] = true;
      for (std::size_t i = 0; i < before; ++i) {
        if (ancestors_[before][i]) own[i] = true;
      }
    }
  }
  has_pair_.assign(size(), 0);
  for (std::size_t later = 0; later < size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (IsPair(earlier, later)) has_pair_[earlier] = has_pair_[later] = 1;
    }
  }
}

bool Subject::IsPair(std::size_t a, std::size_t b) const {
  if (a == b || (!IsProved(a) && !IsProved(b))) return false;
  return !DependsOn(std::max(a, b), std::min(a, b));
}

// Without a word: where the base ends, else before the last migration.
std::size_t Subject::DataRank() const {
  if (data_->at) {
    const auto node = graph().Find(data_->at->str());
    if (node) return graph().Rank(*node) + 1;
    throw Error(ErrorCode::kTarget, fmt::format("--data names the unknown migration {}", data_->at->str()))
        .Hint("write FILE.sql@ID with the id of a migration of this database");
  }
  const bool some_in_base = std::find(proved_.begin(), proved_.end(), 0) != proved_.end();
  if (some_in_base) {
    return static_cast<std::size_t>(std::find(proved_.begin(), proved_.end(), 1) - proved_.begin());
  }
  return size() == 0 ? 0 : size() - 1;
}

}  // namespace sqlmig
