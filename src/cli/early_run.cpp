#include "cli/early_run.h"

#include "support/uuid.h"

namespace sqlmig {

std::shared_ptr<EarlyRun> BeginEarlyRun(const Project& head, const Context& context) {
  const Manifest& manifest = head.manifest;
  const std::string& wanted = context.global.database;
  if (!context.global.allow_pooler.empty() || (manifest.several && wanted.empty())) return nullptr;
  const DatabaseEntry* const database = wanted.empty() ? &manifest.databases.front() : manifest.Find(wanted);
  if (database == nullptr || database->fleet || IsEmbedded(head, context, *database, 1)) return nullptr;
  try {
    const auto conninfo = FindConninfo(head, context, *database, 1);
    if (!conninfo) return nullptr;
    auto early = std::make_shared<EarlyRun>();
    early->id = RandomUuid();
    early->opening = std::make_unique<Opening>(*conninfo, SettingsOf(*database, early->id, true));
    return early;
  } catch (const Error&) {
    return nullptr;
  }
}

}  // namespace sqlmig
