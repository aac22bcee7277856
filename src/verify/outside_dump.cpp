#include "verify/outside_dump.h"

#include <algorithm>
#include <array>
#include <regex>

namespace sqlmig {
namespace {

constexpr auto kSyntax = std::regex::icase | std::regex::optimize;

struct OutsideForm {
  std::regex form;
  const char* why;
  const char* hint;
};

const std::array<OutsideForm, 2>& OutsideForms() {
  static const std::array<OutsideForm, 2> kForms = {
      OutsideForm{std::regex(R"(\balter\s+(role|group|user)\s+(?!mapping\b)\S+\s+(?!in\s+database\b))", kSyntax),
                  "changes a role, which belongs to the whole server, so that the dump of a database has it not",
                  "change roles outside of migrations, or begin the squash behind it; 'ALTER ROLE ... IN DATABASE ... "
                  "SET' can be squashed"},
      OutsideForm{std::regex(R"(\b(grant|revoke)\b[^;]*\bon\s+database\b|\bcomment\s+on\s+database\b|)"
                             R"(\balter\s+database\s+\S+\s+(?!set\b|reset\b))",
                             kSyntax),
                  "changes what belongs to the database itself, which its dump has not",
                  "do it outside of migrations, or begin the squash behind it; 'ALTER DATABASE ... SET' can be "
                  "squashed"}};
  return kForms;
}

// The beginning is enough, but for a DO block; the library's matching recurses, so long texts are cut.
std::string BeginningOf(const ParsedScript& script, const Statement& statement) {
  constexpr std::size_t kMost = 4096;
  return script.sql.substr(statement.begin, std::min(kMost, statement.end - statement.begin));
}

bool IsDo(const std::string& statement) {
  static const std::regex kDo(R"(do\b)", kSyntax);
  return std::regex_search(statement, kDo, std::regex_constants::match_continuous);
}

}  // namespace

std::optional<OutsideDump> FindOutsideDump(const ParsedScript& script) {
  for (const Statement& statement : script.statements) {
    const std::string text = BeginningOf(script, statement);
    const auto where = IsDo(text) ? std::regex_constants::match_default : std::regex_constants::match_continuous;
    for (const OutsideForm& outside : OutsideForms()) {
      if (std::regex_search(text, outside.form, where)) return OutsideDump{statement.begin, outside.why, outside.hint};
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> FindLargeObjectUse(const ParsedScript& script) {
  static const std::regex kUse(R"(\b(lo_[a-z0-9_]+|lowrite|loread)\s*\(|\blarge\s+object\b|\bpg_largeobject)", kSyntax);
  for (const Statement& statement : script.statements) {
    if (std::regex_search(BeginningOf(script, statement), kUse)) return statement.begin;
  }
  return std::nullopt;
}

}  // namespace sqlmig
