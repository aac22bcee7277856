// Where the private server keeps what is its own.
//
//   <state_home>/sqlmig/<project hash>/    0700, of the user the server runs as
//     lock           held while the server is started, stopped or removed
//     cluster.info   written last: without it the data directory is half made
//     data/          the cluster
//     server.log     what the server said
//   <runtime_home>/sqlmig-<uid>-<hash>/    0700, the socket; short, because a socket's path has at most 107 bytes
//
// Root uses state_home only when it is root's own and the server's user can reach it, else /var/lib (so a home that is
// closed to others, or one that `sudo` left in the environment, does no harm). runtime_home gives way to /tmp when it
// does not exist, is too long, cannot be reached, or lets other users exchange folders.
#pragma once

#include <filesystem>

#include "embedded/account.h"
#include "embedded/embedded.h"

namespace sqlmig {

inline constexpr int kEmbeddedPort = 5432;

struct Layout {
  std::filesystem::path top;     // <state_home>/sqlmig
  std::filesystem::path folder;  // <top>/<project hash>
  std::filesystem::path data;
  std::filesystem::path log_file;
  std::filesystem::path lock_file;
  std::filesystem::path info_file;
  std::filesystem::path socket_directory;
  std::filesystem::path project_folder;  // canonical

  std::filesystem::path Socket() const;
};

// Looks, and makes nothing. Throws kIo when the socket path cannot be made short enough.
Layout ResolveLayout(const EmbeddedSettings& settings, const Account& account);

// The same for a state folder that is known.
Layout LayoutIn(const std::filesystem::path& folder, const std::filesystem::path& project_folder,
                const EmbeddedSettings& settings, const Account& account);

// Whether the state folder is there. Throws kIo when that cannot be seen.
bool StateFolderExists(const Layout& layout);

// Makes the state folder, mode 0700, or checks it. Throws kIo: cannot be made, a symbolic link, of another user.
void MakeStateFolder(const Layout& layout, const Account& account);

// The same for the socket directory. Its parent is often /tmp, where anybody can make a folder of that name first.
void MakeSocketDirectory(const std::filesystem::path& directory, const Account& account);

// Removes it with what a killed server left there; other files in it are kept, and it then too.
void RemoveSocketDirectory(const std::filesystem::path& directory, const Account& account);

// Removes a folder inside the state folder with all in it, following no symbolic link. Throws kIo.
void RemoveTree(const Layout& layout, const std::filesystem::path& path, const Account& account);

// Removes the state folder with all in it. REQUIRES: the caller holds the lock.
void RemoveStateFolder(const Layout& layout, const Account& account);

}  // namespace sqlmig
