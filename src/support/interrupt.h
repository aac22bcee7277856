#pragma once

#include <atomic>

namespace sqlmig {

// A request to stop, set by a signal handler and seen by whatever waits. Waiters poll `wake_fd` beside their own
// descriptor; it becomes readable once and stays so.
struct Interrupt {
  std::atomic<int> signal{0};  // number of the signal, 0: go on
  int wake_fd = -1;            // -1: nothing to wake up by

  bool requested() const noexcept { return signal.load() != 0; }
};

}  // namespace sqlmig
