#include "ledger/receipt_json.h"

#include <fmt/format.h>

namespace sqlmig {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string LockJson(const ReceiptLock& lock) {
  std::string modes;
  for (const std::string& mode : lock.modes) modes += (modes.empty() ? "" : ",") + Quoted(mode);
  return fmt::format(
      R"({{"relation":{},"kind":{},"mode":{},"modes":[{}],"waited_ms":{},"held_ms":{},"rewritten":{},"scanned":{}}})",
      Quoted(lock.relation), lock.kind.empty() ? "null" : Quoted(lock.kind),
      lock.modes.empty() ? "null" : Quoted(lock.modes.back()), modes, lock.waited_ms, lock.held_ms,
      lock.rewritten ? (*lock.rewritten ? "true" : "false") : "null",
      lock.scanned ? std::to_string(*lock.scanned) : "null");
}

}  // namespace

std::string ReceiptJson(const Receipt& receipt) {
  std::string locks;
  for (const ReceiptLock& lock : receipt.locks) locks += (locks.empty() ? "" : ",") + LockJson(lock);
  return fmt::format(R"({{"locks":[{}],"victims":{{"sessions":{},"longest_ms":{}}}}})", locks, receipt.victims,
                     receipt.longest_wait_ms);
}

}  // namespace sqlmig
