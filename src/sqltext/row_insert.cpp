#include "sqltext/row_insert.h"

#include "sqltext/scanner.h"
#include "support/text_position.h"

namespace sqlmig {

std::optional<TextPosition> FirstRowInsert(std::string_view script) {
  ScriptScanner scanner(script);
  std::optional<std::size_t> begin;  // of the statement
  bool with = false;
  bool insert = false;  // the last token is INSERT, in a WITH
  for (Token token = scanner.Next(); token.kind != TokenKind::kEnd; token = scanner.Next()) {
    if (token.kind == TokenKind::kCopyData) continue;
    const std::string_view word = token.In(script);
    const bool first = !begin;
    if (first) {
      begin = token.begin;
      with = IsWord(word, "with");
    }
    const bool inserts = (first && IsWord(word, "insert")) || (insert && IsWord(word, "into"));
    if (inserts || scanner.is_copy_from_stdin()) return PositionOfByte(script, *begin);
    insert = with && IsWord(word, "insert");
    if (scanner.statement_ended()) begin.reset();
  }
  return std::nullopt;
}

}  // namespace sqlmig
