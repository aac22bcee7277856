// What dump and load did.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "report/format.h"
#include "support/error.h"

namespace sqlmig {

struct DatabaseDump {
  std::string name;
  std::filesystem::path file;  // relative to the manifest's folder, or as a person named it
  bool named = false;          // by a person: relative to where they stand
  bool written = false;        // false: it was there, with the same bytes
  std::size_t applied = 0;     // migrations in it
  std::string notice = {};     // why nothing was tried (a fleet without a member)
  std::optional<Error> error = {};
};

struct DumpReport {
  std::string command = "dump";
  std::vector<DatabaseDump> databases;
  std::filesystem::path folder = {};  // of the manifest, as seen from here
};

struct LoadReport {
  // Of rows, by a migration that counts as applied now: they are not in the file.
  struct Insert {
    std::string id;
    std::string file;  // relative to the manifest's folder
    int line = 0;
  };

  std::string command = "load";
  std::string name;
  std::string file;  // as a person can open it
  std::string run;
  std::vector<std::string> applied;
  std::vector<std::string> pending;
  std::vector<std::string> unknown;
  std::vector<std::string> edited;
  std::vector<Insert> inserts;
};

std::string Render(const DumpReport& report, Format format);
std::string Render(const LoadReport& report, Format format);

// "meta: wrote meta.schema.sql (15 migrations)\n".
std::string DumpLine(const DatabaseDump& dump, const std::filesystem::path& folder);

}  // namespace sqlmig
