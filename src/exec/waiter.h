#pragma once

#include <chrono>
#include <functional>

namespace sqlmig {

// Time as the executor uses it; tests bring their own.
struct Waiter {
  std::function<std::chrono::milliseconds()> now;        // monotonic
  std::function<bool(std::chrono::milliseconds)> sleep;  // false: interrupted
  std::function<double()> random;                        // uniform in [0, 1)
};

}  // namespace sqlmig
