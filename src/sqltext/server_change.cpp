#include "sqltext/server_change.h"

#include <optional>

#include <fmt/format.h>

#include "sqltext/token_list.h"

namespace sqlmig {
namespace {

using Act = ServerChange::Act;
using ServerObject = ServerChange::Object;

std::optional<ServerObject> ServerObjectAt(const TokenList& tokens, std::size_t i) {
  if (tokens.Is(i, "database")) return ServerObject::kDatabase;
  if (tokens.Is(i, "tablespace")) return ServerObject::kTablespace;
  if (tokens.IsOneOf(i, {"role", "group"})) return ServerObject::kRole;
  if (tokens.Is(i, "user") && !tokens.Is(i + 1, "mapping")) return ServerObject::kRole;
  return std::nullopt;
}

void ReadServerChange(const TokenList& tokens, std::size_t i, std::vector<ServerChange>* changes) {
  if (tokens.Is(i, "alter") && tokens.Is(i + 1, "system")) {
    changes->push_back({Act::kSetting, ServerObject::kSystem});
    return;
  }
  const bool drops = tokens.Is(i, "drop");
  const auto object = ServerObjectAt(tokens, i + 1);
  if (!object || (!drops && !tokens.Is(i, "create"))) return;
  std::size_t name = i + 2;
  if (tokens.Is(name, "if")) name += 2;
  while (!tokens.Name(name).empty()) {
    changes->push_back({drops ? Act::kDrop : Act::kCreate, *object, tokens.Name(name)});
    if (!drops || tokens.Text(name + 1) != ",") return;
    name += 2;
  }
}

}  // namespace

std::vector<ServerChange> ReadServerChanges(std::string_view statement) {
  std::vector<ServerChange> changes;
  const TokenList tokens(statement);
  ReadServerChange(tokens, 0, &changes);
  if (!tokens.Is(0, "do")) return changes;
  const DoBody body = ReadDoBody(statement);
  const TokenList inner(body.text);
  for (std::size_t i = 0; body.is_sql && i < inner.size(); ++i) {
    if (BeginsStatement(inner, i)) ReadServerChange(inner, i, &changes);
  }
  return changes;
}

std::string ShownChange(const ServerChange& change) {
  if (change.act == Act::kSetting) return "ALTER SYSTEM";
  const char* const object = change.object == ServerObject::kRole       ? "ROLE"
                             : change.object == ServerObject::kDatabase ? "DATABASE"
                                                                        : "TABLESPACE";
  return fmt::format("{} {} {}", change.act == Act::kDrop ? "DROP" : "CREATE", object, change.name);
}

}  // namespace sqlmig
