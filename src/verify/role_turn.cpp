#include "verify/role_turn.h"

#include <algorithm>
#include <regex>

namespace sqlmig {
namespace {

// Somebody else may make roles on the same server.
bool IsNamed(const Subject& subject, const std::string& role) {
  for (std::size_t rank = 0; rank < subject.size(); ++rank) {
    if (MentionsName(subject.Up(rank).script.sql, role)) return true;
  }
  return false;
}

}  // namespace

bool MakesRoles(const ParsedScript& script) {
  static const std::regex kMakesRole(R"(\bcreate\s+(role|group|user)\s+(?!mapping\b))",
                                     std::regex::icase | std::regex::optimize);
  for (const Statement& statement : script.statements) {
    // The beginning is enough, but for a DO block; the library's matching recurses, so long texts are cut.
    constexpr std::size_t kMost = 4096;
    const auto begin = script.sql.begin() + static_cast<std::ptrdiff_t>(statement.begin);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(kMost, statement.end - statement.begin));
    if (std::regex_search(begin, end, kMakesRole)) return true;
  }
  return false;
}

bool MakesRoles(const Subject& subject) {
  for (std::size_t rank = 0; rank < subject.size(); ++rank) {
    if (MakesRoles(subject.Up(rank).script)) return true;
  }
  return false;
}

RoleTurn::RoleTurn(Shadow& shadow, const Subject& subject, bool active)
    : shadow_(shadow), subject_(subject), active_(active) {
  if (!active_) return;
  for (std::string& role : shadow_.Roles()) before_.insert(std::move(role));
}

RoleTurn::~RoleTurn() {
  if (!active_) return;
  try {
    std::vector<std::string> made;
    for (std::string& role : shadow_.Roles()) {
      if (!before_.contains(role) && IsNamed(subject_, role)) made.push_back(std::move(role));
    }
    shadow_.DropRoles(made);
  } catch (const std::exception&) {
    // The connection is gone; the next run meets the role and says so.
  }
}

}  // namespace sqlmig
