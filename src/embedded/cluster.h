// The data directory: made by initdb, and marked as whole afterwards.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "embedded/binaries.h"
#include "embedded/file_lock.h"
#include "embedded/layout.h"

namespace sqlmig {

struct ClusterInfo {
  int major = 0;
  std::filesystem::path bin_dir;         // that it was made with
  std::filesystem::path project_folder;  // that it is for
};

// nullopt: there is no cluster, or a half-made one. Throws kIo when it belongs to another project folder.
// REQUIRES: acting as the server's user.
std::optional<ClusterInfo> ReadClusterInfo(const Layout& layout);

// The state folders of all projects that have a cluster, in no order. Throws kIo as ResolveLayout does.
std::vector<Layout> FindLayouts(const EmbeddedSettings& settings, const Account& account);

// Makes the cluster, after removing what a killed attempt left. initdb inherits the lock: when we are killed, nobody
// touches the directory before it has ended too. Throws kConnection with what initdb said, kSignal.
ClusterInfo MakeCluster(const Layout& layout, const Account& account, const ServerBinaries& binaries,
                        const FileLock& lock, const Deadline& deadline);

}  // namespace sqlmig
