// Only for report/*.cpp.
#pragma once

#include "report/json.h"
#include "report/migration_info.h"

namespace sqlmig {

// What all commands say of a migration; null where no ledger was read.
inline Json MigrationJson(const MigrationInfo& info) {
  Json json{{"id", info.id},
            {"description", info.description},
            {"depends_on", info.depends_on},
            {"dependants", info.dependants},
            {"head", info.head},
            {"merge", info.merge},
            {"branch_point", info.branch_point}};
  json["current"] = info.with_state ? Json(info.current) : Json();
  json["state"] = !info.with_state ? Json() : info.migration == nullptr ? Json("unknown") : Json(StatusWord(info.row));
  json["applied_at"] = info.row != nullptr ? Json(info.row->applied_at) : Json();
  return json;
}

}  // namespace sqlmig
