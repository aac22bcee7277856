#include "verify/guest_roles.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "sqltext/script.h"

namespace sqlmig {
namespace {

// Words of a script in lower case, in order, those in strings, quotes and comments too: DO blocks make roles in
// strings.
std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool part = byte >= 0x80 || c == '_' || c == '$' || std::isalnum(byte) != 0;
    if (part && !inside) words.emplace_back();
    if (part) words.back() += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    inside = part;
  }
  return words;
}

bool MakesRole(const std::vector<std::string>& words, const std::string& role) {
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    const std::string& what = words[i + 1];
    if (words[i] == "create" && (what == "role" || what == "user" || what == "group") && words[i + 2] == role)
      return true;
  }
  return false;
}

}  // namespace

GuestRoles::GuestRoles(Shadow& shadow, const std::vector<PreparedStep>& steps)
    : shadow_(shadow), steps_(steps), before_(shadow.Objects()) {}

GuestRoles::~GuestRoles() {
  try {
    const ServerObjects now = shadow_.Objects();
    shadow_.DropObjects({NewAndNamed(now.roles, before_.roles), NewAndNamed(now.databases, before_.databases),
                         NewAndNamed(now.tablespaces, before_.tablespaces)});
  } catch (const std::exception&) {
    // The connection is gone; the roles can do no harm, and the next run finds them there.
  }
}

std::set<std::string> GuestRoles::NewAndNamed(const std::set<std::string>& now,
                                              const std::set<std::string>& before) const {
  std::set<std::string> found;
  for (const std::string& name : now) {
    if (!before.contains(name) && (IsNamed(name) || IsTaken(name))) found.insert(name);
  }
  return found;
}

bool GuestRoles::IsNamed(const std::string& role) const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [&](const PreparedStep& step) { return MentionsName(step.script.sql, role); });
}

bool GuestRoles::IsTaken(const std::string& role) const {
  return std::any_of(steps_.begin(), steps_.end(), [&](const PreparedStep& step) {
    const auto setting = step.settings.settings.find("role");
    return setting != step.settings.settings.end() && setting->second == role;
  });
}

bool GuestRoles::IsMade(const std::string& role) const {
  const std::vector<std::string> name = WordsOf(role);
  return name.size() == 1 && std::any_of(steps_.begin(), steps_.end(), [&](const PreparedStep& step) {
           return MentionsName(step.script.sql, role) && MakesRole(WordsOf(step.script.sql), name.front());
         });
}

void GuestRoles::Make(Connection& connection, const std::vector<std::string>& roles) const {
  // A role that is there already becomes the owner of the database; the first that a step runs as, when there are more.
  for (const PreparedStep& step : steps_) {
    const auto setting = step.settings.settings.find("role");
    if (setting == step.settings.settings.end()) continue;
    if (before_.roles.contains(setting->second)) {
      connection.TryQuery(fmt::format("ALTER DATABASE {} OWNER TO {}", QuoteIdentifier(connection.database()),
                                      QuoteIdentifier(setting->second)));
    }
    break;
  }
  for (const std::string& role : roles) {
    const bool taken = IsTaken(role);
    if (before_.roles.contains(role) || (!taken && !IsNamed(role)) || IsMade(role)) continue;
    const std::string make = "CREATE ROLE " + QuoteIdentifier(role);
    if (taken && connection.TryQuery(make + " SUPERUSER").ok()) continue;
    connection.TryQuery(make);
  }
}

}  // namespace sqlmig
