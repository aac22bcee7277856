// migrations.yaml as values. The file format is described in the README, "The manifest".
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/migration.h"
#include "support/error.h"

namespace sqlmig {

enum class HeadsPolicy { kMany, kSingle };
enum class Allowance { kAllow, kRefuse };

// `defaults:` of the file and of a database, merged: the database's word beats the file's.
struct Defaults {
  StepSettings settings;  // lock_timeout 3 s and statement_timeout 0 unless set
  std::chrono::milliseconds lock_deadline = std::chrono::minutes(10);
  HeadsPolicy heads = HeadsPolicy::kMany;
  Allowance late = Allowance::kAllow;
  Allowance unknown = Allowance::kAllow;
};

// A database entry that stands for many databases with the same graph.
struct Fleet {
  // Exactly one of registry+query, file, command is set.
  std::string registry;  // name of the database whose rows list the members
  std::string query;
  std::string file;
  std::string command;
  std::string url;  // template that completes a member's dbname; empty: none
  TextPosition declared_at;
};

struct DatabaseEntry {
  std::string name;                // "default" when the file has no `databases:`
  std::optional<std::string> url;  // after ${VAR} expansion; none when not given or when a variable is not set
  TextPosition url_at;
  std::filesystem::path directory = "sql";
  std::optional<std::filesystem::path> schema_file;  // `schema_file:`, relative to the manifest's folder
  Defaults defaults;
  std::optional<Fleet> fleet;
  std::vector<Migration> migrations;  // in file order
  TextPosition declared_at;
  // Where `new` adds a line: see manifest/edit.h.
};

struct LedgerOptions {
  std::string schema = "sqlmig";
  std::vector<std::string> readers;  // roles that are granted SELECT on the ledger
};

// The words for `level`, also of --log-level; `off`: no log.
inline constexpr std::array<std::string_view, 7> kLogLevels = {"trace",   "debug", "info", "warn",
                                                               "warning", "error", "off"};

struct LogOptions {
  std::string file = "sqlmig.log";  // "off": no log file
  std::string level = "info";
};

struct Manifest {
  std::filesystem::path file;  // as given
  std::string text;            // the bytes that were read, for excerpts
  std::string project = "default";
  bool several = false;                  // has `databases:`
  std::vector<DatabaseEntry> databases;  // in declared order, at least one
  std::map<std::string, std::vector<Dependency>> tags;
  LedgerOptions ledger;
  LogOptions log;

  std::filesystem::path folder() const;
  const DatabaseEntry* Find(std::string_view database) const;
  // `at` with the file's name. Like the paths of scripts it is relative to folder(); people are shown it from where
  // they stand (report/shown_path.h).
  TextLocation Location(TextPosition at) const { return {file.filename(), at}; }
};

// SQLMIG_<NAME>_URL: the environment variable that says where a database is. Upper case, with '_' for '-'.
std::string UrlVariable(std::string_view database);

// The value of an environment variable (`.env` already merged in by the caller), or nothing.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// A manifest, and everything that is wrong with it. With problems, `manifest` holds what could be understood, so that
// the graph can be checked too and all be reported at once.
struct LoadedManifest {
  Manifest manifest;
  std::vector<Error> problems;  // in the order of their places
};

// Reads and checks the file: syntax, keys, types, ids, duplicates, limits. What needs the graph (unknown dependencies,
// cycles) is CheckGraph's (graph/graph.h). Throws kIo when the file cannot be read; everything else is in `problems`.
LoadedManifest LoadManifest(const std::filesystem::path& file, const Environment& environment);

// The file's bytes. Throws kIo.
std::string ReadManifestText(const std::filesystem::path& file);

// The same from text.
LoadedManifest ParseManifest(std::filesystem::path file, std::string text, const Environment& environment);

}  // namespace sqlmig
