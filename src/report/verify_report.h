#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/format.h"
#include "verify/result.h"

namespace sqlmig {

struct VerifyReport {
  std::string command = "verify";
  std::vector<DatabaseProof> databases;
  std::filesystem::path folder = {};  // of the manifest, as seen from here
  std::string effects_file = {};      // that was written; empty: none
  std::size_t effects = 0;            // in it

  bool ok() const;
};

std::string Render(const VerifyReport& report, Format format, bool color);

// JUnit XML, as continuous integration reads it: a suite for each database, a case for each migration, for each pair
// that was tried, and for what is about all of them.
std::string JunitXml(const VerifyReport& report);

}  // namespace sqlmig
