#include "exec/statement_limit.h"

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {

StatementLimit::StatementLimit(Connection& connection) : connection_(connection) {
  former_ = connection_.Query("SELECT pg_catalog.current_setting('statement_timeout')").at(0).At(0, 0);
  Lift();
}

void StatementLimit::Lift() {
  if (lifted_) return;
  Set("0");
  lifted_ = true;
}

void StatementLimit::PutBack() {
  if (!lifted_) return;
  Set(former_);
  lifted_ = false;
}

// A signal that has ended the statement has no business with this.
void StatementLimit::Set(const std::string& value) {
  const std::string sql =
      fmt::format("SELECT pg_catalog.set_config('statement_timeout', {}, false)", QuoteLiteral(value));
  Connection::Message message;
  message.sql = sql;
  message.interruptible = false;
  const MessageOutcome outcome = connection_.Send(message);
  if (outcome.lost) {
    throw Error(ErrorCode::kConnection, fmt::format("the connection was lost: {}", Printable(outcome.error->message)));
  }
  if (outcome.error) throw ToError(*outcome.error);
}

}  // namespace sqlmig
