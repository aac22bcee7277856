#include "report/receipt_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/receipt_json.h"
#include "support/counted.h"

namespace sqlmig {
namespace {

std::string ShortTime(std::int64_t ms) {
  return ms < 100 ? fmt::format("{} ms", ms) : fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
}

std::string LockText(const ReceiptLock& lock) {
  std::string text = lock.modes.empty() ? "?" : lock.modes.back();
  if (!lock.kind.empty() && lock.kind != "table") text += " " + lock.kind;
  text += fmt::format(" {} (", lock.relation);
  if (lock.waited_ms > 0) text += fmt::format("waited {}, ", ShortTime(lock.waited_ms));
  text += "held " + ShortTime(lock.held_ms);
  std::vector<std::string> done;
  if (lock.rewritten.value_or(false)) done.emplace_back("rewritten");
  if (lock.scanned.value_or(0) > 0)
    done.push_back("scanned " + Counted(static_cast<std::size_t>(*lock.scanned), "time"));
  if (!done.empty()) text += fmt::format("; {}", fmt::join(done, ", "));
  text += ")";
  std::replace(text.begin(), text.end(), '\n', ' ');  // names may hold anything
  return text;
}

std::string VictimsText(const Receipt& receipt) {
  return fmt::format("{} at most, {} the longest", Counted(static_cast<std::size_t>(receipt.victims), "session"),
                     ShortTime(receipt.longest_wait_ms));
}

std::int64_t NumberIn(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::string TextIn(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

ReceiptLock ReadLock(const Json& json) {
  ReceiptLock lock;
  lock.relation = TextIn(json, "relation");
  lock.kind = TextIn(json, "kind");
  if (const auto modes = json.find("modes"); modes != json.end() && modes->is_array()) {
    for (const Json& mode : *modes) {
      if (mode.is_string()) lock.modes.push_back(mode.get<std::string>());
    }
  }
  lock.waited_ms = NumberIn(json, "waited_ms");
  lock.held_ms = NumberIn(json, "held_ms");
  if (const auto rewritten = json.find("rewritten"); rewritten != json.end() && rewritten->is_boolean()) {
    lock.rewritten = rewritten->get<bool>();
  }
  if (const auto scanned = json.find("scanned"); scanned != json.end() && scanned->is_number_integer()) {
    lock.scanned = scanned->get<std::int64_t>();
  }
  return lock;
}

Json LockJson(const ReceiptLock& lock) {
  return {{"relation", lock.relation},
          {"kind", lock.kind.empty() ? Json() : Json(lock.kind)},
          {"mode", lock.modes.empty() ? Json() : Json(lock.modes.back())},
          {"modes", lock.modes},
          {"waited_ms", lock.waited_ms},
          {"held_ms", lock.held_ms},
          {"rewritten", lock.rewritten ? Json(*lock.rewritten) : Json()},
          {"scanned", lock.scanned ? Json(*lock.scanned) : Json()}};
}

}  // namespace

Receipt ReadReceiptJson(const std::string& text) {
  Receipt receipt;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return receipt;
  if (const auto locks = json.find("locks"); locks != json.end() && locks->is_array()) {
    for (const Json& lock : *locks) {
      if (lock.is_object()) receipt.locks.push_back(ReadLock(lock));
    }
  }
  if (const auto victims = json.find("victims"); victims != json.end() && victims->is_object()) {
    receipt.victims = static_cast<int>(NumberIn(*victims, "sessions"));
    receipt.longest_wait_ms = NumberIn(*victims, "longest_ms");
  }
  return receipt;
}

std::string ReceiptText(const ShownReceipt& shown) {
  std::string text = fmt::format("Receipt of {}: {}, run {}\n", shown.direction, shown.at, shown.run);
  for (const ReceiptLock& lock : shown.receipt.locks) text += "  lock     " + LockText(lock) + "\n";
  if (shown.receipt.locks.empty()) text += "  lock     none on what was there before\n";
  if (shown.receipt.victims > 0) text += "  victims  " + VictimsText(shown.receipt) + "\n";
  return text;
}

std::string ReceiptLine(const Receipt& receipt) {
  std::vector<std::string> parts;
  for (const ReceiptLock& lock : receipt.locks) parts.push_back(LockText(lock));
  if (parts.empty()) parts.emplace_back("no lock on what was there before");
  if (receipt.victims > 0) parts.push_back("victims: " + VictimsText(receipt));
  return fmt::format("{}", fmt::join(parts, "; "));
}

Json ReceiptJsonOf(const ShownReceipt& shown) {
  Json json{{"direction", shown.direction}, {"at", shown.at}, {"run", shown.run}, {"locks", Json::array()}};
  for (const ReceiptLock& lock : shown.receipt.locks) json["locks"].push_back(LockJson(lock));
  json["victims"] = {{"sessions", shown.receipt.victims}, {"longest_ms", shown.receipt.longest_wait_ms}};
  return json;
}

}  // namespace sqlmig
