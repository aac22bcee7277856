#include "pg/opening.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <poll.h>

#include "pg/connect_error.h"
#include "pg/libpq.h"

namespace sqlmig {
namespace {

using Clock = std::chrono::steady_clock;
using Parameters = std::map<std::string, std::string>;

// How often a lookup of a host name is looked at that another thread does.
constexpr std::chrono::milliseconds kLookAgain{5};

// The value that libpq would take for `key` from the environment, service file or built-in default.
std::string DefaultOption(const char* key) {
  PQconninfoOption* const defaults = PQconndefaults();
  std::string value;
  for (const PQconninfoOption* option = defaults; option != nullptr && option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == key && option->val != nullptr) value = option->val;
  }
  PQconninfoFree(defaults);
  return value;
}

// What libpq is given: the user's values, and ours where the session must be what we say.
Parameters SessionParameters(const Conninfo& conninfo, const SessionSettings& settings) {
  Parameters values = conninfo.values();
  const auto provide = [&](const char* key, const char* value) { values.try_emplace(key, value); };
  if (settings.pin_at_start) {
    const std::string* options = conninfo.Find("options");
    std::string pinned = options != nullptr ? *options : DefaultOption("options");
    for (const auto& [name, value] : PinnedSettings(settings)) pinned += fmt::format(" -c {}={}", name, value);
    values["options"] = pinned;
  }
  values["client_encoding"] = "UTF8";
  values["application_name"] = settings.application_name;
  values["fallback_application_name"] = "sqlmig";
  if (settings.writes) values["target_session_attrs"] = "read-write";
  const std::string connect_timeout = DefaultOption("connect_timeout");
  provide("connect_timeout", connect_timeout.empty()
                                 ? fmt::format("{}", settings.connect_timeout.count() / 1000).c_str()
                                 : connect_timeout.c_str());
  provide("keepalives", "1");
  provide("keepalives_idle", "10");
  provide("keepalives_interval", "5");
  provide("keepalives_count", "3");
  provide("tcp_user_timeout", "30000");
  return values;
}

// As libpq reads it: whole seconds, at least 2; 0 and less mean no limit, which a release script must not have.
std::chrono::seconds ConnectTimeout(const Parameters& parameters) {
  const long seconds = std::strtol(parameters.at("connect_timeout").c_str(), nullptr, 10);
  return std::chrono::seconds(seconds <= 0 ? 3600 : std::max(seconds, 2L));
}

ConnPtr Start(const Parameters& parameters) {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return ConnPtr(PQconnectStartParams(keys.data(), values.data(), 0));
}

// Whether connecting has to look up a name: neither a socket's folder nor an address.
bool NeedsLookup(const Parameters& parameters) {
  const auto find = [&](const char* key) {
    const auto found = parameters.find(key);
    return found == parameters.end() ? DefaultOption(key) : found->second;
  };
  const std::string host = find("host");
  return !host.empty() && find("hostaddr").empty() && host.find_first_not_of("0123456789.:,") != std::string::npos &&
         host[0] != '/' && host[0] != '@';
}

// libpq looks names up with calls that know neither a limit nor a signal: a thread of its own waits for them.
ConnPtr StartInThread(const Parameters& parameters, const Interrupt* interrupt, Clock::time_point deadline) {
  auto started = std::make_shared<std::promise<ConnPtr>>();
  std::future<ConnPtr> conn = started->get_future();
  std::thread([started, parameters] { started->set_value(Start(parameters)); }).detach();
  while (conn.wait_for(kLookAgain) != std::future_status::ready) {
    if (interrupt != nullptr && interrupt->requested()) throw Error(ErrorCode::kSignal, "stopped while connecting");
    if (Clock::now() >= deadline) return nullptr;
  }
  return conn.get();
}

// Whether libpq could go on at once.
bool IsReady(const PGconn* conn, int status) {
  pollfd descriptor{PQsocket(conn), static_cast<short>(status == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
  return poll(&descriptor, 1, 0) > 0;
}

bool IsOver(const PGconn* conn, int status) {
  return PQstatus(conn) == CONNECTION_BAD || status == PGRES_POLLING_OK || status == PGRES_POLLING_FAILED;
}

}  // namespace

std::vector<std::pair<const char*, std::string>> PinnedSettings(const SessionSettings& settings) {
  return {{"lock_timeout", std::to_string(settings.lock_timeout.count())},
          {"statement_timeout", std::to_string(settings.statement_timeout.count())},
          {"idle_in_transaction_session_timeout", std::to_string(kIdleInTransactionTimeout.count())},
          {"standard_conforming_strings", "on"},
          // A host that vanished must not keep the run lock for the two hours of the system's defaults.
          {"tcp_keepalives_idle", "30"},
          {"tcp_keepalives_interval", "10"},
          {"tcp_keepalives_count", "3"}};
}

Woken WaitForSocket(const PGconn* conn, short events, std::optional<Clock::time_point> deadline,
                    const Interrupt* interrupt) {
  while (true) {
    if (interrupt != nullptr && interrupt->requested()) return Woken::kInterrupt;
    std::array<pollfd, 2> fds{};
    fds[0] = {PQsocket(conn), events, 0};
    fds[1] = {interrupt != nullptr ? interrupt->wake_fd : -1, POLLIN, 0};
    int timeout = -1;
    if (deadline) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      if (left <= 0) return Woken::kTimeout;
      timeout = static_cast<int>(std::min<long long>(left + 1, 1'000'000));
    }
    const int ready = poll(fds.data(), fds.size(), timeout);
    if (ready < 0 && errno != EINTR) return Woken::kSocket;
    if (ready > 0 && fds[0].revents != 0) return Woken::kSocket;
  }
}

void Opening::Deleter::operator()(pg_conn* conn) const {
  PQfinish(conn);
}

Opening::Opening(const Conninfo& conninfo, const SessionSettings& settings)
    : conninfo_(conninfo),
      settings_(settings),
      parameters_(SessionParameters(conninfo, settings)),
      begun_(Clock::now()),
      looks_up_(NeedsLookup(parameters_)),
      status_(PGRES_POLLING_WRITING) {
  if (looks_up_) return;
  conn_.reset(Start(parameters_).release());
  while (!IsOver(conn_.get(), status_) && IsReady(conn_.get(), status_)) status_ = PQconnectPoll(conn_.get());
}

Opening::~Opening() = default;

bool Opening::IsFor(const Conninfo& conninfo, const SessionSettings& settings) const {
  return conninfo.values() == conninfo_.values() && settings == settings_;
}

// libpq's own connect_timeout does not bind the asynchronous calls, and is meant for each host of a list.
std::chrono::seconds Opening::Budget() const {
  const auto hosts = parameters_.find("host");
  const auto commas = hosts == parameters_.end() ? 0 : std::count(hosts->second.begin(), hosts->second.end(), ',');
  return ConnectTimeout(parameters_) * (1 + commas);
}

Connection Opening::Finish(const Interrupt* interrupt) && {
  const auto deadline = begun_ + Budget();
  const auto too_late = [&] { return ConnectError(conninfo_, fmt::format("no answer within {} s", Budget().count())); };
  if (looks_up_) conn_.reset(StartInThread(parameters_, interrupt, deadline).release());
  if (conn_ == nullptr) throw too_late();
  while (!IsOver(conn_.get(), status_)) {
    const short events = status_ == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const Woken woken = WaitForSocket(conn_.get(), events, deadline, interrupt);
    if (woken == Woken::kInterrupt) throw Error(ErrorCode::kSignal, "stopped while connecting");
    if (woken == Woken::kTimeout) throw too_late();
    status_ = PQconnectPoll(conn_.get());
  }
  if (PQstatus(conn_.get()) != CONNECTION_OK) throw ConnectError(conninfo_, PQerrorMessage(conn_.get()));
  return Connection(conn_.release(), interrupt);
}

}  // namespace sqlmig
