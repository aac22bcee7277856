#include "model/migration_id.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "support/error.h"
#include "support/text_position.h"

namespace sqlmig {
namespace {

constexpr std::size_t kMaxBytes = 200;
constexpr std::array<std::string_view, 6> kReserved = {"head", "heads", "base", "current", "all", "none"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsIdCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.';
}

}  // namespace

std::optional<std::string> MigrationId::WhyNot(std::string_view text) {
  if (text.empty()) return "an id cannot be empty";
  if (text.size() > kMaxBytes)
    return fmt::format("an id has at most {} bytes, this one has {}", kMaxBytes, text.size());
  if (text.front() == '-' || text.front() == '.') return fmt::format("an id cannot start with '{}'", text.front());
  const auto wrong = std::find_if_not(text.begin(), text.end(), IsIdCharacter);
  if (wrong != text.end()) {
    const bool ascii = static_cast<unsigned char>(*wrong) < 0x80;
    return fmt::format("{} is not allowed in an id; use letters, digits, '_', '-' and '.'",
                       ascii ? fmt::format("'{}'", Printable(std::string_view(&*wrong, 1))) : "a non-ASCII character");
  }
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (std::find(kReserved.begin(), kReserved.end(), lower) != kReserved.end()) {
    return fmt::format("'{}' is a word of targets and cannot be an id", text);
  }
  return std::nullopt;
}

MigrationId MigrationId::Parse(std::string_view text) {
  if (const auto why = WhyNot(text)) throw Error(ErrorCode::kManifest, *why);
  return MigrationId(std::string(text));
}

std::string_view SlugOf(std::string_view id) {
  std::size_t i = 0;
  if (id.size() > 1 && (id[0] == 'V' || id[0] == 'v') && IsDigit(id[1])) ++i;
  const std::size_t digits = i;
  while (i < id.size() && IsDigit(id[i])) ++i;
  if (i == digits) return {};
  const std::size_t separators = i;
  while (i < id.size() && !IsDigit(id[i]) && (id[i] == '_' || id[i] == '-' || id[i] == '.')) ++i;
  return i == separators ? std::string_view{} : id.substr(i);
}

}  // namespace sqlmig
