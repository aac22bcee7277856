#pragma once

#include <memory>
#include <string>

#include "pg/connection.h"

namespace sqlmig {

// Watches from a second session who blocks a backend. Started for a retry after a lock timeout, because the waiting
// session itself cannot look. Gathers quietly: when the second session cannot be had, there is just nothing to tell.
class BlockerWatch {
 public:
  BlockerWatch(const Conninfo& conninfo, SessionSettings settings, int backend_pid);
  // Waits for the watching thread, at most as long as its current query takes.
  ~BlockerWatch();
  BlockerWatch(const BlockerWatch&) = delete;
  BlockerWatch& operator=(const BlockerWatch&) = delete;

  // "pid 4711 (app 'web', user bots, in a transaction for 12 s)", the last seen; empty: nobody was seen.
  std::string Seen() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlmig
