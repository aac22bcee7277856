#include "sqltext/parser.h"

#include <algorithm>
#include <memory>

#include <pg_query.h>

#include "support/text_position.h"

namespace sqlmig {
namespace {

// The parser's message quotes the text near the error, for an unterminated string all the rest of the script.
constexpr std::size_t kMessageCharacters = 200;

std::string Shortened(const char* message) {
  std::string text = Printable(message == nullptr ? "syntax error" : message);
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::size_t end = ByteOfCharacter(text, kMessageCharacters);
  if (end < text.size()) text.replace(end, std::string::npos, "...");
  return text;
}

}  // namespace

ParserSplit SplitWithParser(const std::string& sql) {
  struct Free {
    void operator()(PgQuerySplitResult* result) const { pg_query_free_split_result(*result); }
  };
  PgQuerySplitResult result = pg_query_split_with_parser(sql.c_str());
  const std::unique_ptr<PgQuerySplitResult, Free> owner(&result);

  ParserSplit split;
  if (result.error != nullptr) {
    // Characters from 1, or 0 when the place is not known.
    const int position = result.error->cursorpos;
    const std::size_t characters = position > 0 ? static_cast<std::size_t>(position) - 1 : 0;
    split.complaint = {Shortened(result.error->message), ByteOfCharacter(sql, characters)};
    return split;
  }
  split.spans.reserve(static_cast<std::size_t>(result.n_stmts));
  for (int i = 0; i < result.n_stmts; ++i) {
    const auto begin = static_cast<std::size_t>(result.stmts[i]->stmt_location);
    split.spans.push_back({begin, begin + static_cast<std::size_t>(result.stmts[i]->stmt_len)});
  }
  return split;
}

}  // namespace sqlmig
