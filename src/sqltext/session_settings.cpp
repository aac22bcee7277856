#include "sqltext/session_settings.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sqltext/control_statement.h"
#include "sqltext/lexer.h"
#include "sqltext/quoted_text.h"
#include "sqltext/token_list.h"

namespace sqlmig {
namespace {

std::string LowerSetting(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), LowerAscii);
  return text;
}

// a.b, as settings are named; empty when there is no name.
std::string SettingName(const TokenList& tokens, std::size_t i) {
  std::string name = tokens.Name(i);
  for (; !name.empty() && tokens.Text(i + 1) == "."; i += 2) name += '.' + tokens.Name(i + 2);
  return LowerSetting(name);
}

// Of the SET or RESET that begins at token `i`.
std::optional<SettingChange> ReadSet(const TokenList& tokens, std::size_t i) {
  const bool resets = tokens.Is(i++, "reset");
  SettingChange change;
  change.local = tokens.Is(i, "local");
  const bool session = tokens.Is(i, "session") && !tokens.IsOneOf(i + 1, {"authorization", "characteristics"});
  if (change.local || session) ++i;
  if (tokens.IsOneOf(i, {"constraints", "transaction"})) return std::nullopt;
  if (tokens.Is(i, "session")) {
    change.name = tokens.Is(i + 1, "authorization") ? "session_authorization" : "session characteristics";
  } else if (tokens.Is(i, "time") && tokens.Is(i + 1, "zone")) {
    change.name = "timezone";
  } else if (tokens.Is(i, "names")) {
    change.name = "client_encoding";
  } else if (tokens.Is(i, "schema")) {
    change.name = "search_path";
  } else if (!resets || !tokens.Is(i, "all")) {
    change.name = SettingName(tokens, i);
  }
  return change;
}

bool IsTrue(const TokenList& tokens, std::size_t i) {
  const std::string text = LowerSetting(IsText(tokens[i].kind) ? tokens.StringAt(i) : std::string(tokens.Text(i)));
  return text == "true" || text == "t" || text == "yes" || text == "y" || text == "on" || text == "1";
}

bool IsCall(const TokenList& tokens, std::size_t i) {
  return tokens.Name(i) == "set_config" && tokens.Text(i + 1) == "(";
}

// Of the call of set_config that begins at token `i`.
SettingChange ReadCall(const TokenList& tokens, std::size_t i) {
  SettingChange change;
  if (IsText(tokens[std::min(i + 2, tokens.size() - 1)].kind) && tokens.Text(i + 3) == ",") {
    change.name = LowerSetting(tokens.StringAt(i + 2));
  }
  std::size_t depth = 0;
  std::size_t commas = 0;
  for (std::size_t k = i + 1; k < tokens.size(); ++k) {
    const std::string_view text = tokens.Text(k);
    if (text == "(" || text == "[") ++depth;
    if ((text == ")" || text == "]") && --depth == 0) break;
    if (text == "," && depth == 1) ++commas;
    if (commas < 2 || text != ",") continue;
    const std::size_t last = tokens.Text(k + 2) == "=>" ? k + 3 : k + 1;
    change.local = last < tokens.size() && IsTrue(tokens, last) && tokens.Text(last + 1) == ")";
    break;
  }
  return change;
}

void AddCalls(const TokenList& tokens, std::vector<SettingChange>* changes) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (IsCall(tokens, i)) changes->push_back(ReadCall(tokens, i));
  }
}

// Whether SELECT set_config(...) says the same in another session: it may hold nothing but constants, other settings,
// and who one is.
bool IsRepeatable(const TokenList& tokens) {
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    const TokenKind kind = tokens[i].kind;
    if (kind == TokenKind::kSymbol || IsText(kind) || kind == TokenKind::kNumber || tokens.Text(i) == "||") continue;
    if (tokens.Is(i - 1, "as") || tokens.Text(i - 1) == "::") continue;
    const std::string name = tokens.Name(i);
    const bool schema = name == "pg_catalog" && tokens.Text(i + 1) == ".";
    const bool function = tokens.Text(i + 1) == "(" && (name == "set_config" || name == "current_setting" ||
                                                        name == "concat" || name == "quote_ident" || name == "format");
    const bool word = tokens.IsOneOf(
        i, {"as", "null", "true", "false", "current_user", "session_user", "current_role", "current_catalog", "user"});
    if (!schema && !function && !word) return false;
  }
  return true;
}

// What is called from what only defines is not called.
bool MayCall(const TokenList& tokens) {
  if (tokens.Text(0) == "(") return true;
  if (tokens.Is(0, "create")) {
    return tokens.IsOneOf(1, {"table", "temp", "temporary", "unlogged", "local", "global", "materialized"});
  }
  return tokens.IsOneOf(0, {"select", "with", "insert", "update", "delete", "merge", "values", "explain", "copy",
                            "execute", "call", "refresh"});
}

