// Why something was not tried, in words for people.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "verify/round_trip.h"
#include "verify/subject.h"

namespace sqlmig {

// `failed`: where all before it is applied, by place in plan order. REQUIRES: something that `rank` depends on failed.
std::string WhyUntried(const Subject& subject, const std::vector<RoundTripResult>& trips,
                       const std::vector<char>& failed, std::size_t rank);

// Two of which nobody knows what one touches.
PairProof UntriedPair(const Subject& subject, const std::vector<RoundTripResult>& trips,
                      const std::pair<std::size_t, std::size_t>& pair);

}  // namespace sqlmig
