#include "pg/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <future>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include "pg/libpq.h"
#include "pg/opening.h"
#include "support/crash_point.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

using Clock = std::chrono::steady_clock;

// After a signal: how often a cancel is sent again, how long one may take, and how long the server may be silent before
// the connection counts as lost.
constexpr std::chrono::milliseconds kCancelAgain{250};
constexpr std::chrono::seconds kCancelPatience{5};
constexpr std::chrono::seconds kSilence{15};
// For statements of our own, which are quick: proxies keep a connection open behind which nobody is any more.
constexpr std::chrono::seconds kPatience{30};

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

ServerError ReadError(const PGresult* result) {
  ServerError error;
  error.sqlstate = Field(result, PG_DIAG_SQLSTATE);
  error.message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (error.message.empty()) error.message = Trimmed(PQresultErrorMessage(result));
  error.detail = {error.sqlstate, Field(result, PG_DIAG_MESSAGE_DETAIL), Field(result, PG_DIAG_MESSAGE_HINT),
                  Field(result, PG_DIAG_CONTEXT)};
  const std::string position = Field(result, PG_DIAG_STATEMENT_POSITION);
  if (!position.empty()) error.position = std::strtoul(position.c_str(), nullptr, 10);
  const std::string severity = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  error.fatal = severity == "FATAL" || severity == "PANIC";
  return error;
}

void AppendRows(const PGresult* result, Rows* rows) {
  const int columns = PQnfields(result);
  if (rows->columns.empty()) {
    for (int c = 0; c < columns; ++c) rows->columns.emplace_back(PQfname(result, c));
  }
  for (int r = 0; r < PQntuples(result); ++r) {
    auto& row = rows->rows.emplace_back();
    row.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result, r, c) != 0) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(std::string(PQgetvalue(result, r, c), static_cast<std::size_t>(PQgetlength(result, r, c))));
      }
    }
  }
}

}  // namespace

const std::string& Rows::At(std::size_t row, std::size_t column) const {
  static const std::string kEmpty;
  const auto& cell = rows[row][column];
  return cell.has_value() ? *cell : kEmpty;
}

struct Connection::Impl {
  ConnPtr conn;
  const Interrupt* interrupt = nullptr;
  std::function<void(const Notice&)> on_notice;

  // A cancel request over a connection of its own, finished before anything else is sent. False: the other side takes
  // the request and does not answer it. libpq would wait for that for ever, so a thread of its own does the waiting.
  bool Cancel() const {
    const std::shared_ptr<PGcancel> cancel(PQgetCancel(conn.get()), [](PGcancel* c) { PQfreeCancel(c); });
    if (cancel == nullptr) return true;
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> finished = done->get_future();
    std::thread([cancel, done] {
      std::array<char, 256> ignored{};
      PQcancel(cancel.get(), ignored.data(), static_cast<int>(ignored.size()));
      done->set_value();
    }).detach();
    return finished.wait_for(kCancelPatience) == std::future_status::ready;
  }

  static void Receive(void* self, const PGresult* result) {
    const auto* impl = static_cast<const Impl*>(self);
    if (!impl->on_notice) return;
    Notice notice{Field(result, PG_DIAG_SEVERITY_NONLOCALIZED), Field(result, PG_DIAG_MESSAGE_PRIMARY),
                  Field(result, PG_DIAG_SQLSTATE)};
    if (notice.message.empty()) notice.message = Trimmed(PQresultErrorMessage(result));
    impl->on_notice(notice);
  }
};

Connection::Connection(pg_conn* conn, const Interrupt* interrupt) : impl_(std::make_unique<Impl>()) {
  impl_->conn.reset(conn);
  impl_->interrupt = interrupt;
  PQsetNoticeReceiver(conn, &Impl::Receive, impl_.get());
  PQsetnonblocking(conn, 1);
}

Connection Connection::Open(const Conninfo& conninfo, const SessionSettings& settings, const Interrupt* interrupt) {
  return Opening(conninfo, settings).Finish(interrupt);
}

Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

namespace {

// Feeds and reads one message; a class because COPY, single-row mode and the cancel share its state.
class MessagePump {
 public:
  enum class Due { kRead, kCancel, kWithdraw, kGiveUp };
  using WaitFunction = std::function<Due(short)>;

