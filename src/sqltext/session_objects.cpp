#include "sqltext/session_objects.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "sqltext/quoted_text.h"
#include "sqltext/token_list.h"

namespace sqlmig {
namespace {

using ObjectKind = SessionObject::Kind;

bool Has(const TokenList& tokens, std::initializer_list<std::string_view> row) {
  for (std::size_t i = 0; i + row.size() <= tokens.size(); ++i) {
    std::size_t k = i;
    for (const std::string_view word : row) k += tokens.Is(k, word) ? 1U : 0U;
    if (k == i + row.size()) return true;
  }
  return false;
}

// The last part of the name that begins at token `i`.
std::string LastName(const TokenList& tokens, std::size_t i) {
  while (tokens.Text(i + 1) == ".") i += 2;
  return tokens.Name(i);
}

// CREATE TEMP TABLE x, CREATE TABLE pg_temp.x; empty: nothing temporary.
std::string CreatedTemporary(const TokenList& tokens) {
  std::size_t i = 1;
  if (tokens.Is(i, "or")) i += 2;
  if (tokens.IsOneOf(i, {"global", "local"})) ++i;
  const bool temporary = tokens.IsOneOf(i, {"temp", "temporary"});
  if (temporary) ++i;
  if (tokens.IsOneOf(i, {"recursive", "unlogged"})) ++i;
  if (!tokens.IsOneOf(i, {"table", "view", "sequence", "function", "procedure", "type"})) return {};
  ++i;
  if (tokens.Is(i, "if")) i += 3;
  if (!temporary && (tokens.Name(i) != "pg_temp" || tokens.Text(i + 1) != ".")) return {};
  return Has(tokens, {"on", "commit", "drop"}) ? std::string() : LastName(tokens, i);
}

// SELECT ... INTO TEMP x
std::string SelectedTemporary(const TokenList& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens.Is(i, "into")) continue;
    std::size_t name = i + 1;
    if (tokens.IsOneOf(name, {"global", "local"})) ++name;
    if (!tokens.IsOneOf(name, {"temp", "temporary"})) continue;
    ++name;
    if (tokens.Is(name, "table")) ++name;
    return LastName(tokens, name);
  }
  return {};
}

void AddObject(ObjectKind kind, std::string name, std::vector<SessionObject>* objects) {
  if (!name.empty()) objects->push_back({kind, std::move(name)});
}

void AddMadeInBody(std::string_view statement, std::vector<SessionObject>* objects) {
  const DoBody body = ReadDoBody(statement);
  if (!body.is_sql) return;
  const TokenList tokens(body.text);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens.Is(i, "create") || !BeginsStatement(tokens, i)) continue;
    const std::size_t begin = tokens[i].begin;
    while (i + 1 < tokens.size() && tokens.Text(i + 1) != ";") ++i;
    const std::string_view inner = std::string_view(body.text).substr(begin, tokens[i].end - begin);
    AddObject(ObjectKind::kTemporary, CreatedTemporary(TokenList(inner)), objects);
  }
}

// Finds the places where a statement names a relation.
class RelationFinder {
 public:
  RelationFinder(const TokenList& tokens, const std::string& name) : tokens_(tokens), name_(name) {}

  bool Find() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_.IsOneOf(i, {"from", "select", "where", "set", "group", "order", "having", "returning", "values"})) {
        in_from_ = tokens_.Is(i, "from");
      }
      if (IsName(i) && StandsForRelation(i)) return true;
      if (IsSequenceArgument(i)) return true;
    }
    return false;
  }

 private:
  bool IsName(std::size_t i) const { return tokens_.Name(i) == name_; }

  bool StandsForRelation(std::size_t i) const {
    if (i == 0) return false;
    if (tokens_.Text(i - 1) == ".") return i >= 2 && tokens_.Name(i - 2) == "pg_temp";
    if (tokens_.Text(i - 1) == ",") return in_from_;
    if (tokens_.Is(i - 1, "on")) return tokens_.IsOneOf(0, {"create", "comment", "grant"});
    return tokens_.IsOneOf(i - 1, {"from", "join", "into", "update", "table", "only", "exists", "using", "copy",
                                   "truncate", "analyze", "vacuum", "view", "sequence", "lock", "like", "cluster"});
  }

  // nextval('x')
  bool IsSequenceArgument(std::size_t i) const {
    return i >= 2 && IsText(tokens_[i].kind) && tokens_.Text(i - 1) == "(" &&
           tokens_.IsOneOf(i - 2, {"nextval", "currval", "setval"}) && tokens_.StringAt(i) == name_;
  }

  const TokenList& tokens_;
  const std::string& name_;
  bool in_from_ = false;
};

