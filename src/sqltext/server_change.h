// Statements about what belongs to the whole server and not to one database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

struct ServerChange {
  enum class Act { kCreate, kDrop, kSetting };  // kSetting: ALTER SYSTEM
  enum class Object { kRole, kDatabase, kTablespace, kSystem };
  Act act = Act::kCreate;
  Object object = Object::kRole;
  std::string name = {};  // as the server stores it
};

// By its words, also those of the statements in a DO, but for what they make of strings (EXECUTE).
std::vector<ServerChange> ReadServerChanges(std::string_view statement);

// "DROP DATABASE legacy"
std::string ShownChange(const ServerChange& change);

}  // namespace sqlmig
