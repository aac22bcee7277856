#include "embedded/deadline.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <poll.h>

#include "support/error.h"

namespace sqlmig {

Deadline::Deadline(std::chrono::milliseconds limit, const Interrupt* interrupt, std::string doing)
    : limit_(limit), end_(std::chrono::steady_clock::now() + limit), interrupt_(interrupt), doing_(std::move(doing)) {}

bool Deadline::expired() const {
  return std::chrono::steady_clock::now() >= end_;
}

void Deadline::Check() const {
  if (interrupt_ == nullptr || !interrupt_->requested()) return;
  const int signal = interrupt_->signal.load();
  const std::string name = signal == SIGINT    ? "SIGINT"
                           : signal == SIGTERM ? "SIGTERM"
                                               : fmt::format("signal {}", signal);
  throw Error(ErrorCode::kSignal, fmt::format("stopped by {} while {}", name, doing_));
}

void Deadline::Pause(std::chrono::milliseconds time) const {
  Check();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  const auto span = std::clamp(time, std::chrono::milliseconds(0), std::max(left, std::chrono::milliseconds(1)));
  pollfd wake{interrupt_ == nullptr ? -1 : interrupt_->wake_fd, POLLIN, 0};
  poll(&wake, 1, static_cast<int>(span.count()));
  Check();
}

}  // namespace sqlmig