  // `cancel` says whether the request was taken.
  MessagePump(PGconn* conn, const Connection::Message& message, WaitFunction wait, std::function<bool()> cancel)
      : conn_(conn), message_(message), wait_(std::move(wait)), cancel_(std::move(cancel)) {}

  MessageOutcome Run() {
    const std::string sql(message_.sql);
    if (PQsendQuery(conn_, sql.c_str()) != 1) return Lost();
    PQsetSingleRowMode(conn_);
    if (!Flush()) return Lost();
    ReachCrashPoint("message_sent");
    while (true) {
      if (!AwaitResult()) return Lost();
      const ResultPtr result(PQgetResult(conn_));
      if (result == nullptr) break;
      if (!Take(result.get())) return Lost();
    }
    if (PQstatus(conn_) == CONNECTION_BAD) return Lost();
    return std::move(outcome_);
  }

 private:
  MessageOutcome Lost() {
    outcome_.lost = true;
    // An error of a statement that came before says nothing about the loss.
    if (!outcome_.error || !outcome_.error->fatal) {
      ServerError error;
      error.message = Trimmed(PQerrorMessage(conn_));
      error.message.resize(std::min(error.message.find('\n'), error.message.size()));  // then comes guesswork
      if (error.message.empty()) error.message = silent_ ? "the server does not answer" : "it was closed";
      error.fatal = true;
      outcome_.error = error;
    }
    return std::move(outcome_);
  }

  // False: it is no use to wait any longer.
  bool Wait(short events) {
    const Due due = wait_(events);
    if (due == Due::kRead) return true;
    if (due == Due::kCancel) outcome_.cancelled = true;
    if (due == Due::kWithdraw) outcome_.withdrawn = true;
    silent_ = due == Due::kGiveUp || !cancel_();
    return !silent_;
  }

  bool Flush() {
    while (true) {
      const int left = PQflush(conn_);
      if (left < 0) return false;
      if (left == 0) return true;
      if (!Wait(POLLIN | POLLOUT)) return false;
      // A server that is sending (notices) while we send must be read, or both sides wait for ever.
      if (PQconsumeInput(conn_) != 1) return false;
    }
  }

  bool AwaitResult() {
    while (PQisBusy(conn_) == 1) {
      if (!Wait(POLLIN)) return false;
      if (PQconsumeInput(conn_) != 1 && PQisBusy(conn_) == 1) return false;
    }
    return true;
  }

  bool Keeps(std::size_t index) const {
    return index < message_.keep_first || (message_.results > 0 && index + message_.keep_last >= message_.results);
  }

  bool Take(PGresult* result) {
    const std::size_t index = outcome_.tags.size();
    switch (PQresultStatus(result)) {
      case PGRES_SINGLE_TUPLE:
        if (Keeps(index)) AppendRows(result, &pending_);
        return true;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK:
        if (Keeps(index)) {
          AppendRows(result, &pending_);
          outcome_.rows.push_back(std::exchange(pending_, {}));
        }
        outcome_.tags.emplace_back(PQcmdStatus(result));
        return true;
      case PGRES_COPY_IN:
        return FeedCopy();
      case PGRES_COPY_OUT:
        return DrainCopy();
      case PGRES_EMPTY_QUERY:
        return true;
      default:
        return TakeError(ReadError(result));
    }
  }

  // An error without a SQLSTATE is libpq's own, such as no memory for the answer: what the server has done is not known
  // then, as after a lost connection.
  bool TakeError(ServerError error) {
    const bool from_server = !error.sqlstate.empty();
    if (!from_server) error.message.resize(std::min(error.message.find('\n'), error.message.size()));  // as in Lost()
    error.fatal = error.fatal || !from_server;
    // What the server said last of all, such as that it is shutting down, says more than libpq's words for it.
    const bool says_more = !outcome_.error || (!from_server && !outcome_.error->fatal);
    if (says_more) outcome_.error = std::move(error);
    return from_server && PQstatus(conn_) != CONNECTION_BAD;
  }

