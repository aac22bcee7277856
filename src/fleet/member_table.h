// A list of members as it was given, before anybody has judged what stands in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sqlmig {

struct MemberRow {
  std::vector<std::optional<std::string>> values;  // of the columns; fewer or more when the line is wrong
  int line = 0;                                    // of the file, or the number of the row; from 1
};

struct MemberTable {
  std::string source;  // where it comes from, for people: "members.csv"
  std::vector<std::string> columns;
  std::vector<MemberRow> rows;
};

// Comma-separated values (RFC 4180) under a line with the names of the columns; empty lines are passed over. Throws
// kMember for what is no such text at all. Nothing of the text is in the error: it may hold passwords.
MemberTable ParseMemberCsv(std::string_view text, std::string source);

// A YAML list of maps: `- {name: ada, url: bot_ada, region: eu}`. Throws kMember.
MemberTable ParseMemberYaml(std::string_view text, std::string source);

}  // namespace sqlmig
