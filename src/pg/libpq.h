// What the files of this layer share about libpq's own objects.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <libpq-fe.h>

#include "support/interrupt.h"

namespace sqlmig {

struct SessionSettings;

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

struct ConnDeleter {
  void operator()(PGconn* conn) const { PQfinish(conn); }
};
using ConnPtr = std::unique_ptr<PGconn, ConnDeleter>;

enum class Woken { kSocket, kTimeout, kInterrupt };

// Waits until the connection's socket is ready for `events` (of poll), the deadline has come, or the interrupt is
// requested; null: no signal is heard.
Woken WaitForSocket(const PGconn* conn, short events, std::optional<std::chrono::steady_clock::time_point> deadline,
                    const Interrupt* interrupt);

// The session's settings as a server takes them: name and value.
std::vector<std::pair<const char*, std::string>> PinnedSettings(const SessionSettings& settings);

}  // namespace sqlmig