bool NeedsPrepared(const TokenList& tokens, const std::string& name) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens.IsOneOf(i, {"execute", "deallocate"})) continue;
    if (tokens.Name(tokens.Is(i + 1, "prepare") ? i + 2 : i + 1) == name) return true;
  }
  return false;
}

bool NeedsCursor(const TokenList& tokens, const std::string& name) {
  const bool reads = tokens.IsOneOf(0, {"fetch", "move", "close"});
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (tokens.Name(i) == name && (reads || (i >= 2 && tokens.Is(i - 2, "current") && tokens.Is(i - 1, "of")))) {
      return true;
    }
  }
  return false;
}

bool NeedsIn(const TokenList& tokens, const SessionObject& object) {
  switch (object.kind) {
    case ObjectKind::kTemporary:
      return RelationFinder(tokens, object.name).Find();
    case ObjectKind::kPrepared:
      return NeedsPrepared(tokens, object.name);
    case ObjectKind::kCursor:
      return NeedsCursor(tokens, object.name);
  }
  return false;
}

// A body of PL/pgSQL, and the strings in it, which EXECUTE may run.
bool NeedsInBody(std::string_view text, const SessionObject& object, std::size_t depth) {
  const TokenList tokens(text);
  if (NeedsIn(tokens, object)) return true;
  for (std::size_t i = 0; depth > 0 && i < tokens.size(); ++i) {
    if (IsText(tokens[i].kind) && NeedsInBody(tokens.StringAt(i), object, depth - 1)) return true;
  }
  return false;
}

}  // namespace

std::vector<SessionObject> ReadSessionObjects(std::string_view statement) {
  std::vector<SessionObject> objects;
  const std::string_view first = Lexer(statement).Next().In(statement);
  constexpr std::string_view kMakers[] = {"do", "create", "select", "with", "prepare", "declare"};
  if (std::none_of(std::begin(kMakers), std::end(kMakers), [&](auto word) { return IsWord(first, word); })) {
    return objects;
  }
  const TokenList tokens(statement);
  if (tokens.Is(0, "do")) {
    AddMadeInBody(statement, &objects);
  } else if (tokens.Is(0, "create")) {
    AddObject(ObjectKind::kTemporary, CreatedTemporary(tokens), &objects);
  } else if (tokens.IsOneOf(0, {"select", "with"})) {
    AddObject(ObjectKind::kTemporary, SelectedTemporary(tokens), &objects);
  } else if (tokens.Is(0, "prepare") && (tokens.Is(2, "as") || tokens.Text(2) == "(")) {
    AddObject(ObjectKind::kPrepared, tokens.Name(1), &objects);
  } else if (tokens.Is(0, "declare") && Has(tokens, {"with", "hold"})) {
    AddObject(ObjectKind::kCursor, tokens.Name(1), &objects);
  }
  return objects;
}

bool NeedsObject(std::string_view statement, const SessionObject& object) {
  const TokenList tokens(statement);
  if (tokens.Is(0, "do")) return NeedsInBody(ReadDoBody(statement).text, object, kDeepestQuoting);
  return NeedsIn(tokens, object);
}

bool DropsIfThere(std::string_view statement, const SessionObject& object) {
  const TokenList tokens(statement);
  if (object.kind != ObjectKind::kTemporary || !tokens.Is(0, "drop") || !Has(tokens, {"if", "exists"})) return false;
  for (std::size_t i = 4; i < tokens.size(); ++i) {
    if (tokens.Name(i) == object.name) return true;
  }
  return false;
}

}  // namespace sqlmig
