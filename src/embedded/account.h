// Who the server runs as. PostgreSQL refuses to run as root, so root hands its files and its process to another user.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sqlmig {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string name;
  std::filesystem::path home;
  bool switched = false;  // it is another user than the one we are: we are root
};

// The user we are, or `run_as` when we are root. Throws kConnection when root has no such user to become.
Account ServerAccount(const std::string& run_as);

// Whether the account may pass through every existing folder on the way to `path`, judged by the permission bits.
bool CanReach(const Account& account, const std::filesystem::path& path);

// Lets this thread touch files as the account while it lives. Root works inside folders of an unprivileged user, who
// could plant a symbolic link there: with that user's own rights it leads nowhere new.
class ActingAs {
 public:
  // Throws kIo when the kernel does not let us.
  explicit ActingAs(const Account& account);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool switched_;
  uid_t uid_before_ = 0;
  gid_t gid_before_ = 0;
};

}  // namespace sqlmig
