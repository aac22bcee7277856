// A connection on its way: begun at once, waited for later, so that other work fits between.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "pg/connection.h"
#include "pg/conninfo.h"
#include "support/interrupt.h"

struct pg_conn;  // libpq's PGconn

namespace sqlmig {

class Opening {
 public:
  // Begins to connect, as far as that goes without waiting: on a Unix socket the server has its first message then, and
  // starts a process for the session. A host name is not looked up before Finish().
  Opening(const Conninfo& conninfo, const SessionSettings& settings);
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
  ~Opening();

  // Whether it is the connection that these would open.
  bool IsFor(const Conninfo& conninfo, const SessionSettings& settings) const;

  // Waits for the end of it. Throws as Connection::Open says.
  Connection Finish(const Interrupt* interrupt) &&;

 private:
  struct Deleter {
    void operator()(pg_conn* conn) const;
  };
  std::chrono::seconds Budget() const;

  Conninfo conninfo_;
  SessionSettings settings_;
  std::map<std::string, std::string> parameters_;
  std::chrono::steady_clock::time_point begun_;
  bool looks_up_ = false;
  int status_ = 0;  // PostgresPollingStatusType: what libpq waits for
  std::unique_ptr<pg_conn, Deleter> conn_;
};

}  // namespace sqlmig
