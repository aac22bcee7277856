#include "exec/session_facts.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "manifest/scalars.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::array<const char*, 5> kReadBack = {"standard_conforming_strings", "client_encoding", "lock_timeout",
                                                  "statement_timeout", "idle_in_transaction_session_timeout"};

}  // namespace

std::string SessionFactsSql() {
  std::string sql = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('transaction_read_only')";
  for (const char* name : kReadBack) sql += fmt::format(", pg_catalog.current_setting('{}')", name);
  return sql;
}

void CheckSessionFacts(const Rows& facts, const Connection& connection, const SessionSettings& settings,
                       bool allow_pooler) {
  if (facts.At(0, 0) != std::to_string(connection.backend_pid()) && !allow_pooler) {
    throw Error(
        ErrorCode::kPooler,
        "a connection pooler stands between sqlmig and the server: the session's lock and settings would not be "
        "reliable")
        .Hint(
            "give the server's own address in the migration URL, or, for a pooler in session mode, "
            "--allow-pooler=session");
  }
  const auto shown = [](std::chrono::milliseconds timeout) { return std::to_string(timeout.count()); };
  const std::array<std::string, kReadBack.size()> wanted = {
      "on", "UTF8", shown(settings.lock_timeout), shown(settings.statement_timeout), shown(kIdleInTransactionTimeout)};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string& found = facts.At(0, i + 2);
    // The server shows timeouts in the largest unit that divides them.
    const auto duration = ParseDuration(found).value;
    if (found == wanted[i] || (duration && shown(*duration) == wanted[i])) continue;
    throw Error(ErrorCode::kConnection, fmt::format("the server did not take the session's setting {} = {}: it has {}",
                                                    kReadBack[i], wanted[i], Printable(found)))
        .Hint("connect to the server directly, not through a proxy");
  }
  if (settings.writes && facts.At(0, 1) == "on") {
    throw Error(ErrorCode::kReadOnly, "the server or this session is read-only")
        .Hint("connect to the primary server, with default_transaction_read_only off");
  }
}

}  // namespace sqlmig
