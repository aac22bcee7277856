#include "support/error.h"

#include <utility>

namespace sqlmig {

struct Error::Block {
  ErrorCode code;
  std::string message;
  TextLocation location;
  bool has_location = false;
  std::string excerpt;
  std::string hint;
  SqlDetail sql;
  std::vector<std::string> context;
  std::vector<Error> also;
};

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kConfirmationNeeded:
      return "confirmation_needed";
    case ErrorCode::kNoUrl:
      return "no_url";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kManifest:
      return "manifest";
    case ErrorCode::kScript:
      return "script";
    case ErrorCode::kGraph:
      return "graph";
    case ErrorCode::kTarget:
      return "target";
    case ErrorCode::kHeads:
      return "heads";
    case ErrorCode::kIrreversible:
      return "irreversible";
    case ErrorCode::kServerVersion:
      return "server_version";
    case ErrorCode::kUnproved:
      return "unproved";
    case ErrorCode::kMember:
      return "member";
    case ErrorCode::kConnection:
      return "connection";
    case ErrorCode::kReadOnly:
      return "read_only";
    case ErrorCode::kPooler:
      return "pooler";
    case ErrorCode::kRunLock:
      return "run_lock";
    case ErrorCode::kLockTimeout:
      return "lock_timeout";
    case ErrorCode::kSql:
      return "sql";
    case ErrorCode::kNotRestored:
      return "not_restored";
    case ErrorCode::kInterrupted:
      return "interrupted";
    case ErrorCode::kEdited:
      return "edited";
    case ErrorCode::kLate:
      return "late";
    case ErrorCode::kUnknown:
      return "unknown";
    case ErrorCode::kStalePlan:
      return "stale_plan";
    case ErrorCode::kScope:
      return "scope";
    case ErrorCode::kLedger:
      return "ledger";
    case ErrorCode::kPartial:
      return "partial";
    case ErrorCode::kOutcomeUnknown:
      return "outcome_unknown";
    case ErrorCode::kSignal:
      return "signal";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

Error::Error(ErrorCode code, std::string message) : block_(std::make_shared<Block>()) {
  block_->code = code;
  block_->message = std::move(message);
}

// Copies share one block until one of them changes.
Error::Block& Error::Own() {
  if (block_.use_count() > 1) block_ = std::make_shared<Block>(*block_);
  return *block_;
}

Error&& Error::At(TextLocation where) && {
  Own().location = std::move(where);
  Own().has_location = true;
  return std::move(*this);
}

Error&& Error::Excerpt(std::string lines) && {
  Own().excerpt = std::move(lines);
  return std::move(*this);
}

Error&& Error::Hint(std::string hint) && {
  Own().hint = std::move(hint);
  return std::move(*this);
}

Error&& Error::Sql(SqlDetail detail) && {
  Own().sql = std::move(detail);
  return std::move(*this);
}

Error&& Error::Also(std::vector<Error> others) && {
  Own().also = std::move(others);
  return std::move(*this);
}

void Error::AddContext(std::string context) {
  Own().context.push_back(std::move(context));
}
void Error::SetHint(std::string hint) {
  Own().hint = std::move(hint);
}

const char* Error::what() const noexcept {
  return block_->message.c_str();
}
ErrorCode Error::code() const noexcept {
  return block_->code;
}
const std::string& Error::message() const noexcept {
  return block_->message;
}
const TextLocation& Error::location() const noexcept {
  return block_->location;
}
bool Error::has_location() const noexcept {
  return block_->has_location;
}
const std::string& Error::excerpt() const noexcept {
  return block_->excerpt;
}
const std::string& Error::hint() const noexcept {
  return block_->hint;
}
const SqlDetail& Error::sql() const noexcept {
  return block_->sql;
}
const std::vector<std::string>& Error::context() const noexcept {
  return block_->context;
}
const std::vector<Error>& Error::also() const noexcept {
  return block_->also;
}

void ThrowAll(std::vector<Error> problems) {
  if (problems.empty()) return;
  Error first = std::move(problems.front());
  problems.erase(problems.begin());
  throw std::move(first).Also(std::move(problems));
}

}  // namespace sqlmig
