#include "verify/untried.h"

#include <fmt/format.h>

namespace sqlmig {

std::string WhyUntried(const Subject& subject, const std::vector<RoundTripResult>& trips,
                       const std::vector<char>& failed, std::size_t rank) {
  for (std::size_t before = 0; before < rank; ++before) {
    const MigrationProof::Way up = trips[before].proof.up;
    if (!subject.DependsOn(rank, before) || failed[before] == 0 || up == MigrationProof::Way::kNotTried) continue;
    return fmt::format("it depends on {}, which fails{}", subject.At(before).id.str(),
                       up == MigrationProof::Way::kFailed ? "" : " where all before it is applied");
  }
  return "what it depends on was not tried";
}

PairProof UntriedPair(const Subject& subject, const std::vector<RoundTripResult>& trips,
                      const std::pair<std::size_t, std::size_t>& pair) {
  PairProof proof{subject.At(pair.first).id, subject.At(pair.second).id, PairProof::Verdict::kNotTried};
  const bool first_works = trips[pair.first].proof.up == MigrationProof::Way::kProved;
  const std::size_t culprit = first_works ? pair.second : pair.first;
  proof.reason = fmt::format("{} {}", subject.At(culprit).id.str(),
                             trips[culprit].proof.up == MigrationProof::Way::kFailed ? "fails" : "was not tried");
  return proof;
}

}  // namespace sqlmig
