// Down scripts that were drafted from up scripts.
#pragma once

#include <filesystem>
#include <string>

#include "report/format.h"
#include "sqltext/down_draft.h"

namespace sqlmig {

struct DraftReport {
  std::string command;
  std::string database;
  std::string id;
  std::filesystem::path folder = {};  // of the manifest, as seen from here
  std::string file;                   // that was written
  bool only_shown = false;            // not written: the text is the result
  DownDraft draft;
};

std::string Render(const DraftReport& report, Format format);

// How many statements the draft has, and what has to be written by hand. `file` as it is to be shown.
std::string DraftText(const DownDraft& draft, const std::string& file);

}  // namespace sqlmig
