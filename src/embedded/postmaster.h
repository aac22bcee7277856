// A running server, found by its pid file and verified by what the kernel says of the process.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "embedded/account.h"
#include "embedded/deadline.h"
#include "embedded/descriptor.h"

namespace sqlmig {

// What the server writes into postmaster.pid of its data directory.
struct PostmasterFile {
  int pid = 0;
  std::filesystem::path socket_directory;
  std::string status;  // starting, ready, stopping, standby; empty in the first moments
};

// nullopt when there is none, or it is not complete yet.
std::optional<PostmasterFile> ReadPostmasterFile(const std::filesystem::path& data);

// A PostgreSQL process of one data directory. Process numbers are used again, so nothing is believed for the number
// alone: the process must be called postgres and work in this very data directory (the same inode, which no clock step
// or renamed folder disturbs), and the handle then stays with that process whatever becomes of the number.
class ServerProcess {
 public:
  // The server that postmaster.pid names, if it is one. REQUIRES: acting as the server's user.
  static std::optional<ServerProcess> Find(const std::filesystem::path& data);

  // Every PostgreSQL process in the data directory: sessions may outlive a killed server for a moment.
  static std::vector<ServerProcess> FindAll(const std::filesystem::path& data);

  // A process just started by us, which has not entered the data directory yet.
  static ServerProcess Started(int pid);

  int pid() const noexcept { return pid_; }
  bool Alive() const;
  void Signal(int number) const;

  // Whether it ended before the time was over. Throws kSignal.
  bool WaitForEnd(std::chrono::milliseconds time, const Interrupt* interrupt) const;

 private:
  ServerProcess(int pid, Descriptor handle) : pid_(pid), handle_(std::move(handle)) {}
  static std::optional<ServerProcess> Verified(int pid, const std::filesystem::path& data);

  int pid_;
  Descriptor handle_;  // a pidfd; none on kernels before 5.3
};

// Fast shutdown (open transactions are rolled back), then an immediate one, then the end of it. Throws kConnection when
// even that does not help.
void StopProcess(const ServerProcess& process);

// Ends sessions that a killed server left behind, and removes a pid file whose number now belongs to a stranger:
// PostgreSQL itself copes with dead numbers only. REQUIRES: the lock is held, and Find() found nothing.
void ClearLeftovers(const std::filesystem::path& data, const Deadline& deadline);

}  // namespace sqlmig
