#include "sqltext/down_draft.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sqltext/deep_stack.h"
#include "sqltext/draft/drafter.h"
#include "sqltext/lexer.h"
#include "sqltext/parser.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

// Each is compared with all that the script makes.
constexpr std::size_t kMostStatements = 5'000;
constexpr std::size_t kShownStatement = 100;  // characters
constexpr std::size_t kShownOfSecret = 3;     // words

std::string OneLine(std::string_view text, std::size_t words) {
  std::string line;
  std::size_t seen = 0;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
    if (!blank)
      line += c;
    else if (!line.empty() && line.back() != ' ' && ++seen == words)
      break;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  return line;
}

// The beginning of a statement on one line; of one that may hold a secret the first words.
std::string Shown(std::string_view statement) {
  const bool secret = HoldsSecret(statement);
  std::string line = OneLine(Printable(statement), secret ? kShownOfSecret : std::string::npos);
  const std::size_t end = ByteOfCharacter(line, kShownStatement);
  if (end >= line.size() && !secret) return line;
  return line.substr(0, std::min(end, line.size())) + "...";
}

std::vector<std::string_view> StatementsOf(const ParsedScript& script) {
  std::vector<std::string_view> statements;
  for (const Statement& statement : script.statements) {
    statements.push_back(std::string_view(script.sql).substr(statement.begin, statement.end - statement.begin));
  }
  return statements;
}

std::string Commented(const std::string& text, const char* prefix) {
  std::string lines = prefix;
  for (const char c : text) {
    lines += c;
    if (c == '\n') lines += prefix;
  }
  return lines + "\n";
}

// The items, last first, as a script.
class DraftWriter {
 public:
  DraftWriter(const DraftRequest& request, DownDraft& result) : request_(request), draft_(result) {}

  void Write(const std::vector<draft::UndoItem>& items) {
    for (auto item = items.rbegin(); item != items.rend(); ++item) {
      if (item->drops != nullptr && item->drops->gone) continue;
      if (item->owner != nullptr && item->owner->gone) continue;
      WriteOne(*item);
    }
  }

 private:
  void WriteOne(const draft::UndoItem& item) {
    const std::string sql = item.drops != nullptr ? item.drops->DropText() : item.sql;
    const bool block = item.sql.find('\n') != std::string::npos || !item.note.empty() || !item.why.empty();
    if (!draft_.sql.empty() && (block || after_block_)) draft_.sql += '\n';
    after_block_ = block;
    if (item.context != context_) {
      // A setting that the script makes later on is not in force yet where this belongs.
      draft_.sql += item.context.empty() ? Resets(context_) : item.context;
      context_ = item.context;
    }
    if (!item.note.empty()) draft_.sql += Commented(item.note, "-- ");
    if (!item.why.empty()) return WriteUnfinished(item);
    if (sql.empty()) return;
    if (SplitWithParser(sql).complaint) {
      draft::UndoItem unprintable = item;
      unprintable.why = "the statement that undoes it cannot be printed";
      return WriteUnfinished(unprintable);
    }
    draft_.sql += sql + ";\n";
    ++draft_.statements;
  }

  static std::string Resets(const std::string& context) {
    return context.find("search_path") == std::string::npos ? "RESET ROLE;\n" : "RESET search_path;\n";
  }

  void WriteUnfinished(const draft::UndoItem& item) {
    const Statement& statement = request_.up.statements[item.statement];
    UnfinishedUndo unfinished;
    unfinished.statement =
        Shown(std::string_view(request_.up.sql).substr(statement.begin, statement.end - statement.begin));
    unfinished.why = item.why;
    unfinished.up = request_.up.PositionInFile(statement.begin);
    unfinished.draft_line = static_cast<std::size_t>(std::count(draft_.sql.begin(), draft_.sql.end(), '\n')) + 1;
    draft_.sql += fmt::format("{}up.sql:{}: {}\n", kUnfinishedMarker, unfinished.up.line, unfinished.statement);
    draft_.sql += Commented(item.why, "--   ");
    for (const std::string& proposal : item.proposals) draft_.sql += Commented("perhaps: " + proposal + ";", "--   ");
    draft_.unfinished.push_back(std::move(unfinished));
  }

  const DraftRequest& request_;
  DownDraft& draft_;
  std::string context_;
  bool after_block_ = false;
};

DownDraft Draft(const DraftRequest& request) {
  draft::Drafter drafter(request.without_transaction, draft::FirstSchema(request.search_path));
  for (const std::string& text : request.earlier) {
    drafter.BeginScript();
    try {
      const ParsedScript script = ParseScript(text, "up.sql", ScriptMode::kNonTransactional);
      std::size_t index = 0;
      for (const std::string_view statement : StatementsOf(script)) drafter.Take(statement, index++);
    } catch (const Error&) {
      // `check` says what is wrong with it; nothing is known of what it makes.
    }
  }
  drafter.BeginScript();
  drafter.BeginDraft();
  std::size_t index = 0;
  const std::vector<std::string_view> statements = StatementsOf(request.up);
  if (statements.size() > kMostStatements) {
    drafter.RefuseScript(
        fmt::format("the script has {} statements: a draft reads up to {}", statements.size(), kMostStatements));
  } else {
    for (const std::string_view statement : statements) drafter.Take(statement, index++);
  }
  DownDraft draft;
  DraftWriter(request, draft).Write(drafter.items());
  return draft;
}

}  // namespace

DownDraft DraftDown(const DraftRequest& request) {
  DownDraft draft;
  RunOnDeepStack([&] { draft = Draft(request); });
  return draft;
}

std::vector<std::size_t> FindUnfinished(std::string_view script) {
  std::vector<std::size_t> found;
  if (script.find(kUnfinishedMarker) == std::string_view::npos) return found;
  Lexer lexer(script);
  std::size_t gap = 0;
  while (true) {
    const Token token = lexer.Next();
    const std::string_view between = script.substr(0, token.begin);
    for (std::size_t at = between.find(kUnfinishedMarker, gap); at != std::string_view::npos;
         at = between.find(kUnfinishedMarker, at + 1)) {
      const std::size_t line = at == 0 ? 0 : between.rfind('\n', at - 1) + 1;
      if (between.find_first_not_of(" \t", line) == at) found.push_back(at);
    }
    gap = token.end;
    if (token.kind == TokenKind::kEnd || token.kind == TokenKind::kUnterminated) return found;
  }
}

}  // namespace sqlmig
