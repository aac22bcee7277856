#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sqlmig {

// The name of a migration: letters, digits, '_', '-', '.', at most 200 bytes, not starting with '-' or '.', and none of
// the words that targets use.
class MigrationId {
 public:
  MigrationId() = default;  // empty: no migration
  // Throws kManifest with what is wrong.
  static MigrationId Parse(std::string_view text);
  // What is wrong with `text` as an id, or nothing.
  static std::optional<std::string> WhyNot(std::string_view text);
  // For ids that come from a ledger and are compared, never executed: no check.
  static MigrationId Trusted(std::string text) { return MigrationId(std::move(text)); }

  const std::string& str() const noexcept { return text_; }
  friend auto operator<=>(const MigrationId&, const MigrationId&) = default;

 private:
  explicit MigrationId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// The part of an id after its number and a separator: `create_users` of `20261122101500_create_users`. Empty when the
// id does not start with a number.
std::string_view SlugOf(std::string_view id);

}  // namespace sqlmig

template <>
struct std::hash<sqlmig::MigrationId> {
  std::size_t operator()(const sqlmig::MigrationId& id) const noexcept { return std::hash<std::string>()(id.str()); }
};