class BodySettings {
 public:
  explicit BodySettings(const DoBody& body) : tokens_(body.text) {}

  std::vector<SettingChange> Read() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (tokens_.IsOneOf(i, {"set", "reset"}) && BeginsStatement(tokens_, i)) AddSet(tokens_, i);
      if (tokens_.Is(i, "execute")) AddDynamic(i);
    }
    AddCalls(tokens_, &changes_);
    return std::move(changes_);
  }

 private:
  void AddSet(const TokenList& tokens, std::size_t i) {
    if (auto change = ReadSet(tokens, i)) changes_.push_back(std::move(*change));
  }

  void AddDynamic(std::size_t execute) {
    for (std::size_t i = execute + 1; i < tokens_.size() && tokens_.Text(i) != ";"; ++i) {
      if (tokens_.IsOneOf(i, {"loop", "using"})) return;
      if (!IsText(tokens_[i].kind)) continue;
      const std::string text = tokens_.StringAt(i);
      const TokenList inner(text);
      if (inner.IsOneOf(0, {"set", "reset"})) AddSet(inner, 0);
      AddCalls(inner, &changes_);
    }
  }

  TokenList tokens_;
  std::vector<SettingChange> changes_;
};

std::vector<SettingChange> ReadBody(std::string_view statement) {
  const DoBody body = ReadDoBody(statement);
  if (body.is_sql) return BodySettings(body).Read();
  if (!MentionsName(body.text, "set_config")) return {};
  return {{}};
}

std::string_view StatementText(const ParsedScript& script, std::size_t index) {
  const Statement& statement = script.statements[index];
  return std::string_view(script.sql).substr(statement.begin, statement.end - statement.begin);
}

}  // namespace

std::vector<SettingChange> ReadSettingChanges(std::string_view statement) {
  const std::string_view first = Lexer(statement).Next().In(statement);
  if (IsWord(first, "do")) return ReadBody(statement);
  std::vector<SettingChange> changes;
  if (IsWord(first, "set") || IsWord(first, "reset")) {
    if (auto change = ReadSet(TokenList(statement), 0)) {
      change->again = true;
      changes.push_back(std::move(*change));
    }
    return changes;
  }
  if (!MentionsName(statement, "set_config")) return changes;
  const TokenList tokens(statement);
  if (!MayCall(tokens)) return changes;
  AddCalls(tokens, &changes);
  const bool again = tokens.Is(0, "select") && IsRepeatable(tokens);
  for (SettingChange& change : changes) change.again = again;
  return changes;
}

bool OnlySets(const std::vector<SettingChange>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const SettingChange& change) { return !change.local; }) &&
         std::all_of(changes.begin(), changes.end(), [](const SettingChange& change) { return change.again; });
}

// Savepoints of a block go along: ROLLBACK TO takes back what was set behind one.
std::string SettingsOf(const ParsedScript& script, const Unit& unit) {
  std::string settings;
  std::string text;
  for (std::size_t i = unit.first_statement; i < unit.first_statement + unit.statements; ++i) {
    const std::string_view statement = StatementText(script, i);
    const bool sets = OnlySets(ReadSettingChanges(statement));
    if (!sets && ClassifyControl(statement).control != Control::kSavepoint) continue;
    text += std::string(statement) + "\n;\n";
    if (sets) settings = text;
  }
  if (settings.empty() || unit.statements == 1) return settings;
  return "BEGIN;\n" + text + "COMMIT;\n";
}

bool IsSetBefore(const ParsedScript& script, std::size_t unit, std::string_view name) {
  const auto sets = [&](const Unit& before) {
    return std::any_of(before.sets.begin(), before.sets.end(),
                       [&](const std::string& set) { return set.empty() || set == name; });
  };
  return std::any_of(script.units.begin(), script.units.begin() + static_cast<std::ptrdiff_t>(unit), sets);
}

bool IsSetAgain(const ParsedScript& script, std::size_t unit, std::size_t end) {
  const std::vector<std::string>& sets = script.units[unit].sets;
  return std::all_of(sets.begin(), sets.end(), [&](const std::string& name) {
    return std::any_of(script.units.begin() + static_cast<std::ptrdiff_t>(unit) + 1,
                       script.units.begin() + static_cast<std::ptrdiff_t>(end), [&](const Unit& later) {
                         return std::find(later.sets.begin(), later.sets.end(), name) != later.sets.end();
                       });
  });
}

bool EndsTransactions(std::string_view do_statement) {
  const DoBody body = ReadDoBody(do_statement);
  if (!body.is_sql) return MentionsName(body.text, "commit") || MentionsName(body.text, "rollback");
  const TokenList tokens(body.text);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens.IsOneOf(i, {"commit", "rollback"}) || !BeginsStatement(tokens, i)) continue;
    if (tokens.Text(i + 1) == ";" || tokens.IsOneOf(i + 1, {"and", "work", "transaction"})) return true;
  }
  return false;
}

}  // namespace sqlmig
