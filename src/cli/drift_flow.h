// Comparing one live database with what it should be.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/project.h"
#include "model/ignore_pattern.h"
#include "report/drift_report.h"
#include "verify/scratch.h"

namespace sqlmig {

struct DriftRequest {
  std::string shadow_url;
  std::string save;  // a file to write; empty: compare; "-": standard output
  bool save_expected = false;
  std::string against;  // a file to compare with; empty: what the applied migrations say; "-": standard input
  std::vector<IgnorePattern> ignored;
};

class DriftFlow {
 public:
  // All outlive it. Throws what reading `against` throws.
  DriftFlow(const Project& project, Context& context, const DriftRequest& request);

  // Looks at one of the `selected` databases, which is only read.
  void Look(const DatabaseEntry& database, std::size_t selected, DatabaseDrift* result);

 private:
  struct Live;
  Live ReadLive(const DatabaseEntry& database, const Conninfo& conninfo);
  std::vector<MigrationId> ExpectedMigrations(const DatabaseEntry& database, const LedgerState& state,
                                              DatabaseDrift* result);
  void CompareWithMigrations(const DatabaseEntry& database, const Live& live, DatabaseDrift* result);
  void CompareWithFile(const DatabaseEntry& database, const Live& live, DatabaseDrift* result);
  void Compare(const DatabaseEntry& database, const DescribedSchema& expected, const DescribedSchema& found,
               DatabaseDrift* result);
  void Save(const DescribedSchema& schema, DatabaseDrift* result);
  void Warn(const DatabaseEntry& database, std::string text, DatabaseDrift* result);
  void WarnOfVersions(const DatabaseEntry& database, const DescribedSchema& expected, const DescribedSchema& found,
                      DatabaseDrift* result);
  Shadow& shadow();

  const Project& project_;
  Context& context_;
  const DriftRequest& request_;
  std::optional<DescribedSchema> against_;
  std::unique_ptr<Shadow> shadow_;
};

}  // namespace sqlmig
