// All migrations in another order than the plan's.
#pragma once

#include <optional>
#include <vector>

#include "verify/commute.h"

namespace sqlmig {

// Runs the migrations of `order`, ranks in plan order, in an empty database. What the plan's order has failed on is
// left out.
OrderEnd RunFullOrder(const ProofWorld& world, const std::vector<std::size_t>& order, const std::vector<char>& failed);

// What another full order gives that the plan's does not; nothing: the same.
std::optional<VerifyFinding> CompareFullOrders(const Subject& subject, const OrderEnd& plan, const OrderEnd& other);

// Which two make the difference, when `order` ends otherwise than the plan's: on the way from one order to the other,
// by swaps of neighbours, there is a swap before which the end is still the plan's and behind which it is not. Runs
// some ten full orders. Names the two in the finding, with the line that would fix their order.
void NameCulprits(const ProofWorld& world, const std::vector<std::size_t>& order, const std::vector<char>& failed,
                  const OrderEnd& plan, VerifyFinding* finding);

// The plan's order on its way to `order` after `swaps` swaps of neighbours, and the two that were swapped last.
struct OrderOnTheWay {
  std::vector<std::size_t> order;
  std::size_t earlier = 0;
  std::size_t later = 0;
};
OrderOnTheWay AfterSwaps(const std::vector<std::size_t>& order, std::size_t swaps);
// How many there are until `order` is reached.
std::size_t CountSwaps(const std::vector<std::size_t>& order);

}  // namespace sqlmig
