// Takes typed values out of YAML nodes and reports what is not what it must be.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/problems.h"
#include "manifest/scalars.h"
#include "manifest/yaml_document.h"
#include "model/migration.h"

namespace sqlmig {

// A key of a map, or an item of a list, with its value: what an error is about.
struct Field {
  std::string_view name;          // of the key, or of the list
  const YamlNode* key = nullptr;  // null for an item
  const YamlNode* value = nullptr;

  explicit operator bool() const noexcept { return value != nullptr; }
};

inline constexpr std::size_t kMaxKeys = 16;

// The values of a map whose keys are known, by the number of the key.
class Fields {
 public:
  Fields(std::span<const std::string_view> names, const YamlNode& map) : names_(names), map_(&map) {}

  Field operator[](std::size_t key) const {
    const YamlNode* const at = keys_[key];
    return {names_[key], at, at == nullptr ? nullptr : at + at->size};
  }
  const YamlNode& map() const noexcept { return *map_; }

 private:
  friend class NodeReader;
  std::span<const std::string_view> names_;
  const YamlNode* map_;
  std::array<const YamlNode*, kMaxKeys> keys_{};
};

class NodeReader {
 public:
  NodeReader(const YamlDocument& document, Problems& problems) : document_(document), problems_(problems) {}

  void Report(const YamlNode& at, std::string message, std::string hint) const;
  void Report(const YamlNode& at, Complaint complaint) const;
  // For values whose complaint starts with the verb.
  void Report(const Field& field, Complaint complaint) const;

  TextPosition At(const YamlNode& node) const { return document_.At(node); }
  // Where a field is declared: its key, or the item itself.
  TextPosition At(const Field& field) const { return At(field.key != nullptr ? *field.key : *field.value); }
  std::string_view Text(const YamlNode& node) const { return document_.Text(node); }
  std::string_view Source(const YamlNode& node) const { return document_.Source(node); }
  // Whether it makes sense to miss something in `node`: false when a syntax error cut it off.
  bool CanMiss(const YamlNode& node) const { return node.complete; }
  bool complete() const noexcept { return document_.complete(); }
  Problems& problems() const noexcept { return problems_; }

  // Unknown and duplicate keys are reported. Nothing, and a report, when the field is not a map.
  std::optional<Fields> Map(const Field& field, std::span<const std::string_view> names) const;
  Fields KnownKeys(const YamlNode& map, std::span<const std::string_view> names) const;
  // The fields of a map with free names, in order, without duplicates.
  std::vector<Field> FreeKeys(const Field& field) const;

  // Each returns nothing for a field that is not there, and for a wrong one after reporting it.
  std::optional<std::string_view> Scalar(const Field& field) const;
  std::optional<std::string_view> NonEmpty(const Field& field) const;
  std::optional<bool> Boolean(const Field& field) const;
  std::optional<std::chrono::milliseconds> Duration(const Field& field) const;
  std::optional<int> Count(const Field& field) const;
  std::optional<std::size_t> Choice(const Field& field, std::span<const std::string_view> words) const;
  std::optional<std::string> InnerPath(const Field& field) const;
  std::optional<MigrationId> Id(const Field& field) const;
  // Whether the field is there and a list; null is reported with the hint to write `[]`.
  bool IsList(const Field& field, std::string_view example) const;
  // Ids, each once.
  std::vector<Dependency> Ids(const Field& list, std::string_view example) const;

  // The hint for what is there twice: "keep one of them; the first is at 12:3".
  std::string KeepOne(const YamlNode& first) const;

 private:
  void ReportUnknownKey(const YamlNode& key, std::span<const std::string_view> names) const;
  bool IsTextKey(const YamlNode& key) const;

  const YamlDocument& document_;
  Problems& problems_;
};

// "did you mean 'x'?", or nothing.
std::optional<std::string> DidYouMeanHint(std::string_view word, std::span<const std::string> candidates);

// "'name'" of a key, "an entry of 'name'" of an item.
std::string Subject(const Field& field);

}  // namespace sqlmig
