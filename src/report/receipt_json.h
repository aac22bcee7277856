#pragma once

#include "report/json.h"
#include "report/receipt_report.h"

namespace sqlmig {

Json ReceiptJsonOf(const ShownReceipt& shown);

}  // namespace sqlmig
