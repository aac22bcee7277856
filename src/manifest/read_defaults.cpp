#include "manifest/read_defaults.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "manifest/read_migration.h"

namespace sqlmig {
namespace {

enum Key : std::size_t {
  kSettings,
  kRole,
  kSearchPath,
  kLockTimeout,
  kLockDeadline,
  kStatementTimeout,
  kMaxBlocked,
  kMaxBlockedTime,
  kHeads,
  kLate,
  kUnknown,
  kKeyCount
};
constexpr std::array<std::string_view, kKeyCount> kKeys = {
    "settings",         "role",  "search_path", "lock_timeout", "lock_deadline", "statement_timeout", "max_blocked",
    "max_blocked_time", "heads", "late",        "unknown"};
static_assert(kKeyCount <= kMaxKeys);

// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kHeadsWords = {"many", "single"};
constexpr std::array<std::string_view, 2> kAllowanceWords = {"allow", "refuse"};

// `role` and `search_path` may stand beside `settings` too.
void ReadOwnSetting(const NodeReader& reader, const Field& field, StepSettings& settings) {
  const auto value = reader.NonEmpty(field);
  if (!value) return;
  if (!settings.settings.emplace(std::string(field.name), std::string(*value)).second) {
    reader.Report(*field.key, fmt::format("'{}' is set twice", field.name), "keep the one in 'settings' or this one");
  }
}

}  // namespace

Defaults ReadDefaults(const NodeReader& reader, const Field& field, Defaults base) {
  const auto fields = reader.Map(field, kKeys);
  if (!fields) return base;
  StepSettings own;
  ReadSettings(reader, (*fields)[kSettings], own);
  ReadOwnSetting(reader, (*fields)[kRole], own);
  ReadOwnSetting(reader, (*fields)[kSearchPath], own);
  for (auto& [name, value] : own.settings) base.settings.settings[name] = std::move(value);
  if (const auto timeout = reader.Duration((*fields)[kLockTimeout])) base.settings.lock_timeout = timeout;
  if (const auto timeout = reader.Duration((*fields)[kStatementTimeout])) base.settings.statement_timeout = timeout;
  if (const auto sessions = reader.Count((*fields)[kMaxBlocked])) base.settings.max_blocked = sessions;
  if (const auto time = reader.Duration((*fields)[kMaxBlockedTime])) base.settings.max_blocked_time = time;
  if (const auto deadline = reader.Duration((*fields)[kLockDeadline])) base.lock_deadline = *deadline;
  if (const auto word = reader.Choice((*fields)[kHeads], kHeadsWords)) base.heads = static_cast<HeadsPolicy>(*word);
  if (const auto word = reader.Choice((*fields)[kLate], kAllowanceWords)) base.late = static_cast<Allowance>(*word);
  if (const auto word = reader.Choice((*fields)[kUnknown], kAllowanceWords))
    base.unknown = static_cast<Allowance>(*word);
  return base;
}

}  // namespace sqlmig
