#include "exec/session_facts.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {

// Timeouts as milliseconds, whatever unit the server shows them in.
std::string SessionFactsSql() {
  std::string sql =
      "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('transaction_read_only'), "
      "pg_catalog.current_setting('standard_conforming_strings'), pg_catalog.current_setting('client_encoding')";
  for (const char* timeout : {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"}) {
    sql += fmt::format(
        ", (pg_catalog.date_part('epoch', pg_catalog.current_setting('{}')::pg_catalog.interval) "
        "OPERATOR(pg_catalog.*) "
        "1000)::pg_catalog.int8",
        timeout);
  }
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
  const std::array<std::pair<const char*, std::string>, 5> wanted = {{
      {"standard_conforming_strings", "on"},
      {"client_encoding", "UTF8"},
      {"lock_timeout", std::to_string(settings.lock_timeout.count())},
      {"statement_timeout", std::to_string(settings.statement_timeout.count())},
      {"idle_in_transaction_session_timeout", std::to_string(kIdleInTransactionTimeout.count())},
  }};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& [name, value] = wanted[i];
    const std::string& found = facts.At(0, i + 2);
    if (found == value) continue;
    throw Error(ErrorCode::kConnection, fmt::format("the server did not take the session's setting {} = {}: it has {}",
                                                    name, value, Printable(found)))
        .Hint("connect to the server directly, not through a proxy");
  }
  if (settings.writes && facts.At(0, 1) == "on") {
    throw Error(ErrorCode::kReadOnly, "the server or this session is read-only")
        .Hint("connect to the primary server, with default_transaction_read_only off");
  }
}

}  // namespace sqlmig
