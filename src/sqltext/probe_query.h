// Whether a text is one query that only asks: a probe of the manifest.
#pragma once

#include <optional>
#include <string>

namespace sqlmig {

struct ProbeComplaint {
  std::string message;
  std::string hint;
};

// What is wrong with it by its words; nothing: it may be one. A syntax that the parser does not know may be right.
std::optional<ProbeComplaint> ComplaintOfProbe(const std::string& sql);

}  // namespace sqlmig
