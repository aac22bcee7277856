#include "sqltext/probe_query.h"

#include <fmt/format.h>

#include "sqltext/lexer.h"
#include "sqltext/script.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

// Its first token, but for parentheses.
std::string_view FirstToken(std::string_view sql) {
  Lexer lexer(sql);
  Token token = lexer.Next();
  while (token.kind == TokenKind::kSymbol && token.In(sql) == "(") token = lexer.Next();
  return token.In(sql);
}

bool BeginsQuery(std::string_view word) {
  return IsWord(word, "select") || IsWord(word, "values") || IsWord(word, "table") || IsWord(word, "with");
}

}  // namespace

std::optional<ProbeComplaint> ComplaintOfProbe(const std::string& sql) {
  const std::string_view first = FirstToken(sql);
  if (first.empty()) return ProbeComplaint{"a probe must be a query, and this one is empty", "write one, or remove it"};
  if (!BeginsQuery(first)) {
    constexpr std::size_t kMost = 40;
    return ProbeComplaint{
        fmt::format("a probe must be a query, and '{}' begins none", Printable(first.substr(0, kMost))),
        "begin it with SELECT, VALUES, TABLE or WITH"};
  }
  try {
    const ParsedScript parsed = ParseScript(sql, {}, ScriptMode::kTransactional);
    if (parsed.statements.size() == 1) return std::nullopt;
    return ProbeComplaint{fmt::format("a probe must be one query, not {}", parsed.statements.size()),
                          "make an entry of 'probes' of each"};
  } catch (const Error& error) {
    return ProbeComplaint{fmt::format("a probe must be one query: {}", error.message()),
                          "leave nothing but the query; it is asked in a transaction of its own"};
  }
}

}  // namespace sqlmig
