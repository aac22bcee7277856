// The texts of a manifest's scalars as values: pure functions that know no place.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "manifest/manifest.h"
#include "manifest/yaml_syntax.h"
#include "model/migration.h"

namespace sqlmig {

// A value, or what is wrong. The complaint's message goes on after the subject: "is not a duration: 'x'".
template <class Value>
struct Parsed {
  std::optional<Value> value;
  Complaint complaint;

  Parsed(Value good) : value(std::move(good)) {}
  Parsed(Complaint wrong) : complaint(std::move(wrong)) {}
};

// `500ms`, `3s`, `10min`, `1h`, `1d`, `0`, also of options. A number alone would be milliseconds to PostgreSQL and
// seconds to most others, so it is refused.
Parsed<std::chrono::milliseconds> ParseDuration(std::string_view text);
// The shortest text that ParseDuration reads so.
std::string DurationText(std::chrono::milliseconds duration);

// `>=16`, `>16`, `=16`, `<16`, `<=16`.
Parsed<ServerRequirement> ParseServerRequirement(std::string_view text);

// A path below the manifest's folder, without `.`, `..` and doubled slashes; "." for the folder itself.
Parsed<std::string> ParseInnerPath(std::string_view text);

// `database/id` of `requires`.
struct RequirementName {
  std::string_view database;
  std::string_view id;
};
Parsed<RequirementName> ParseRequirement(std::string_view text);

// The canonical (lower-case) name of a server setting.
Parsed<std::string> ParseSettingName(std::string_view text);

// `${VAR}`, `${VAR:-default}` (when VAR is unset or empty) and `$$` replaced; any other `$` stays.
struct Expansion {
  std::string text;
  bool unset = false;  // a variable without default is not set; its place in `text` is as it was
  // Where in the original `wrong` is, when there is something wrong.
  std::size_t offset = 0;
  std::optional<Complaint> wrong;
};
Expansion ExpandVariables(std::string_view text, const Environment& environment);

// Whether `text` consists of characters that are letters, digits or in `others`.
bool IsMadeOf(std::string_view text, std::string_view others);

// ASCII only.
std::string LowerCase(std::string_view text);

}  // namespace sqlmig
