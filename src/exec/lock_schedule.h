// How long a step waits for locks, and how long it pauses in between: short at first, because who waits for a lock
// makes others wait behind it; longer when that was not enough; and short again after some rounds, because whatever
// stood in the way may be over.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace sqlmig {

class LockSchedule {
 public:
  // `deadline`: for all attempts and pauses together.
  explicit LockSchedule(std::chrono::milliseconds deadline) : deadline_(deadline) {}

  // For attempt `number`, from 1, when `spent` has passed since the first began: 50 ms, doubled up to `limit`, which
  // the last three of each eight rounds have in full; all of the time that is left when `limit` is 0. Never past the
  // deadline, never nothing.
  std::chrono::milliseconds TimeoutOf(std::chrono::milliseconds limit, int number,
                                      std::chrono::milliseconds spent) const;

  // An attempt with `timeout` has failed after `took`. What it worked beside the wait is not to be done again for a
  // shorter wait than that.
  void Failed(std::chrono::milliseconds timeout, std::chrono::milliseconds took);

  // Who was in the way: what is seen now, or else what was seen last. A short attempt is over before anybody looks.
  std::string Blockers(std::string seen);

  // Before attempt `number` + 1; `random` is in [0, 1). Full jitter under a bound of 100 ms, doubled with each round of
  // eight. One that would reach the deadline is cut short, once, so that an attempt has what is left. Nothing: the
  // deadline leaves no further attempt.
  std::optional<std::chrono::milliseconds> PauseAfter(int number, std::chrono::milliseconds spent, double random);

 private:
  std::chrono::milliseconds deadline_;
  std::chrono::milliseconds worked_{0};
  std::string blockers_;
  bool cut_short_ = false;
};

}  // namespace sqlmig
