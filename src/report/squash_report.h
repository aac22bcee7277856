// What `squash` made, would make, or could not prove.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catalog/difference.h"
#include "report/format.h"
#include "support/error.h"

namespace sqlmig {

struct SquashReport {
  std::string command = "squash";
  std::string database;
  std::string id;
  std::vector<std::string> replaces;  // in plan order
  std::vector<std::string> depends_on;
  std::vector<std::string> dependants;  // migrations that depend on it now
  std::filesystem::path folder = {};    // of the manifest, as seen from here
  std::string manifest;
  std::string up_path;
  std::vector<std::string> removed;  // script files that left with their migrations
  struct TableRows {
    std::string table;
    std::int64_t rows = 0;
  };
  std::vector<TableRows> rows;  // what the script inserts

  // Why nothing was written.
  std::vector<Difference> differences;
  std::vector<std::string> other_rows;
  std::optional<Error> failed;

  // Of a dry run: what would be written.
  bool dry_run = false;
  std::string line;  // of the manifest
  std::string up;    // the script

  bool proved() const { return differences.empty() && other_rows.empty() && !failed; }
};

std::string Render(const SquashReport& report, Format format);

}  // namespace sqlmig
