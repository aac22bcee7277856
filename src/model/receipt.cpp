#include "model/receipt.h"

namespace sqlmig {

int LockLevel(std::string_view mode_of_server) {
  constexpr std::array<std::string_view, 8> kNames = {
      "AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
      "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock",    "AccessExclusiveLock"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == mode_of_server) return static_cast<int>(i) + 1;
  }
  return 0;
}

}  // namespace sqlmig
