#include "model/ignore_pattern.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "support/edit_distance.h"

namespace sqlmig {
namespace {

// As the catalog calls them.
constexpr std::array<std::string_view, 42> kKinds = {"access method",
                                                     "aggregate",
                                                     "attribute",
                                                     "cast",
                                                     "collation",
                                                     "column",
                                                     "constraint",
                                                     "conversion",
                                                     "database setting",
                                                     "default privileges",
                                                     "domain",
                                                     "domain constraint",
                                                     "event trigger",
                                                     "extension",
                                                     "foreign data wrapper",
                                                     "foreign table",
                                                     "function",
                                                     "index",
                                                     "language",
                                                     "materialized view",
                                                     "operator",
                                                     "operator class",
                                                     "operator family",
                                                     "policy",
                                                     "procedure",
                                                     "publication",
                                                     "rule",
                                                     "schema",
                                                     "sequence",
                                                     "server",
                                                     "statistics object",
                                                     "subscription",
                                                     "table",
                                                     "text search configuration",
                                                     "text search dictionary",
                                                     "text search parser",
                                                     "text search template",
                                                     "transform",
                                                     "trigger",
                                                     "type",
                                                     "user mapping",
                                                     "view"};
constexpr std::string_view kPrivilege = "privilege:";

// Words behind a name that may have no schema: "users_pkey on public.users", "integer as text".
bool GoesOnLikeAName(std::string_view rest) {
  static constexpr std::array<std::string_view, 4> kWords = {"on ", "as ", "using ", "for "};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) { return rest.starts_with(word); });
}

// The word that stands where a kind would, if it looks like one; empty: none.
std::string_view WordForKind(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos || text.starts_with("for ") || GoesOnLikeAName(text.substr(blank + 1))) return {};
  const std::string_view word = text.substr(0, blank);
  const bool letters = std::all_of(word.begin(), word.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; });
  return letters ? word : std::string_view();
}

// The last colon that is not in quotes.
std::size_t FindColon(std::string_view text) {
  std::size_t found = std::string_view::npos;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (text[at] == ':' && !quoted) found = at;
  }
  return found;
}

[[noreturn]] void ThrowUnknownKind(std::string_view word) {
  const std::vector<std::string> kinds(kKinds.begin(), kKinds.end());
  const auto near = DidYouMean(word, kinds);
  throw Error(ErrorCode::kUsage, fmt::format("has an unknown kind '{}'", word))
      .Hint(near ? fmt::format("did you mean '{}'?", *near)
                 : std::string("write a kind as 'sqlmig drift' shows it, such as table, index or function, or a name "
                               "alone"));
}

}  // namespace

ObjectReference ParseReference(std::string_view text) {
  std::string_view kind;
  for (const std::string_view known : kKinds) {
    if (known.size() > kind.size() && text.starts_with(known) && text.substr(known.size()).starts_with(' '))
      kind = known;
  }
  if (kind.empty()) return {"", std::string(text)};
  return {std::string(kind), std::string(text.substr(kind.size() + 1))};
}

IgnorePattern ParseIgnorePattern(std::string_view text) {
  IgnorePattern pattern;
  pattern.text = text;
  if (text.starts_with(kPrivilege)) {
    pattern.name = "*";
    pattern.what = "privileges of " + std::string(text.substr(kPrivilege.size()));
    if (text.size() == kPrivilege.size()) {
      throw Error(ErrorCode::kUsage, "names no role").Hint("write 'privilege:*' for all privileges");
    }
    return pattern;
  }
  const std::size_t colon = FindColon(text);
  if (colon != std::string_view::npos) pattern.what = text.substr(colon + 1);
  const std::string_view object = text.substr(0, colon);
  ObjectReference reference = ParseReference(object);
  if (std::find(kKinds.begin(), kKinds.end(), object) != kKinds.end()) reference = {std::string(object), "*"};
  if (reference.kind.empty()) {
    const std::string_view word = WordForKind(object);
    if (!word.empty()) ThrowUnknownKind(word);
  }
  pattern.kind = std::move(reference.kind);
  pattern.name = std::move(reference.name);
  if (pattern.name.empty() || (colon != std::string_view::npos && pattern.what.empty())) {
    throw Error(ErrorCode::kUsage, pattern.name.empty() ? "names no object" : "has nothing behind its ':'")
        .Hint("write [kind ]name[:what], such as 'table public.tmp_*' or 'function *:owner'");
  }
  return pattern;
}

bool MatchesGlob(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last one, which may take more
  std::size_t taken = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool Matches(const IgnorePattern& pattern, const ObjectReference& object, std::string_view what) {
  if (!pattern.kind.empty() && pattern.kind != object.kind) return false;
  if (!MatchesGlob(pattern.name, object.name)) return false;
  return pattern.what.empty() || MatchesGlob(pattern.what, what);
}

}  // namespace sqlmig
