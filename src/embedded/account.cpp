#include "embedded/account.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxPasswdBytes = std::size_t{1} << 20U;

// Calls `lookup(entry, buffer, size, result)`, one of the getpw*_r family, with a buffer that is large enough.
template <class Lookup>
bool FindEntry(const Lookup& lookup, Account* account) {
  std::vector<char> buffer(std::size_t{1} << 14U);
  passwd entry{};
  passwd* found = nullptr;
  while (true) {
    const int failed = lookup(&entry, buffer.data(), buffer.size(), &found);
    if (failed != ERANGE || buffer.size() > kMaxPasswdBytes) break;
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr) return false;
  account->uid = found->pw_uid;
  account->gid = found->pw_gid;
  account->name = found->pw_name;
  account->home = found->pw_dir;
  return true;
}

std::vector<gid_t> GroupsOf(const Account& account) {
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (getgrouplist(account.name.c_str(), account.gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(std::max(count, 1)));
    if (getgrouplist(account.name.c_str(), account.gid, groups.data(), &count) < 0) return {account.gid};
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

bool MayEnter(const Account& account, const struct stat& info) {
  if (!S_ISDIR(info.st_mode)) return false;
  if (info.st_uid == account.uid) return (info.st_mode & S_IXUSR) != 0;
  const bool in_group = info.st_gid == account.gid ||
                        std::find(account.groups.begin(), account.groups.end(), info.st_gid) != account.groups.end();
  return (info.st_mode & (in_group ? S_IXGRP : S_IXOTH)) != 0;
}

}  // namespace

Account ServerAccount(const std::string& run_as) {
  Account account;
  if (geteuid() != 0) {
    // A container may run us under a number that no user has: the number is enough.
    FindEntry([](passwd* e, char* b, std::size_t n, passwd** r) { return getpwuid_r(geteuid(), e, b, n, r); },
              &account);
    account.uid = geteuid();
    account.gid = getegid();
    return account;
  }
  if (!FindEntry([&](passwd* e, char* b, std::size_t n, passwd** r) { return getpwnam_r(run_as.c_str(), e, b, n, r); },
                 &account)) {
    throw Error(ErrorCode::kConnection,
                fmt::format("cannot start PostgreSQL as root: there is no user '{}' to run it as", Printable(run_as)))
        .Hint(
            fmt::format("create it with 'useradd --system {}', or run sqlmig as an ordinary user", Printable(run_as)));
  }
  if (account.uid == 0) {
    throw Error(ErrorCode::kConnection,
                fmt::format("cannot start PostgreSQL as '{}': that user is root", Printable(run_as)))
        .Hint("name an unprivileged user, such as 'postgres'");
  }
  account.groups = GroupsOf(account);
  account.switched = true;
  return account;
}

bool CanReach(const Account& account, const std::filesystem::path& path) {
  std::filesystem::path folder;
  for (const std::filesystem::path& part : path) {
    folder /= part;
    struct stat info {};
    if (stat(folder.c_str(), &info) != 0) return errno == ENOENT;
    if (!MayEnter(account, info)) return false;
  }
  return true;
}

// The file system ids belong to the thread alone (setresuid would change the whole process), and leaving 0 takes the
// capabilities away that let root read and write everything.
ActingAs::ActingAs(const Account& account) : switched_(account.switched) {
  if (!switched_) return;
  gid_before_ = static_cast<gid_t>(setfsgid(account.gid));
  uid_before_ = static_cast<uid_t>(setfsuid(account.uid));
  // There is no error return: an impossible id leaves all as it is and tells what that is.
  if (static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))) != account.uid) {
    setfsgid(gid_before_);
    throw Error(ErrorCode::kIo, fmt::format("cannot act as user '{}': not permitted", Printable(account.name)))
        .Hint("give the process the capability CAP_SETUID, or run it as an ordinary user");
  }
}

ActingAs::~ActingAs() {
  if (!switched_) return;
  setfsuid(uid_before_);
  setfsgid(gid_before_);
}

}  // namespace sqlmig
