#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/migration_id.h"
#include "support/error.h"

namespace sqlmig {

enum class Direction { kUp, kDown };

// "up" or "down".
constexpr const char* DirectionName(Direction direction) {
  return direction == Direction::kUp ? "up" : "down";
}

// Where a script's text is. `path` is relative to the manifest's folder.
struct ScriptRef {
  enum class Kind {
    kFile,     // path
    kNone,     // declared `none`: no SQL, nothing to undo
    kMissing,  // down only: `irreversible`, no way back
  };
  Kind kind = Kind::kFile;
  std::filesystem::path path;
  TextPosition declared_at;  // of the `up:` or `down:` key, else of the migration
};

struct Dependency {
  MigrationId id;
  TextPosition declared_at;
};

// A migration of another database that must be applied first: `requires: [meta/<id>]`.
struct Requirement {
  std::string database;
  MigrationId id;
  TextPosition declared_at;
};

// `requires_server: ">=16"`: the server's major version compared with a number.
struct ServerRequirement {
  enum class Compare { kLess, kLessEqual, kEqual, kGreaterEqual, kGreater };
  Compare compare = Compare::kGreaterEqual;
  int major = 0;
  std::string text;  // as written
};

// Values in force while a script runs; unset: the level above decides.
// How many sessions, and each for how long, a step may keep waiting for its locks before it is withdrawn and tried
// again. 0: no limit.
struct BlockingBudget {
  int sessions = 5;
  std::chrono::milliseconds time = std::chrono::seconds(1);

  friend bool operator==(const BlockingBudget&, const BlockingBudget&) = default;
};

struct StepSettings {
  std::map<std::string, std::string> settings;  // GUC name to value; also role and search_path
  std::optional<std::chrono::milliseconds> lock_timeout;
  std::optional<std::chrono::milliseconds> statement_timeout;
  std::optional<int> max_blocked;  // BlockingBudget
  std::optional<std::chrono::milliseconds> max_blocked_time;

  friend bool operator==(const StepSettings&, const StepSettings&) = default;
};

// One entry of the manifest.
struct Migration {
  MigrationId id;
  std::string description;
  std::vector<Dependency> depends_on;
  ScriptRef up;
  ScriptRef down;
  std::string irreversible;  // the reason; empty: not declared so
  bool up_transaction = true;
  bool down_transaction = true;
  std::vector<Requirement> required;
  std::optional<ServerRequirement> requires_server;
  std::vector<MigrationId> replaces;
  StepSettings settings;
  TextPosition declared_at;

  const ScriptRef& script(Direction direction) const { return direction == Direction::kUp ? up : down; }
  bool transactional(Direction direction) const {
    return direction == Direction::kUp ? up_transaction : down_transaction;
  }
};

}  // namespace sqlmig
