#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "report/format.h"
#include "support/error.h"
#include "verify/drift.h"

namespace sqlmig {

struct DatabaseDrift {
  std::string name;
  std::string notice;          // empty, or why it was not looked at
  std::optional<Error> error;  // it could not be compared
  bool saved = false;          // nothing was compared: a file was written
  std::string file;            // that was written, or compared with; empty: rebuilt from migrations
  std::size_t objects = 0;     // in what was saved
  std::size_t applied = 0;     // migrations that what is expected has
  std::vector<std::string> warnings;
  Drift drift;

  bool ok() const { return drift.items.empty() && !error; }
};

struct DriftReport {
  std::vector<DatabaseDrift> databases;
  bool verbose = false;
  std::filesystem::path folder = {};  // of the manifest, as seen from here
};

std::string Render(const DriftReport& report, Format format, bool color);

}  // namespace sqlmig
