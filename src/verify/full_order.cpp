#include "verify/full_order.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sqlmig {

OrderEnd RunFullOrder(const ProofWorld& world, const std::vector<std::size_t>& order, const std::vector<char>& failed) {
  const ServerTurn turn = world.Turn();
  const ScratchDatabase database = world.shadow.Copy(world.empty);
  Replay replay(world.settings, database);
  OrderEnd end;
  for (const std::size_t rank : order) {
    if (failed[rank] != 0) continue;
    end.failed = rank;
    end.error = replay.Run(world.subject.Up(rank));
    if (end.error) return end;
  }
  end.schema = replay.ReadSchema();
  end.answers = AskProbes(world, replay);
  return end;
}

namespace {

std::vector<std::size_t> PlacesIn(const std::vector<std::size_t>& order) {
  std::vector<std::size_t> places(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) places[order[i]] = i;
  return places;
}

}  // namespace

std::size_t CountSwaps(const std::vector<std::size_t>& order) {
  const std::vector<std::size_t> places = PlacesIn(order);
  std::size_t swaps = 0;
  for (std::size_t later = 0; later < places.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (places[earlier] > places[later]) ++swaps;
    }
  }
  return swaps;
}

// Sorting by insertion: only what stands the other way round in the end is ever swapped, so nothing comes before what
// it depends on.
OrderOnTheWay AfterSwaps(const std::vector<std::size_t>& order, std::size_t swaps) {
  const std::vector<std::size_t> places = PlacesIn(order);
  OrderOnTheWay way;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    way.order.push_back(rank);
    for (std::size_t at = rank; at > 0 && swaps > 0; --at) {
      if (places[way.order[at - 1]] < places[way.order[at]]) break;
      way.earlier = way.order[at - 1];
      way.later = way.order[at];
      std::swap(way.order[at - 1], way.order[at]);
      --swaps;
    }
  }
  return way;
}

void NameCulprits(const ProofWorld& world, const std::vector<std::size_t>& order, const std::vector<char>& failed,
                  const OrderEnd& plan, VerifyFinding* finding) {
  const Subject& subject = world.subject;
  std::size_t same = 0;
  std::size_t other = CountSwaps(order);
  while (other - same > 1) {
    const std::size_t middle = same + (other - same) / 2;
    const auto found = CompareFullOrders(subject, plan, RunFullOrder(world, AfterSwaps(order, middle).order, failed));
    (found && !found->note ? other : same) = middle;
  }
  const OrderOnTheWay way = AfterSwaps(order, other);
  finding->migration = subject.At(way.later).id;
  finding->other = subject.At(way.earlier).id;
  finding->message += fmt::format("; it makes a difference which of {} and {} comes first, when others are applied",
                                  finding->other.str(), finding->migration.str());
  SuggestOrder(subject, way.earlier, way.later, finding);
}

std::optional<VerifyFinding> CompareFullOrders(const Subject& subject, const OrderEnd& plan, const OrderEnd& other) {
  VerifyFinding finding;
  finding.code = VerifyCode::kOrdersDiffer;
  if (other.error) {
    finding.migration = subject.At(other.failed).id;
    finding.location = subject.DeclaredAt(other.failed);
    finding.message =
        fmt::format("{} fails in another order of all: {}", finding.migration.str(), other.error->message());
    finding.excerpt = other.error->excerpt();
    return finding;
  }
  if (plan.schema->fingerprint() != other.schema->fingerprint()) {
    finding.differences = Compare(*plan.schema, *other.schema);
  }
  const bool order_only = std::all_of(finding.differences.begin(), finding.differences.end(), IsColumnOrder);
  const std::vector<Difference> answers = CompareAnswers(subject, plan.answers, other.answers);
  finding.differences.insert(finding.differences.end(), answers.begin(), answers.end());
  if (finding.differences.empty()) return std::nullopt;
  if (order_only && answers.empty()) {
    finding.code = VerifyCode::kColumnOrder;
    finding.message = "another order of all migrations gives columns in another order";
  } else {
    finding.message = order_only ? "another order of all migrations gives other answers"
                                 : "another order of all migrations gives another schema";
  }
  finding.note = IsNote(finding.code);
  return finding;
}

}  // namespace sqlmig
