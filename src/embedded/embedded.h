// A private PostgreSQL for development and trials, started from the installed server binaries: one data directory per
// project, a Unix socket only, shared by all sqlmig processes of the same user and project, left running until stopped.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "support/interrupt.h"

namespace sqlmig {

struct EmbeddedSettings {
  std::filesystem::path project_folder;  // canonical folder of the manifest: one server for each
  // Parent of the data directories, such as $XDG_STATE_HOME or ~/.local/state. Root's must be root's own and open to
  // `run_as`; else /var/lib is taken.
  std::filesystem::path state_home;
  // Parent of the socket directories, such as /tmp, which is also taken when this one does not serve: the path of a
  // socket must stay short.
  std::filesystem::path runtime_home;
  std::optional<std::filesystem::path> bin_dir;  // folder of initdb and postgres; none: searched for, newest first
  std::string run_as = "postgres";               // the user to become when root
  std::chrono::milliseconds start_timeout = std::chrono::seconds(60);
  std::string path_variable;  // PATH: where else the server programs and psql are looked for
};

struct EmbeddedStatus {
  enum class State { kAbsent, kStopped, kRunning };
  State state = State::kAbsent;
  std::filesystem::path data_directory;
  std::filesystem::path socket_directory;
  std::filesystem::path bin_dir;   // that the cluster was made with
  std::filesystem::path log_file;  // the server's own log
  std::filesystem::path project_folder;
  int port = 5432;  // names the socket file only: nothing listens on TCP
  int pid = 0;
  int server_major = 0;
};

class EmbeddedServer {
 public:
  explicit EmbeddedServer(EmbeddedSettings settings);

  // What is there now; changes nothing. Throws kIo when the directories cannot be read, or the state is that of another
  // project; kConnection when root has no user to run the server as.
  EmbeddedStatus Status() const;

  // Makes the cluster if there is none (a half-made one is removed first), starts the server if it does not run (a
  // stale pid file is cleared), and returns when it accepts connections. Two processes at once: one does the work, both
  // return with it running. Throws kConnection with the tail of the server's log, or with how to install a server; kIo
  // when the folders cannot be made or might be somebody else's; kSignal when interrupted, with nothing left running.
  EmbeddedStatus Start(const Interrupt* interrupt = nullptr);

  // The servers of all projects in the same state home, by project folder; `settings.project_folder` does not matter. A
  // project that was moved or removed is found by it. Throws as Status.
  static std::vector<EmbeddedStatus> All(const EmbeddedSettings& settings);

  // Stops the server (fast shutdown); nothing to do when it does not run. Throws kConnection when it does not stop.
  void Stop();

  // Stops it and removes data directory and socket directory.
  void Destroy();

  // Makes the database if it does not exist. REQUIRES: running. Throws kUsage for a name that the server would cut.
  void EnsureDatabase(const std::string& name);

  // libpq key=value string and postgresql:// URL for a database of the running server; no password is needed.
  std::string Conninfo(const std::string& database) const;
  std::string Url(const std::string& database) const;

  // Path of the server's own psql, else of the one in PATH. Throws kConnection when there is none.
  std::filesystem::path Psql() const;

 private:
  EmbeddedSettings settings_;
};

}  // namespace sqlmig
