#include "dump/stable_text.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sqltext/scanner.h"
#include "support/error.h"

namespace sqlmig {
namespace {

constexpr std::string_view kRestrict = "\\restrict ";
constexpr std::string_view kUnrestrict = "\\unrestrict ";
constexpr std::string_view kComplete = "--\n-- PostgreSQL database dump complete\n--\n";
constexpr std::string_view kSearchPath = "SELECT pg_catalog.set_config('search_path', '', false);";

// Settings that stand in kDumpSettings, or are the reader's own affair.
constexpr std::array<std::string_view, 11> kOwnSettings = {"statement_timeout",
                                                           "lock_timeout",
                                                           "idle_in_transaction_session_timeout",
                                                           "transaction_timeout",
                                                           "client_encoding",
                                                           "standard_conforming_strings",
                                                           "check_function_bodies",
                                                           "xmloption",
                                                           "client_min_messages",
                                                           "row_security",
                                                           "escape_string_warning"};

std::string_view TakeLine(std::string_view* text) {
  const std::size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

bool IsOwnSetting(std::string_view line) {
  if (line == kSearchPath) return true;
  return std::any_of(kOwnSettings.begin(), kOwnSettings.end(), [&](std::string_view name) {
    return line.starts_with("SET ") && line.substr(4).starts_with(name) &&
           line.substr(4 + name.size()).starts_with(" = ");
  });
}

// Takes title, versions, \restrict and the settings off, and gives those settings that we do not know.
std::string TakeHead(std::string_view* text) {
  std::string others;
  bool settings = false;
  while (!text->empty()) {
    std::string_view rest = *text;
    const std::string_view line = TakeLine(&rest);
    const bool setting = line.starts_with("SET ") || line == kSearchPath;
    const bool head = line.empty() || line.starts_with("--") || line.starts_with(kRestrict);
    if (settings ? line.empty() : !head && !setting) break;
    if (setting && !IsOwnSetting(line)) others.append(line).append("\n");
    settings = settings || setting;
    *text = rest;
  }
  if (settings) return others;
  throw Error(ErrorCode::kSql, "pg_dump has written something that does not begin as a dump does")
      .Hint("set SQLMIG_PG_DUMP to the path of PostgreSQL's own pg_dump");
}

std::string_view WithoutTail(std::string_view text) {
  const auto trim = [&text] { text = text.substr(0, text.find_last_not_of('\n') + 1); };
  trim();
  const std::size_t last = text.rfind('\n') + 1;  // npos + 1 == 0: the only line
  if (text.substr(last).starts_with(kUnrestrict)) text = text.substr(0, last);
  trim();
  std::string_view complete = kComplete;
  complete.remove_suffix(1);
  if (text.ends_with(complete)) text.remove_suffix(complete.size());
  trim();
  return text;
}

// Whether the statement is CREATE or ALTER USER MAPPING.
bool IsUserMapping(const std::vector<std::string_view>& words) {
  return words.size() == 3 && (IsWord(words[0], "create") || IsWord(words[0], "alter")) && IsWord(words[1], "user") &&
         IsWord(words[2], "mapping");
}

// Each statement goes with the comments that stand before it.
std::string WithoutUserMappings(std::string_view text) {
  std::string kept;
  ScriptScanner scanner(text);
  std::size_t begin = 0;
  std::vector<std::string_view> words;  // the first three tokens of the statement
  for (Token token = scanner.Next(); token.kind != TokenKind::kEnd; token = scanner.Next()) {
    if (words.size() < 3) words.push_back(token.In(text));
    if (!scanner.statement_ended()) continue;
    if (!IsUserMapping(words)) kept.append(text.substr(begin, token.end - begin));
    begin = token.end;
    words.clear();
  }
  return kept.append(text.substr(begin));
}

}  // namespace

std::string StableDump(std::string_view dump) {
  const std::string others = TakeHead(&dump);
  const std::string body = WithoutUserMappings(WithoutTail(dump));
  const std::size_t begin = std::min(body.find_first_not_of('\n'), body.size());
  std::string stable = std::string(kDumpSettings) + others;
  if (begin < body.size()) stable.append("\n").append(body, begin).append("\n");
  return stable;
}

}  // namespace sqlmig
