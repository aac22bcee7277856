// A receipt as the ledger's event table keeps it.
#pragma once

#include <string>

#include "model/receipt.h"

namespace sqlmig {

// {"locks":[{"relation","kind","mode","modes","waited_ms","held_ms","rewritten","scanned"}],"victims":{"sessions",
// "longest_ms"}}; what is not known is null.
std::string ReceiptJson(const Receipt& receipt);

}  // namespace sqlmig