  bool FeedCopy() {
    if (next_copy_ >= message_.copy_data.size()) {
      return PutEnd("the script has no data for this COPY");
    }
    constexpr std::size_t kChunk = 1U << 16U;
    const std::string& data = message_.copy_data[next_copy_++];
    for (std::size_t at = 0; at < data.size(); at += kChunk) {
      const auto size = static_cast<int>(std::min(kChunk, data.size() - at));
      int sent = 0;
      while ((sent = PQputCopyData(conn_, data.data() + at, size)) == 0) {
        if (!Wait(POLLOUT | POLLIN)) return false;
      }
      if (sent < 0 || !Flush()) return false;
    }
    return PutEnd(nullptr);
  }

  bool PutEnd(const char* reason) {
    int sent = 0;
    while ((sent = PQputCopyEnd(conn_, reason)) == 0) {
      if (!Wait(POLLOUT | POLLIN)) return false;
    }
    return sent > 0 && Flush();
  }

  // COPY ... TO stdout in a script: read and dropped.
  bool DrainCopy() {
    while (true) {
      char* row = nullptr;
      const int got = PQgetCopyData(conn_, &row, 1);
      if (row != nullptr) PQfreemem(row);
      if (got == -1) return true;
      if (got == -2) return PQstatus(conn_) != CONNECTION_BAD;
      if (got == 0) {
        if (!Wait(POLLIN)) return false;
        if (PQconsumeInput(conn_) != 1) return false;
      }
    }
  }

  PGconn* conn_;
  const Connection::Message& message_;
  WaitFunction wait_;
  std::function<bool()> cancel_;
  bool silent_ = false;
  MessageOutcome outcome_;
  Rows pending_;
  std::size_t next_copy_ = 0;
};

}  // namespace

MessageOutcome Connection::Send(const Message& message) {
  // A cancel that arrives before the server has begun with the message is dropped there: it is sent again for as long
  // as no answer comes. A message that must not be cancelled is only waited for; but a server that has gone silent must
  // not keep us from ending after a signal.
  using Due = MessagePump::Due;
  Impl* const impl = impl_.get();
  std::optional<Clock::time_point> again;
  Clock::time_point give_up;
  bool withdrawing = false;  // the cancel is ours, not a signal's
  auto look = Clock::now() + message.wait_interval;
  const auto wait = [&](short events) {
    std::optional<Clock::time_point> until = again;
    if (!again && message.patience.count() > 0) until = Clock::now() + message.patience;
    while (!again && message.on_wait) {
      const auto next = until ? std::min(look, *until) : look;
      const Woken woken = WaitForSocket(impl->conn.get(), events, next, impl->interrupt);
      if (woken == Woken::kSocket) return Due::kRead;
      if (woken == Woken::kInterrupt || (until && Clock::now() >= *until)) break;
      withdrawing = message.on_wait();
      look = Clock::now() + message.wait_interval;
      if (!withdrawing) continue;
      again = Clock::now() + kCancelAgain;
      give_up = Clock::now() + kSilence;
      return Due::kWithdraw;
    }
    const Woken woken = WaitForSocket(impl->conn.get(), events, until, again ? nullptr : impl->interrupt);
    const auto now = Clock::now();
    const bool first = !again.has_value();
    if (first && woken == Woken::kTimeout) return Due::kGiveUp;
    if (woken == Woken::kSocket || first) give_up = now + kSilence;
    if (woken == Woken::kSocket) return Due::kRead;
    if (now >= give_up) return Due::kGiveUp;
    if (first && message.grace.count() > 0) {
      again = now + message.grace;
      return Due::kRead;
    }
    again = message.interruptible ? now + kCancelAgain : give_up;
    if (withdrawing) return Due::kWithdraw;
    return message.interruptible ? Due::kCancel : Due::kRead;
  };
  return MessagePump(impl->conn.get(), message, wait, [impl] { return impl->Cancel(); }).Run();
}

std::string PinningSql(const SessionSettings& settings) {
  std::string sql = "SET client_encoding = 'UTF8'";
  for (const auto& [name, value] : PinnedSettings(settings)) sql += fmt::format("; SET {} = {}", name, value);
  return sql;
}

