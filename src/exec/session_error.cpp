#include "exec/session_error.h"

#include <fmt/format.h>

#include "exec/way_out.h"
#include "support/text_position.h"

namespace sqlmig {

bool IsRetryable(const std::string& sqlstate) {
  return sqlstate == "55P03" || sqlstate == "40P01" || sqlstate == "40001";
}

std::string AsMessage(const std::vector<std::string>& statements) {
  std::string sql;
  for (const std::string& statement : statements) sql += statement + ";\n";
  return sql;
}

Error LostError(const MessageOutcome& outcome) {
  return Error(ErrorCode::kConnection, fmt::format("the connection was lost: {}", Printable(outcome.error->message)))
      .Hint("run the command again when the server is back; what was not committed was rolled back by the server");
}

Error StoppedError() {
  return Error(ErrorCode::kSignal, "stopped by a signal while the ledger was being written")
      .Hint("run the command again to go on");
}

Error LedgerError(const ServerError& error) {
  Error result = ToError(error);
  if (const std::string way_out = WayOut(error); !way_out.empty()) {
    result = Error(result.code(), fmt::format("the ledger cannot be read or written: {}", result.message()))
                 .Sql(error.detail)
                 .Hint(way_out + ", then run the command again");
  }
  if (error.sqlstate == "42501") {
    result = Error(ErrorCode::kLedger, fmt::format("no right to use the ledger: {} (42501)", Printable(error.message)))
                 .Hint("connect as the role that owns the ledger's schema, or let it grant the rights");
  }
  if (error.sqlstate == "22012") {
    result = Error(ErrorCode::kLedger, "the ledger is not what it was a moment ago: nothing was written to it")
                 .Hint("run the command again");
  }
  if (error.sqlstate == "25006") {
    result =
        Error(ErrorCode::kReadOnly, "the server or this session is read-only: the ledger cannot be written (25006)")
            .Hint("connect to the primary server, with default_transaction_read_only off");
  }
  return result;
}

}  // namespace sqlmig
