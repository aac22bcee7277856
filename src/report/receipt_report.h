#pragma once

#include <string>

#include "model/receipt.h"

namespace sqlmig {

// A receipt as the ledger has it.
struct ShownReceipt {
  std::string direction;
  std::string at;
  std::string run;
  Receipt receipt;
};

// Reads what ReceiptJson (ledger/receipt_json.h) wrote, wherever it comes from: what is not understood is left out.
Receipt ReadReceiptJson(const std::string& text);

// Lines for people: a heading, a line for each relation, one for the victims.
std::string ReceiptText(const ShownReceipt& shown);

// All in one line, for the log.
std::string ReceiptLine(const Receipt& receipt);

}  // namespace sqlmig
