#include "exec/lock_schedule.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sqlmig {
namespace {

using std::chrono::milliseconds;

constexpr int kRounds = 8;
constexpr int kFullRounds = 3;  // the last of them
constexpr milliseconds kFirstTimeout{50};
constexpr milliseconds kFirstPause{100};
// Less time than this is not worth an attempt of its own.
constexpr milliseconds kLeast{100};

int RoundOf(int number) {
  return (number - 1) % kRounds;
}

}  // namespace

milliseconds LockSchedule::TimeoutOf(milliseconds limit, int number, milliseconds spent) const {
  const milliseconds left = std::max(milliseconds(1), deadline_ - spent);
  if (limit.count() <= 0) return left;
  const int round = RoundOf(number);
  const milliseconds wanted = round >= kRounds - kFullRounds ? limit : std::max(worked_, kFirstTimeout * (1 << round));
  return std::min({wanted, limit, left});
}

void LockSchedule::Failed(milliseconds timeout, milliseconds took) {
  worked_ = std::max(milliseconds(0), took - timeout);
}

std::string LockSchedule::Blockers(std::string seen) {
  if (!seen.empty()) blockers_ = std::move(seen);
  return blockers_;
}

std::optional<milliseconds> LockSchedule::PauseAfter(int number, milliseconds spent, double random) {
  const milliseconds bound = kFirstPause * (1 << RoundOf(number));
  const milliseconds pause(1 + static_cast<std::int64_t>(random * static_cast<double>(bound.count())));
  if (spent + pause < deadline_) return pause;
  const milliseconds left = deadline_ - spent;
  if (cut_short_ || left < kLeast) return std::nullopt;
  cut_short_ = true;
  return left / 4;
}

}  // namespace sqlmig
