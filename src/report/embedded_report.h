#pragma once

#include <string>
#include <vector>

#include "embedded/embedded.h"
#include "report/format.h"

namespace sqlmig {

// The private server after start, stop, status or destroy.
struct EmbeddedReport {
  struct Database {
    std::string name;
    std::string url;
  };
  std::string command = "embedded";
  std::string action;  // "start", "stop", "status", "destroy"
  EmbeddedStatus status;
  bool existed = true;              // whether "destroy" found something
  std::vector<Database> databases;  // of the manifest, while the server runs
};

std::string Render(const EmbeddedReport& report, Format format);

// The private servers of all projects.
struct EmbeddedListReport {
  std::string command = "embedded";
  std::vector<EmbeddedStatus> servers;
};

std::string Render(const EmbeddedListReport& report, Format format);

}  // namespace sqlmig
