#pragma once

#include <chrono>
#include <string>

#include "support/interrupt.h"

namespace sqlmig {

// A deadline that a person can cut short.
class Deadline {
 public:
  // `doing` completes "stopped by a signal while ...".
  Deadline(std::chrono::milliseconds limit, const Interrupt* interrupt, std::string doing);

  bool expired() const;
  std::chrono::milliseconds limit() const { return limit_; }

  // Throws kSignal when the interrupt is pending.
  void Check() const;

  // Sleeps, not beyond the deadline; wakes at once for the interrupt. Throws kSignal.
  void Pause(std::chrono::milliseconds time) const;

 private:
  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point end_;
  const Interrupt* interrupt_;
  std::string doing_;
};

}  // namespace sqlmig
