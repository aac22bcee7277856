#include "manifest/scalars.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "manifest/problems.h"

namespace sqlmig {
namespace {

constexpr std::int64_t kMaxMilliseconds = std::numeric_limits<std::int32_t>::max();  // as PostgreSQL's own timeouts

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> kUnits = {{{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::size_t LeadingDigits(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsDigit);
  return static_cast<std::size_t>(end - text.begin());
}

// Stops at the limit, so that any number of digits is fine.
std::int64_t NumberUpTo(std::string_view digits, std::int64_t limit) {
  std::int64_t number = 0;
  for (const char digit : digits) number = std::min(number * 10 + (digit - '0'), limit);
  return number;
}

std::size_t NameLength(std::string_view text) {
  if (text.empty() || !(IsLetter(text[0]) || text[0] == '_')) return 0;
  const auto end =
      std::find_if_not(text.begin(), text.end(), [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
  return static_cast<std::size_t>(end - text.begin());
}

struct Reference {
  std::string_view name;
  std::optional<std::string_view> fallback;
  std::size_t length = 0;
};

// The `${NAME}` or `${NAME:-default}` at the start of `text`. A default that holds a bracket is refused: it would end
// at the wrong one.
std::optional<Reference> ReadReference(std::string_view text) {
  constexpr std::size_t kOpening = 2;
  Reference reference;
  reference.name = text.substr(kOpening, NameLength(text.substr(kOpening)));
  const std::size_t close = text.find('}');
  if (reference.name.empty() || close == std::string_view::npos) return std::nullopt;
  reference.length = close + 1;
  const std::size_t after = kOpening + reference.name.size();
  if (close == after) return reference;
  if (text.substr(after, 2) != ":-") return std::nullopt;
  reference.fallback = text.substr(after + 2, close - after - 2);
  if (reference.fallback->find('{') != std::string_view::npos) return std::nullopt;
  return reference;
}

}  // namespace

Parsed<std::chrono::milliseconds> ParseDuration(std::string_view original) {
  const std::string_view text = Trimmed(original);
  const std::size_t digits = LeadingDigits(text);
  const std::string_view unit_name = Trimmed(text.substr(digits));
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit_name; });
  if (!text.empty() && text[0] == '-') {
    return Complaint{fmt::format("cannot be negative: {}", Quoted(original)), "write a duration such as 3s, or 0"};
  }
  const std::int64_t number = NumberUpTo(text.substr(0, digits), kMaxMilliseconds + 1);
  if (digits > 0 && unit_name.empty()) {
    if (number == 0) return std::chrono::milliseconds(0);
    return Complaint{fmt::format("needs a unit: {}", Quoted(original)),
                     fmt::format("write {0}ms, {0}s, {0}min, {0}h or {0}d", text)};
  }
  if (digits == 0 || unit == kUnits.end()) {
    return Complaint{fmt::format("is not a duration: {}", Quoted(original)),
                     "write a whole number and a unit, such as 500ms, 3s, 10min, 1h or 1d; only 0 needs none"};
  }
  if (number > kMaxMilliseconds / unit->milliseconds) {
    return Complaint{fmt::format("is too long: {}", Quoted(original)), "write at most 24d"};
  }
  return std::chrono::milliseconds(number * unit->milliseconds);
}

std::string DurationText(std::chrono::milliseconds duration) {
  const std::int64_t number = duration.count();
  if (number == 0) return "0";
  const auto unit =
      std::find_if(kUnits.rbegin(), kUnits.rend(), [&](const Unit& u) { return number % u.milliseconds == 0; });
  return fmt::format("{}{}", number / unit->milliseconds, unit->name);
}

Parsed<ServerRequirement> ParseServerRequirement(std::string_view original) {
  using Compare = ServerRequirement::Compare;
  static constexpr std::array<std::pair<std::string_view, Compare>, 6> kOperators = {{{">=", Compare::kGreaterEqual},
                                                                                      {"<=", Compare::kLessEqual},
                                                                                      {"==", Compare::kEqual},
                                                                                      {">", Compare::kGreater},
                                                                                      {"<", Compare::kLess},
                                                                                      {"=", Compare::kEqual}}};
  const std::string_view text = Trimmed(original);
  for (const auto& [name, compare] : kOperators) {
    if (text.substr(0, name.size()) != name) continue;
    const std::string_view number = Trimmed(text.substr(name.size()));
    if (number.empty() || number.size() > 4 || LeadingDigits(number) != number.size()) break;
    return ServerRequirement{compare, static_cast<int>(NumberUpTo(number, 9999)), std::string(text)};
  }
  return Complaint{fmt::format("is not a comparison with a major version: {}", Quoted(original)),
                   "write one of >=, >, =, <, <= and a number, in quotes: \">=16\""};
}

Parsed<std::string> ParseInnerPath(std::string_view text) {
  const auto outside = [&](std::string_view how) {
    return Complaint{fmt::format("{}: {}", how, Quoted(text)),
                     "write a path below the folder of the manifest, relative to it"};
  };
  if (text.empty()) return Complaint{"is empty", "write a path below the folder of the manifest"};
  if (text.find("${") != std::string_view::npos) {
    return Complaint{fmt::format("cannot hold a variable: {}", Quoted(text)),
                     "write the path itself; '${...}' is replaced in 'url' only"};
  }
  if (text.find_first_of("\n\t") != std::string_view::npos) return outside("cannot hold a line break or tab");
  if (text[0] == '/') return outside("must be a relative path");
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::string_view part = text.substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (parts.empty()) {
      return outside("leaves the manifest's folder");
    } else {
      parts.pop_back();
    }
  }
  return parts.empty() ? std::string(".") : fmt::format("{}", fmt::join(parts, "/"));
}

Parsed<RequirementName> ParseRequirement(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) {
    return Complaint{fmt::format("does not name a migration of another database: {}", Quoted(text)),
                     "write <database>/<id>"};
  }
  const RequirementName name{text.substr(0, slash), text.substr(slash + 1)};
  if (const auto why = MigrationId::WhyNot(name.id)) {
    return Complaint{fmt::format("does not name a migration of another database: {}: {}", Quoted(text), *why),
                     "write <database>/<id>"};
  }
  return name;
}

Parsed<std::string> ParseSettingName(std::string_view text) {
  const auto allowed = [](char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '$' || c == '.'; };
  if (text.empty() || !(IsLetter(text[0]) || text[0] == '_') || !std::all_of(text.begin(), text.end(), allowed)) {
    return Complaint{fmt::format("{} is not the name of a server setting", Quoted(text)),
                     "use letters, digits, '_', '$' and '.', as in work_mem or myapp.tenant"};
  }
  std::string name = LowerCase(text);
  if (name == "lock_timeout" || name == "statement_timeout") {
    return Complaint{fmt::format("'{}' does not belong into 'settings'", name),
                     fmt::format("write '{}' beside 'settings'", name)};
  }
  if (name == "synchronous_commit" || name == "standard_conforming_strings" || name == "client_encoding") {
    return Complaint{fmt::format("'{}' cannot be set", name), "remove it: the run sets it for all its steps"};
  }
  return name;
}

Expansion ExpandVariables(std::string_view text, const Environment& environment) {
  Expansion result;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      result.text += text[i++];
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != '{') {
      result.text += '$';
      i += next == '$' ? 2 : 1;
      continue;
    }
    const auto reference = ReadReference(text.substr(i));
    if (!reference) {
      result.offset = i;
      result.wrong = Complaint{"has a malformed '${'",
                               "write ${NAME} or ${NAME:-default}, or '$${' for the characters themselves"};
      return result;
    }
    const std::optional<std::string> value = environment(reference->name);
    if (reference->fallback && (!value || value->empty())) {
      result.text += *reference->fallback;
    } else if (value) {
      result.text += *value;
    } else {
      result.unset = true;
      result.text += text.substr(i, reference->length);
    }
    i += reference->length;
  }
  return result;
}

bool IsMadeOf(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return IsLetter(c) || IsDigit(c) || others.find(c) != std::string_view::npos; });
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

}  // namespace sqlmig
