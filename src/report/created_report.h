// What `init`, `new` and `merge` made.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "report/format.h"
#include "sqltext/down_draft.h"

namespace sqlmig {

struct InitReport {
  std::string command = "init";
  std::string project;
  std::vector<std::string> created;
  std::vector<std::string> changed;  // files that got lines
  std::string folder;                // where to go next; empty: here
};

struct NewReport {
  std::string command;
  std::string database;
  std::string id;
  std::string description;
  std::filesystem::path folder = {};  // of the manifest, as seen from here
  std::string manifest;
  std::vector<std::string> files;
  std::vector<std::string> depends_on;
  std::vector<std::string> heads;  // afterwards
  std::optional<DownDraft> draft;  // of the down script
};

std::string Render(const InitReport& report, Format format);
std::string Render(const NewReport& report, Format format);

}  // namespace sqlmig
