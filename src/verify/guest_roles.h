// Roles that scripts need and that a scratch server lacks, for as long as it takes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "exec/script_store.h"
#include "verify/scratch.h"

namespace sqlmig {

class GuestRoles {
 public:
  // Sees which roles are there. `steps` outlive it.
  GuestRoles(Shadow& shadow, const std::vector<PreparedStep>& steps);
  // Drops the roles that are new and that the scripts name: those that were made here, and those that scripts made. So
  // with databases and tablespaces.
  // REQUIRES: the databases that they own something in are gone.
  ~GuestRoles();
  GuestRoles(const GuestRoles&) = delete;
  GuestRoles& operator=(const GuestRoles&) = delete;

  // Makes those of `roles`, a live server's, that are missing here, that scripts or their settings name and that no
  // script makes. They cannot log in. Without the right to make roles it does nothing, and a script will say what it
  // misses. One that steps run as may do everything, or, when it is there already and the first of them, owns the
  // database: here nobody has granted it what it may do elsewhere.
  void Make(Connection& connection, const std::vector<std::string>& roles) const;

 private:
  std::set<std::string> NewAndNamed(const std::set<std::string>& now, const std::set<std::string>& before) const;
  bool IsNamed(const std::string& role) const;
  bool IsTaken(const std::string& role) const;
  bool IsMade(const std::string& role) const;

  Shadow& shadow_;
  const std::vector<PreparedStep>& steps_;
  ServerObjects before_;
};

}  // namespace sqlmig
