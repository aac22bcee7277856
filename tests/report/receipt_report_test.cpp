#include "report/receipt_report.h"

#include <gtest/gtest.h>

#include "ledger/receipt_json.h"
#include "report/show_report.h"
#include "testing/golden.h"

namespace sqlmig {
namespace {

Receipt Sample() {
  return {{{"public.users", "table", {"ACCESS SHARE", "ACCESS EXCLUSIVE"}, 400, 1240, true, 1},
           {"public.users_name", "index", {"ACCESS EXCLUSIVE"}, 0, 80, std::nullopt, std::nullopt},
           {"(dropped, oid 16402)", "", {"SHARE"}, 0, 3, false, 2}},
          3,
          810};
}

TEST(ReceiptReportTest, WhatTheLedgerKeepsIsReadAsItWas) {
  EXPECT_EQ(ReadReceiptJson(ReceiptJson(Sample())), Sample());
  const Receipt odd{{{"a\"\\\n\t\x01"
                      "b",
                      "table",
                      {"SHARE"},
                      0,
                      0,
                      {},
                      {}}},
                    0,
                    0};
  EXPECT_EQ(ReadReceiptJson(ReceiptJson(odd)), odd);
}

TEST(ReceiptReportTest, TextIsPinned) {
  const std::string text = ReceiptText({"up", "2026-11-28T10:00:00.000Z", "0a1b", Sample()}) +
                           ReceiptText({"down", "2026-11-28T11:00:00.000Z", "2c3d", {}}) + ReceiptLine(Sample()) + "\n";
  testing::ExpectGolden("report/receipt.txt", text);
}

TEST(ReceiptReportTest, JsonIsPinned) {
  ShowReport report;
  ShownMigration& shown = report.migrations.emplace_back();
  shown.database = "meta";
  shown.info.id = "create_users";
  shown.receipts = {{"up", "2026-11-28T10:00:00.000Z", "0a1b", Sample()}};
  testing::ExpectGolden("report/receipt.json", Render(report, Format::kJson));
}

}  // namespace
}  // namespace sqlmig
