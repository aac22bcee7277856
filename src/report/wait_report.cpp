#include "report/wait_report.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/json.h"

namespace sqlmig {
namespace {

constexpr std::ptrdiff_t kShown = 5;

std::string List(const std::vector<std::string>& ids) {
  const auto size = static_cast<std::ptrdiff_t>(ids.size());
  const auto end = ids.begin() + std::min(size, kShown);
  return fmt::format("{}{}", fmt::join(ids.begin(), end, ", "),
                     size > kShown ? fmt::format(" and {} more", size - kShown) : std::string());
}

std::string InSeconds(std::int64_t ms) {
  return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
}

std::string TextOf(const DatabaseWait& database) {
  if (!database.notice.empty()) return database.notice + "\n";
  if (database.ready) return fmt::format("{}: ready after {}\n", database.name, InSeconds(database.waited_ms));
  return fmt::format("{}: not ready after {}: {}\n", database.name, InSeconds(database.waited_ms),
                     WhyNotReady(database));
}

Json JsonOf(const DatabaseWait& database) {
  Json json{{"name", database.name},
            {"ready", database.ready},
            {"waited_ms", database.waited_ms},
            {"missing", database.missing},
            {"interrupted", database.interrupted},
            {"running", TextOrNull(database.running)},
            {"unreachable", TextOrNull(database.unreachable)},
            {"abandoned_runs", database.abandoned}};
  if (!database.notice.empty()) json["notice"] = database.notice;
  return json;
}

}  // namespace

std::string WhyNotReady(const DatabaseWait& database) {
  if (!database.unreachable.empty()) return database.unreachable;
  std::vector<std::string> reasons;
  if (!database.missing.empty()) {
    reasons.push_back(fmt::format("{} {} missing: {}", database.missing.size(),
                                  database.missing.size() == 1 ? "migration is" : "migrations are",
                                  List(database.missing)));
  }
  if (!database.interrupted.empty()) reasons.push_back("interrupted: " + List(database.interrupted));
  if (!database.running.empty()) reasons.push_back("a run is still going on: " + database.running);
  return fmt::format("{}", fmt::join(reasons, "; "));
}

std::string Render(const WaitReport& report, Format format) {
  if (format == Format::kJson) {
    Json document = JsonDocument(report.command);
    document["databases"] = Json::array();
    for (const DatabaseWait& database : report.databases) document["databases"].push_back(JsonOf(database));
    return JsonText(document);
  }
  std::string text;
  for (const DatabaseWait& database : report.databases) text += TextOf(database);
  return text;
}

}  // namespace sqlmig
