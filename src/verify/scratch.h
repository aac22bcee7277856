// Databases to try things in, made beside a database that must not be touched and dropped when they are done with:
// verify, drift and squash replay migrations there.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pg/connection.h"
#include "pg/conninfo.h"
#include "support/interrupt.h"

namespace sqlmig {

class Shadow;

// One scratch database; dropped, with whoever is connected to it, when this goes. The Shadow outlives it.
class ScratchDatabase {
 public:
  ScratchDatabase(ScratchDatabase&& other) noexcept;
  ScratchDatabase& operator=(ScratchDatabase&&) = delete;
  ~ScratchDatabase();

  const std::string& name() const noexcept { return name_; }
  const Conninfo& conninfo() const noexcept { return conninfo_; }

 private:
  friend class Shadow;
  ScratchDatabase(Shadow& shadow, std::string name, Conninfo conninfo);

  Shadow* shadow_;  // null: moved from
  std::string name_;
  Conninfo conninfo_;
};

struct ShadowOptions {
  Conninfo conninfo;  // of the database beside which the scratch ones are made
  SessionSettings settings;
  const Interrupt* interrupt = nullptr;
  bool must_be_empty = false;  // refuse when that database holds anything: it may be the wrong one
};

// What a session holds at this moment.
struct HeldLock {
  std::string relation;  // its oid
  std::string mode;      // "AccessShareLock"
};

// Names of what belongs to the whole server.
struct ServerObjects {
  std::set<std::string> roles;
  std::set<std::string> databases;
  std::set<std::string> tablespaces;
};

// A server where scratch databases can be made. Several threads may use it at once.
//
// The names are "sqlmig_verify_<mark>_<number>". As long as a run lives, its session here holds the advisory lock of
// its mark, which every other session of the server can see; databases of a mark that nobody holds are those of a run
// that was killed, and are dropped by the next one.
class Shadow {
 public:
  // Connects and drops what killed runs have left. Throws as Connection::Open does, and kUsage when the role may not
  // make databases, or when the database must be empty and is not (says what is in it).
  explicit Shadow(ShadowOptions options);
  ~Shadow();
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;

  // An empty one. Throws kSignal, kConnection, kSql (no disk space, no rights).
  ScratchDatabase Create();
  // A copy as it is now. Waits a little for sessions in `from` that are just ending. REQUIRES: no session in `from`
  // stays open.
  ScratchDatabase Copy(const ScratchDatabase& from);

  // The relations that a session, elsewhere on this server, has locked; seen from here, so that looking adds none.
  std::vector<HeldLock> LocksOf(int backend_pid);

  ServerObjects Objects();
  // Drops databases, with whoever is connected to them, tablespaces and roles, as far as nothing depends on them.
  void DropObjects(const ServerObjects& objects);
  // Drops roles, those that nothing depends on any more; gives the names of the others.
  std::vector<std::string> DropRoles(const std::vector<std::string>& names);

  int server_version() const { return server_version_; }

 private:
  friend class ScratchDatabase;
  Rows Ask(const std::string& sql);
  void Make(const std::string& name, const std::string& source, bool from_copy);
  void CopySettings(const std::string& from, const std::string& to);
  void Drop(const std::string& name) noexcept;
  void RequireRights();
  void RequireEmpty();
  void Mark();
  void Sweep();
  std::string NextName();
  ScratchDatabase Made(std::string name);

  ShadowOptions options_;
  std::mutex mutex_;  // of the connection and the number
  std::optional<Connection> connection_;
  int server_version_ = 0;
  bool writes_to_disk_ = true;  // fsync is on
  std::string mark_;
  int number_ = 0;
};

}  // namespace sqlmig
