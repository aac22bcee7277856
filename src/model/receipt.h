// What a step did to others: a value that the ledger keeps and `show` prints.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

// A table lock, by its strength from 1 to 8, as the server's own tables order them.
inline constexpr std::array<const char*, 8> kLockModes = {
    "ACCESS SHARE", "ROW SHARE",           "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE",
    "SHARE",        "SHARE ROW EXCLUSIVE", "EXCLUSIVE",     "ACCESS EXCLUSIVE"};

// "AccessShareLock", as pg_locks has it, is 1; 0: no such mode.
int LockLevel(std::string_view mode_of_server);
// REQUIRES: 1 <= level <= 8.
inline const char* LockModeName(int level) {
  return kLockModes.at(static_cast<std::size_t>(level) - 1);
}

// A relation that was there before the step, and what was held on it. Times are seen from outside, about every 100 ms:
// `held_ms` is at most, `waited_ms` does not know waits that are shorter.
struct ReceiptLock {
  std::string relation;  // with its schema, quoted where it has to be
  std::string kind;      // "table", "partitioned table", "index", ...; empty: it is gone, and was not seen before
  std::vector<std::string> modes;  // all that were held, the strongest last
  std::int64_t waited_ms = 0;
  std::int64_t held_ms = 0;                  // the strongest
  std::optional<bool> rewritten = {};        // its rows are in a new file: rewritten, or truncated; nothing: not known
  std::optional<std::int64_t> scanned = {};  // how often it was read from one end to the other; nothing: not known

  friend bool operator==(const ReceiptLock&, const ReceiptLock&) = default;
};

struct Receipt {
  std::vector<ReceiptLock> locks;    // the strongest first
  int victims = 0;                   // sessions that waited because of the step, at most at one moment
  std::int64_t longest_wait_ms = 0;  // of one of them

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

}  // namespace sqlmig
