#include "cli/os_user.h"

#include <cerrno>
#include <vector>

#include <pwd.h>
#include <unistd.h>

namespace sqlmig {

std::optional<OsUser> FindOsUser() {
  constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
  std::vector<char> buffer(std::size_t{1} << 14U);
  passwd entry{};
  passwd* found = nullptr;
  while (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == ERANGE && buffer.size() < kMaxBytes) {
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr) return std::nullopt;
  return OsUser{found->pw_name, found->pw_dir};
}

std::string OsUserName(const Environment& environment) {
  for (const char* variable : {"USER", "LOGNAME"}) {
    if (const auto name = environment(variable); name && !name->empty()) return *name;
  }
  const std::optional<OsUser> user = FindOsUser();
  return user ? user->name : std::to_string(geteuid());
}

}  // namespace sqlmig
