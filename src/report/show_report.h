#pragma once

#include <string>
#include <vector>

#include "report/format.h"
#include "report/migration_info.h"
#include "report/receipt_report.h"
#include "report/unparsed_script.h"

namespace sqlmig {

struct ShownMigration {
  std::string database;
  MigrationInfo info;
  TextLocation declared_at;                // line 0: not in the manifest
  StepSettings settings;                   // in force: its own over the defaults
  std::vector<std::string> tags;           // that name it
  std::vector<UnparsedScript> not_parsed;  // of its two scripts
  std::vector<ShownReceipt> receipts;      // the last of each direction
};

struct ShowReport {
  std::string command = "show";
  bool several = false;  // name the database of each
  std::vector<ShownMigration> migrations;
};

std::string Render(const ShowReport& report, Format format);

}  // namespace sqlmig
