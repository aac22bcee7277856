#include "verify/alone.h"

#include <algorithm>

#include <fmt/format.h>

#include "verify/commute.h"

namespace sqlmig {

bool HasFailure(const RoundTripResult& result) {
  return std::any_of(result.findings.begin(), result.findings.end(),
                     [](const VerifyFinding& finding) { return !finding.note; });
}

// What several have in common is walked once.
Walk& AloneTrials::WalkTo(std::size_t trunk) {
  if (!trunk_ || trunk_->rank() > trunk) trunk_.emplace(world_);
  while (trunk_->rank() < trunk) trunk_->Next();
  return *trunk_;
}

std::optional<RoundTripResult> AloneTrials::Try(std::size_t rank, const std::vector<std::size_t>& others) try {
  const auto is_wanted = [&](std::size_t before) {
    return world_.subject.DependsOn(rank, before) || std::binary_search(others.begin(), others.end(), before);
  };
  std::size_t trunk = 0;
  while (trunk < rank && is_wanted(trunk)) ++trunk;
  Walk walk = WalkTo(trunk).Branch();
  while (walk.rank() < rank) {
    if (is_wanted(walk.rank())) {
      walk.Next();
    } else {
      walk.NextHasFailed();
    }
  }
  if (!walk.CanTryNext()) return std::nullopt;
  RoundTripResult result = RoundTrips(world_, walk).Next();
  result.proof.alone = true;
  return result;
} catch (const Error& error) {
  if (error.code() != ErrorCode::kSql) throw;
  return std::nullopt;  // the rows, which are for another state
}

std::size_t AloneTrials::FindCulprit(std::size_t rank, const std::vector<std::size_t>& others) {
  std::size_t good = 0;
  std::size_t bad = others.size();
  while (bad - good > 1) {
    const std::size_t middle = good + (bad - good) / 2;
    const auto end = others.begin() + static_cast<std::ptrdiff_t>(middle);
    const auto result = Try(rank, std::vector<std::size_t>(others.begin(), end));
    (result && HasFailure(*result) ? bad : good) = middle;
  }
  return others[bad - 1];
}

VerifyFinding CollisionOf(const Subject& subject, std::size_t culprit, std::size_t rank, VerifyFinding above) {
  const std::string& id = subject.At(rank).id.str();
  const std::string& other = subject.At(culprit).id.str();
  above.other = subject.At(culprit).id;
  if (above.code == VerifyCode::kUpFailed) {
    above.code = VerifyCode::kNotCommuting;
    constexpr std::string_view kBegin = "up fails: ";
    const bool begins = above.message.compare(0, kBegin.size(), kBegin) == 0;
    above.message = fmt::format("{} works without {} and fails behind it: {}", id, other,
                                above.message.substr(begins ? kBegin.size() : 0));
    const TextLocation& place = above.location;
    if (!above.excerpt.empty()) {
      above.excerpt = fmt::format("{}:{}:{}\n{}", place.file.string(), place.at.line, place.at.column, above.excerpt);
    }
    SuggestOrder(subject, rank, culprit, &above);
    return above;
  }
  above.code = VerifyCode::kDownDisturbs;
  above.note = true;
  above.message = fmt::format("{}: {}, but only where {} is applied, too", id, above.message, other);
  above.hint =
      fmt::format("so it is when {} alone is rolled back; let its scripts leave alone what {} has made", id, other);
  return above;
}

}  // namespace sqlmig
