// What holds for any bytes whatever. Shared by the fuzz target, the replay of its corpus and the property tests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sqltext/lexer.h"
#include "sqltext/outline.h"
#include "sqltext/scanner.h"
#include "sqltext/script.h"
#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {

// Blanks and comments alone.
inline bool IsTrivia(std::string_view text) {
  return Lexer(text).Next().kind == TokenKind::kEnd;
}

// Tokens are in order, not empty, and nothing but blanks and comments stands between them.
inline std::string LexerProblem(std::string_view text) {
  Lexer lexer(text);
  std::size_t end = 0;
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd; token = lexer.Next()) {
    if (token.begin < end || token.end <= token.begin || token.end > text.size()) return "token out of place";
    if (!IsTrivia(text.substr(end, token.begin - end))) return "text between tokens is lost";
    end = token.end;
  }
  if (!IsTrivia(text.substr(end))) return "text after the last token is lost";
  return lexer.Next().kind == TokenKind::kEnd ? "" : "tokens after the end";
}

// Other blanks and comments between the same tokens give the same hash.
inline std::string HashProblem(std::string_view file) {
  const std::string_view text = WithoutByteOrderMark(file);
  const std::string hash = TokenHash(file);
  if (hash.size() != 64) return "hash of a wrong length";
  std::string other;
  ScriptScanner scanner(text);
  for (Token token = scanner.Next(); token.kind != TokenKind::kEnd; token = scanner.Next()) {
    const bool fixed = token.kind == TokenKind::kCopyData || token.kind == TokenKind::kAfterCopy ||
                       token.kind == TokenKind::kUnterminated || scanner.is_copy_from_stdin();
    if (fixed) return {};
    other += token.kind == TokenKind::kStringContinued ? "\n" : " /* /**/ */ ";
    other += token.In(text);
  }
  return TokenHash(other) == hash ? "" : "blanks and comments change the hash";
}

inline std::string StatementsProblem(const ParsedScript& script) {
  if (!script.sql.ends_with('\n')) return "no newline at the end";
  std::size_t end = 0;
  std::size_t copies = 0;
  for (const Statement& statement : script.statements) {
    if (statement.begin < end || statement.end <= statement.begin || statement.end > script.sql.size()) {
      return "statement out of place";
    }
    const std::string_view text = std::string_view(script.sql).substr(statement.begin, statement.end - statement.begin);
    if (Lexer(text).Next().begin != 0) return "statement begins with blanks";
    const std::size_t in_file = OffsetInOriginal(script, statement.begin);
    if (script.original.substr(in_file, 1) != text.substr(0, 1)) return "statement is not where the file has it";
    end = statement.end;
    copies += statement.copy_from_stdin ? 1 : 0;
  }
  return copies == script.copy_data.size() ? "" : "COPY without data, or data without COPY";
}

inline std::string UnitsProblem(const ParsedScript& script) {
  std::size_t next = 0;
  for (const Unit& unit : script.units) {
    if (unit.first_statement != next || unit.statements == 0) return "units leave a gap";
    next += unit.statements;
  }
  return next == script.statements.size() ? "" : "units do not cover all statements";
}

// PositionInFile goes forward only, and byte for byte to the same byte of the file.
inline std::string PositionProblem(const ParsedScript& script) {
  const std::size_t step = std::max<std::size_t>(1, script.sql.size() / 64);
  TextPosition last{1, 1};
  for (std::size_t i = 0; i <= script.sql.size() + 1; i += step) {
    const TextPosition at = script.PositionInFile(i);
    if (at.line < last.line || (at.line == last.line && at.column < last.column)) return "positions go backwards";
    last = at;
    const std::size_t in_file = OffsetInOriginal(script, i);
    if (i >= script.sql.size() || in_file >= script.original.size()) continue;
    if (script.sql[i] != script.original[in_file] && script.sql[i] != ' ') return "a byte is not where the file has it";
  }
  return {};
}

inline std::string ParseProblem(std::string_view text, ScriptMode mode) {
  try {
    const ParsedScript script = ParseScript(std::string(text), "f.sql", mode);
    for (const std::string& problem : {StatementsProblem(script), PositionProblem(script)}) {
      if (!problem.empty()) return problem;
    }
    if (mode == ScriptMode::kTransactional) return script.units.empty() ? "" : "units in a transactional script";
    return UnitsProblem(script);
  } catch (const Error& error) {
    const TextPosition at = error.location().at;
    if (error.code() != ErrorCode::kScript || error.message().empty() || error.hint().empty()) return "poor error";
    const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
    return at.line >= 1 && at.line <= lines && at.column >= 1 ? "" : "error outside the text";
  }
}

// Where the parser understands a script, the lexer must cut it in the same places.
inline std::string SplitProblem(std::string_view text) {
  try {
    const ParsedScript script = ParseScript(std::string(text), "f.sql", ScriptMode::kNonTransactional);
    ParsedScript again;
    const std::vector<Statement> split = SplitByLexer(ReadOutline(std::string(text), "f.sql", again).segments);
    if (!script.parsed) return {};
    const bool same =
        std::equal(split.begin(), split.end(), script.statements.begin(), script.statements.end(),
                   [](const Statement& a, const Statement& b) {
                     return a.begin == b.begin && a.end == b.end && a.copy_from_stdin == b.copy_from_stdin;
                   });
    return same ? "" : "lexer and parser split differently";
  } catch (const Error&) {
    return {};
  }
}

// The first thing that is wrong, or "".
inline std::string ScriptProblem(std::string_view text) {
  HoldsSecret(text);
  for (const std::string& problem :
       {LexerProblem(text), HashProblem(text), ParseProblem(text, ScriptMode::kTransactional),
        ParseProblem(text, ScriptMode::kNonTransactional), SplitProblem(text)}) {
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace sqlmig
