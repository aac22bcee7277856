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
  std::vector<Database> databases;  // of the manifest, while the server runs
};

std::string Render(const EmbeddedReport& report, Format format);

}  // namespace sqlmig