MessageOutcome Connection::TryQuery(std::string_view sql) {
  constexpr std::size_t kAll = 1U << 20U;
  Message message;
  message.sql = sql;
  message.keep_first = kAll;
  message.patience = kPatience;
  return Send(message);
}

std::vector<Rows> Connection::Query(std::string_view sql) {
  MessageOutcome outcome = TryQuery(sql);
  if (outcome.lost) {
    throw Error(ErrorCode::kConnection, fmt::format("the connection was lost: {}", Printable(outcome.error->message)))
        .Hint("run the command again when the server is back; what was not committed was rolled back by the server");
  }
  if (outcome.error && outcome.cancelled) throw Error(ErrorCode::kSignal, "stopped by a signal");
  if (outcome.error) throw ToError(*outcome.error);
  return std::move(outcome.rows);
}

void Connection::OnNotice(std::function<void(const Notice&)> handler) {
  impl_->on_notice = std::move(handler);
}

int Connection::backend_pid() const {
  return PQbackendPID(impl_->conn.get());
}
int Connection::server_version() const {
  return PQserverVersion(impl_->conn.get());
}
bool Connection::in_transaction() const {
  return PQtransactionStatus(impl_->conn.get()) != PQTRANS_IDLE;
}
bool Connection::alive() const {
  return PQstatus(impl_->conn.get()) == CONNECTION_OK;
}
namespace {
std::string OrEmpty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}
}  // namespace

std::optional<std::string> Connection::tls_doubt() const {
  PGconn* const conn = impl_->conn.get();
  std::string sslmode;
  PQconninfoOption* const options = PQconninfo(conn);
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "sslmode" && option->val != nullptr) sslmode = option->val;
  }
  PQconninfoFree(options);
  // Kerberos encrypts for the one service that has the key: that is its identity.
  if (PQgssEncInUse(conn) == 1) return std::nullopt;
  return TlsDoubt(host(), OrEmpty(PQhostaddr(conn)), sslmode, PQsslInUse(conn) == 1);
}

std::string Connection::host() const {
  return OrEmpty(PQhost(impl_->conn.get()));
}
std::string Connection::database() const {
  return OrEmpty(PQdb(impl_->conn.get()));
}
std::string Connection::user() const {
  return OrEmpty(PQuser(impl_->conn.get()));
}

namespace {
bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}
}  // namespace

std::optional<std::string> TlsDoubt(std::string_view host, std::string_view address, std::string_view sslmode,
                                    bool encrypted) {
  const bool socket = host.empty() || host[0] == '/' || host[0] == '@';
  const bool local = address.empty() ? socket || IsLoopback(host) : IsLoopback(address) && (socket || IsLoopback(host));
  if (local || (encrypted && sslmode == "verify-full")) return std::nullopt;
  if (!encrypted) return fmt::format("the connection to {} is not encrypted", Printable(host));
  return fmt::format("whether it is {} that answers is not checked (sslmode={})", Printable(host), Printable(sslmode));
}

Error ToError(const ServerError& error) {
  ErrorCode code = ErrorCode::kSql;
  if (error.sqlstate == "55P03") code = ErrorCode::kLockTimeout;
  if (error.sqlstate == "25006") code = ErrorCode::kReadOnly;
  if (error.sqlstate.starts_with("08") || error.sqlstate.starts_with("57P")) code = ErrorCode::kConnection;
  const std::string text =
      error.sqlstate.empty() ? error.message : fmt::format("{} ({})", error.message, error.sqlstate);
  return Error(code, Printable(text)).Sql(error.detail);
}

std::string QuoteLiteral(std::string_view value) {
  std::string quoted;
  quoted.reserve(value.size() + 3);
  const bool escape = value.find('\\') != std::string_view::npos;
  quoted += escape ? " E'" : "'";
  for (const char c : value) {
    if (c == '\'' || (escape && c == '\\')) quoted += c;
    quoted += c;
  }
  quoted += '\'';
  return quoted;
}

std::string QuoteTextArray(const std::vector<std::string>& values) {
  std::string text = "ARRAY[";
  for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + QuoteLiteral(values[i]);
  return text + "]::pg_catalog.text[]";
}

std::string QuoteIdentifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

}  // namespace sqlmig
