// RAII over libpq: one session, non-blocking underneath, so that every wait can be interrupted.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pg/conninfo.h"
#include "support/error.h"
#include "support/interrupt.h"

struct pg_conn;  // libpq's PGconn

namespace sqlmig {

// What the server, or libpq, said of a failure.
struct ServerError {
  std::string sqlstate;  // empty: from libpq, not from the server
  std::string message;
  SqlDetail detail;          // sqlstate again, DETAIL, HINT, CONTEXT
  std::size_t position = 0;  // characters from 1 into the message that was sent; 0: none
  bool fatal = false;        // FATAL or PANIC: the session is over
};

// Rows as text; NULL is nullopt.
struct Rows {
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::vector<std::string> columns = {};

  bool empty() const noexcept { return rows.empty(); }
  std::size_t size() const noexcept { return rows.size(); }
  // REQUIRES: the cell exists. NULL reads as "".
  const std::string& At(std::size_t row, std::size_t column) const;
  bool IsNull(std::size_t row, std::size_t column) const { return !rows[row][column].has_value(); }
};

// All that came back for one simple-query message.
struct MessageOutcome {
  std::vector<std::string> tags;  // command tags, in order: "BEGIN", "INSERT 0 1", "COMMIT"
  std::vector<Rows> rows;         // of the results whose index `keep` asked for, in order
  std::optional<ServerError> error;
  bool lost = false;       // the connection is gone; whether the message took effect is not known
  bool cancelled = false;  // a cancel was sent because of the interrupt
  bool withdrawn = false;  // a cancel was sent because `on_wait` asked for it

  bool ok() const noexcept { return !error.has_value() && !lost; }
};

struct Notice {
  std::string severity;  // NOTICE, WARNING, INFO, LOG, DEBUG
  std::string message;
  std::string sqlstate;
};

// A session that holds a transaction open and says nothing is ended by the server after this.
inline constexpr std::chrono::milliseconds kIdleInTransactionTimeout = std::chrono::seconds(60);

struct SessionSettings {
  std::string application_name = "sqlmig";
  std::chrono::milliseconds lock_timeout = std::chrono::seconds(3);
  std::chrono::milliseconds statement_timeout{0};
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  bool writes = false;  // target_session_attrs=read-write
  // Timeouts and standard_conforming_strings as start-up options, so that RESET ALL brings them back. Poolers refuse or
  // drop such options; then PinningSql() sets them.
  bool pin_at_start = true;

  bool operator==(const SessionSettings&) const = default;
};

// Statements that set what `pin_at_start` sets.
std::string PinningSql(const SessionSettings& settings);

class Connection {
 public:
  // Connects and pins the session: start-up options, client_encoding UTF8, keepalives, timeouts. Throws kConnection
  // (with libpq's reason, secrets removed), kReadOnly when `writes` and no server accepts writes, kPooler when the
  // other side refuses start-up options as poolers do, kSignal.
  static Connection Open(const Conninfo& conninfo, const SessionSettings& settings, const Interrupt* interrupt);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // Sends `sql` as one simple-query message and reads to the end, data for COPY FROM stdin included. Never throws for
  // what the server says. With an interrupt pending during the wait a cancel request is sent, again and again while no
  // answer comes, and reading goes on to the end. Rows are kept only of the first `keep_first` and last `keep_last`
  // results; others are discarded as they come. `results` tells how many results the message has when nothing fails
  // (needed for keep_last).
  struct Message {
    std::string_view sql;
    std::span<const std::string> copy_data;
    std::size_t keep_first = 0;
    std::size_t keep_last = 0;
    std::size_t results = 0;
    bool interruptible = true;
    // How long after its begin, and after the signal, such a message is left alone: what is quick comes to its end.
    std::chrono::milliseconds grace{0};
    // How long the server may say nothing before the connection counts as lost; 0: as long as it likes.
    std::chrono::milliseconds patience{0};
    // Asked again and again while the answer is not complete; true: the message is to be cancelled.
    std::function<bool()> on_wait = {};
    std::chrono::milliseconds wait_interval{100};
  };
  MessageOutcome Send(const Message& message);

  // One or several quick statements of our own; the rows of each. Throws kConnection when the connection is lost or the
  // server says nothing for 30 s, kSignal when interrupted, kSql otherwise.
  std::vector<Rows> Query(std::string_view sql);
  // The same without throwing for a server error.
  MessageOutcome TryQuery(std::string_view sql);

  void OnNotice(std::function<void(const Notice&)> handler);

  int backend_pid() const;     // from the start of the session
  int server_version() const;  // 150020
  std::string host() const;
  std::string database() const;
  std::string user() const;
  bool alive() const;
  bool in_transaction() const;  // also in one that failed
  // TlsDoubt() of this connection.
  std::optional<std::string> tls_doubt() const;

 private:
  friend class Opening;
  struct Impl;
  // Takes `conn` over, which is open.
  Connection(pg_conn* conn, const Interrupt* interrupt);

  std::unique_ptr<Impl> impl_;
};

// Why somebody on the way to `host` could read or change what is sent, for people; nothing: the host is this machine,
// or its certificate was checked against its name (sslmode=verify-full). `address`: where libpq connected to, which
// 'hostaddr' can make another place than the name says; empty: not known, or a socket.
std::optional<std::string> TlsDoubt(std::string_view host, std::string_view address, std::string_view sslmode,
                                    bool encrypted);

// Turns a server error into an Error (kSql, kLockTimeout, kReadOnly, kConnection by SQLSTATE) with its details.
Error ToError(const ServerError& error);

// SQL text for values and names built by us; right whatever standard_conforming_strings is. REQUIRES: no NUL byte.
std::string QuoteLiteral(std::string_view value);
std::string QuoteIdentifier(std::string_view name);
std::string QuoteTextArray(const std::vector<std::string>& values);

}  // namespace sqlmig
