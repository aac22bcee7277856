// Paths inside a project are kept, and given in JSON, relative to the manifest's folder, which is the same wherever one
// stands. Text shows them relative to where one stands, as compilers do, so that they can be opened.
#pragma once

#include <filesystem>
#include <string>

namespace sqlmig {

// `folder`: the manifest's, as seen from here; empty: here. A path from the root stays as it is, and so does what is no
// file ("ledger:<id>/down.sql").
inline std::string ShownPath(const std::filesystem::path& folder, const std::filesystem::path& path) {
  const bool is_file = path.string().rfind("ledger:", 0) != 0;
  return folder.empty() || !is_file ? path.string() : (folder / path).lexically_normal().string();
}

}  // namespace sqlmig
