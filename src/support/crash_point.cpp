#include "support/crash_point.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sqlmig {
namespace {

struct Crash {
  std::string point;
  int times = 1;
  std::string action;
  int milliseconds = 0;
};

std::optional<int> Number(std::string_view text) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failed == std::errc() && end == text.data() + text.size() && number > 0;
  return whole ? std::optional(number) : std::nullopt;
}

std::optional<Crash> Parse(std::string_view text) {
  Crash crash;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view point = text.substr(0, colon);
  std::string_view action = text.substr(colon + 1);
  if (const std::size_t at = point.find('@'); at != std::string_view::npos) {
    const auto times = Number(point.substr(at + 1));
    if (!times) return std::nullopt;
    crash.times = *times;
    point = point.substr(0, at);
  }
  if (std::find(kCrashPoints.begin(), kCrashPoints.end(), point) == kCrashPoints.end()) return std::nullopt;
  constexpr std::string_view kDelay = "delay=";
  if (action.starts_with(kDelay)) {
    const auto milliseconds = Number(action.substr(kDelay.size()));
    if (!milliseconds) return std::nullopt;
    crash.milliseconds = *milliseconds;
  } else if (action != "kill" && action != "stop") {
    return std::nullopt;
  }
  crash.point = point;
  crash.action = action;
  return crash;
}

std::optional<Crash>& Wanted() {
  static std::optional<Crash> crash;
  return crash;
}

}  // namespace

void ReachCrashPoint(std::string_view point) {
  std::optional<Crash>& crash = Wanted();
  if (!crash || crash->point != point || --crash->times != 0) return;
  if (crash->milliseconds > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(crash->milliseconds));
  } else {
    static_cast<void>(std::raise(crash->action == "kill" ? SIGKILL : SIGSTOP));
  }
}

std::optional<std::string> SetCrashPoint(std::string_view text) {
  Wanted() = Parse(text);
  if (Wanted()) return std::nullopt;
  return fmt::format("write POINT:ACTION or POINT@N:ACTION; actions: kill, stop, delay=MILLISECONDS; points: {}",
                     fmt::join(kCrashPoints, ", "));
}

}  // namespace sqlmig
