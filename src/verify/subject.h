// What is to be proved of one database: its graph, the order of a first run, and every script ready to run.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exec/script_store.h"
#include "graph/graph.h"
#include "manifest/manifest.h"
#include "plan/situation.h"

namespace sqlmig {

// Rows for the tables, and the state in which they are loaded.
struct DataFile {
  std::filesystem::path path;
  ParsedScript script;
  std::optional<MigrationId> at;  // behind this migration; nothing: see DataRank()
};

struct VerifyOptions {
  // Ids that were proved before: they are only applied. Nothing: all are proved.
  std::optional<std::set<std::string>> base;
  std::optional<DataFile> data;
  bool strict = false;   // the order of columns counts
  bool effects = false;  // of what is proved the effects are wanted
  int jobs = 1;
};

// A query whose answer must not depend on the order of migrations.
struct Probe {
  std::string sql;
  TextLocation at;
};

class Subject {
 public:
  // Reads and checks every script. Throws kScript (all problems at once), kTarget when the data file's migration is
  // unknown. Manifest and database outlive it.
  Subject(const Manifest& manifest, const DatabaseEntry& database, const VerifyOptions& options);

  const DatabaseEntry& database() const noexcept { return database_; }
  const Manifest& manifest() const noexcept { return manifest_; }
  const Graph& graph() const noexcept { return situation_.graph; }
  std::size_t size() const noexcept { return graph().size(); }

  // By place in plan order, which is how migrations are numbered here.
  Node NodeAt(std::size_t rank) const { return graph().Order()[rank]; }
  const Migration& At(std::size_t rank) const { return *up_[rank].migration; }
  const PreparedStep& Up(std::size_t rank) const { return up_[rank]; }
  const PreparedStep& Down(std::size_t rank) const { return down_[rank]; }
  bool IsProved(std::size_t rank) const { return proved_[rank] != 0; }
  // Whether `earlier` is among what `later` depends on, directly or not. REQUIRES: earlier < later.
  bool DependsOn(std::size_t later, std::size_t earlier) const { return ancestors_[later][earlier]; }
  // Neither depends on the other, and at least one is to be proved.
  bool IsPair(std::size_t a, std::size_t b) const;
  // Takes part in any pair.
  bool HasPair(std::size_t rank) const { return has_pair_[rank] != 0; }

  const std::vector<Probe>& probes() const noexcept { return probes_; }
  const std::optional<DataFile>& data() const noexcept { return data_; }
  // Rows are loaded once so many migrations are applied.
  std::size_t data_rank() const noexcept { return data_rank_; }

  // The manifest's place of a migration.
  TextLocation DeclaredAt(std::size_t rank) const { return manifest_.Location(At(rank).declared_at); }

 private:
  void Prepare();
  void FindPairs();
  std::size_t DataRank() const;

  const Manifest& manifest_;
  const DatabaseEntry& database_;
  std::optional<DataFile> data_;
  LedgerState nothing_applied_;
  Situation situation_;
  std::vector<PreparedStep> up_;
  std::vector<PreparedStep> down_;
  std::vector<char> proved_;
  std::vector<char> has_pair_;
  std::vector<std::vector<bool>> ancestors_;
  std::vector<Probe> probes_;
  std::size_t data_rank_ = 0;
};

}  // namespace sqlmig
