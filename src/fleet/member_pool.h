// Does something with many members at once, within bounds: how many in all, how many on one server, how many may fail.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "support/interrupt.h"

namespace sqlmig {

// How many members may fail. More than that, and no further one is begun.
struct FailureBudget {
  std::optional<std::size_t> members;
  std::optional<double> percent;  // of all that are to be tried

  // How many of `total` may fail; without a limit all of them.
  std::size_t Of(std::size_t total) const;
};

// "3", "5%". Throws kUsage.
FailureBudget ParseFailureBudget(const std::string& option, const std::string& text);

struct MemberPool {
  std::size_t jobs = 1;             // at once, in all; at least 1
  std::vector<std::string> server;  // of each member: those with the same text share a cap
  // How many at once on the server of member `i`. Asked once a server, by the thread that has its first member, which
  // goes on alone with it meanwhile. Null: as many as `jobs`. Must not throw.
  std::function<std::size_t(std::size_t i)> cap = {};
  FailureBudget budget = {};
  const Interrupt* interrupt = nullptr;  // once it is requested nothing more is begun
};

struct PoolResult {
  std::vector<bool> begun;  // of each member
  std::size_t failed = 0;
  bool over_budget = false;  // members were left out because too many had failed
};

// Calls work(i) for each of `count` members, in their order as far as the caps allow, from several threads; false is a
// failure. Comes back when all that was begun has ended. `work` must not throw.
PoolResult RunPool(std::size_t count, const MemberPool& pool, const std::function<bool(std::size_t i)>& work);

}  // namespace sqlmig
