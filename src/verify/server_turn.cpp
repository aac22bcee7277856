#include "verify/server_turn.h"

#include <algorithm>
#include <regex>
#include <set>

#include <fmt/format.h>

#include "sqltext/server_change.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

// Of what is new. Somebody else may make something on the same server.
std::set<std::string> NamedOnes(const Subject& subject, const std::set<std::string>& now,
                                const std::set<std::string>& before) {
  std::set<std::string> named;
  for (const std::string& name : now) {
    if (before.contains(name)) continue;
    for (std::size_t rank = 0; rank < subject.size(); ++rank) {
      if (!MentionsName(subject.Up(rank).script.sql, name) && !MentionsName(subject.Down(rank).script.sql, name)) {
        continue;
      }
      named.insert(name);
      break;
    }
  }
  return named;
}

const std::set<std::string>* NamesOf(const ServerObjects& objects, ServerChange::Object object) {
  switch (object) {
    case ServerChange::Object::kRole:
      return &objects.roles;
    case ServerChange::Object::kDatabase:
      return &objects.databases;
    case ServerChange::Object::kTablespace:
      return &objects.tablespaces;
    case ServerChange::Object::kSystem:
      return nullptr;
  }
  return nullptr;
}

}  // namespace

bool MakesServerObjects(const ParsedScript& script) {
  static const std::regex kMakes(R"(\bcreate\s+(role|group|user|database|tablespace)\s+(?!mapping\b))",
                                 std::regex::icase | std::regex::optimize);
  for (const Statement& statement : script.statements) {
    // The beginning is enough, but for a DO block; the library's matching recurses, so long texts are cut.
    constexpr std::size_t kMost = 4096;
    const auto begin = script.sql.begin() + static_cast<std::ptrdiff_t>(statement.begin);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(kMost, statement.end - statement.begin));
    if (std::regex_search(begin, end, kMakes)) return true;
  }
  return false;
}

bool MakesServerObjects(const Subject& subject) {
  for (std::size_t rank = 0; rank < subject.size(); ++rank) {
    if (MakesServerObjects(subject.Up(rank).script)) return true;
  }
  return false;
}

ReplaySettings ServerGuard::Guarded(ReplaySettings settings) const {
  settings.refusal = [this](const PreparedStep& step) { return Refusal(step); };
  return settings;
}

std::optional<Error> ServerGuard::Refusal(const PreparedStep& step) const {
  for (const Statement& statement : step.script.statements) {
    const std::string_view text =
        std::string_view(step.script.sql).substr(statement.begin, statement.end - statement.begin);
    for (const ServerChange& change : ReadServerChanges(text)) {
      if (change.act == ServerChange::Act::kCreate) continue;
      const std::set<std::string>* const names = NamesOf(before_, change.object);
      if (names != nullptr && !names->contains(change.name)) continue;
      const TextPosition at = step.script.PositionInFile(statement.begin);
      return Error(ErrorCode::kUsage,
                   names == nullptr
                       ? "ALTER SYSTEM is not run: it would change the settings of the whole server for good"
                       : fmt::format("{} is not run: the server of the scratch databases has had it before",
                                     ShownChange(change)))
          .At({step.path, at})
          .Excerpt(ExcerptAt(step.script.original, at))
          .Hint(names == nullptr ? "keep settings of the server out of migrations"
                                 : "name a server that has none of that name with --shadow-url; without one the "
                                   "private PostgreSQL is used");
    }
  }
  return std::nullopt;
}

ServerTurn::ServerTurn(Shadow& shadow, const Subject& subject, bool active)
    : shadow_(shadow), subject_(subject), active_(active) {
  if (!active_) return;
  before_ = shadow_.Objects();
}

ServerTurn::~ServerTurn() {
  if (!active_) return;
  try {
    const ServerObjects now = shadow_.Objects();
    shadow_.DropObjects({NamedOnes(subject_, now.roles, before_.roles),
                         NamedOnes(subject_, now.databases, before_.databases),
                         NamedOnes(subject_, now.tablespaces, before_.tablespaces)});
  } catch (const std::exception&) {
    // The connection is gone; the next run meets what is left and says so.
  }
}

}  // namespace sqlmig
