#include "manifest/node_reader.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/edit_distance.h"

namespace sqlmig {
namespace {

struct Synonym {
  std::string_view word;
  std::string_view key;
};

// What other tools and habits call our keys.
constexpr std::array kSynonyms = {
    Synonym{"depends", "depends_on"},
    Synonym{"dependencies", "depends_on"},
    Synonym{"down_revision", "depends_on"},
    Synonym{"parents", "depends_on"},
    Synonym{"parent", "depends_on"},
    Synonym{"after", "depends_on"},
    Synonym{"revision", "id"},
    Synonym{"version", "id"},
    Synonym{"message", "description"},
    Synonym{"title", "description"},
    Synonym{"comment", "description"},
    Synonym{"name", "project"},
    Synonym{"dsn", "url"},
    Synonym{"database_url", "url"},
    Synonym{"dir", "directory"},
    Synonym{"path", "directory"},
    Synonym{"folder", "directory"},
    Synonym{"transactional", "transaction"},
    Synonym{"in_transaction", "transaction"},
    Synonym{"upgrade", "up"},
    Synonym{"downgrade", "down"},
};

std::string_view KindName(const YamlNode& node) {
  switch (node.kind) {
    case NodeKind::kScalar:
      return "text";
    case NodeKind::kNull:
      return "nothing";
    case NodeKind::kSequence:
      return "a list";
    case NodeKind::kMap:
      return "a mapping";
    case NodeKind::kRefused:
      return "an alias";
  }
  return "";
}

}  // namespace

std::string Subject(const Field& field) {
  return field.key != nullptr ? fmt::format("'{}'", field.name) : fmt::format("an entry of '{}'", field.name);
}

std::optional<std::string> DidYouMeanHint(std::string_view word, std::span<const std::string> candidates) {
  const auto nearest = DidYouMean(word, candidates);
  if (!nearest) return std::nullopt;
  return fmt::format("did you mean '{}'?", *nearest);
}

void NodeReader::Report(const YamlNode& at, std::string message, std::string hint) const {
  problems_.Add(At(at), std::move(message), std::move(hint));
}

void NodeReader::Report(const YamlNode& at, Complaint complaint) const {
  Report(at, std::move(complaint.message), std::move(complaint.hint));
}

void NodeReader::Report(const Field& field, Complaint complaint) const {
  Report(*field.value, fmt::format("{} {}", Subject(field), complaint.message), std::move(complaint.hint));
}

std::string NodeReader::KeepOne(const YamlNode& first) const {
  const TextPosition at = At(first);
  return fmt::format("keep one of them; the first is at {}:{}", at.line, at.column);
}

void NodeReader::ReportUnknownKey(const YamlNode& key, std::span<const std::string_view> names) const {
  const std::string_view word = Text(key);
  if (word == "<<") return Report(key, "merge keys ('<<') are not supported", "write the keys out");
  if (problems_.full()) return Report(key, "", "");
  const std::vector<std::string> candidates(names.begin(), names.end());
  auto hint = DidYouMeanHint(word, candidates);
  for (const Synonym& synonym : kSynonyms) {
    const bool known = std::find(names.begin(), names.end(), synonym.key) != names.end();
    if (!hint && known && synonym.word == word) hint = fmt::format("did you mean '{}'?", synonym.key);
  }
  if (!hint) hint = fmt::format("remove it, or use one of: {}", fmt::join(names, ", "));
  Report(key, fmt::format("unknown key {}", Quoted(word)), *hint);
}

bool NodeReader::IsTextKey(const YamlNode& key) const {
  if (key.kind == NodeKind::kScalar) return true;
  if (key.kind != NodeKind::kRefused)
    Report(key, fmt::format("a key must be text, not {}", KindName(key)), "write 'key: value'");
  return false;
}

Fields NodeReader::KnownKeys(const YamlNode& map, std::span<const std::string_view> names) const {
  Fields fields(names, map);
  ForEachPair(map, [&](const YamlNode& key, const YamlNode&) {
    if (!IsTextKey(key)) return;
    const auto name = std::find(names.begin(), names.end(), Text(key));
    if (name == names.end()) return ReportUnknownKey(key, names);
    const YamlNode*& place = fields.keys_[static_cast<std::size_t>(name - names.begin())];
    if (place != nullptr) return Report(key, fmt::format("duplicate key '{}'", *name), KeepOne(*place));
    place = &key;
  });
  return fields;
}

std::optional<Fields> NodeReader::Map(const Field& field, std::span<const std::string_view> names) const {
  if (!field || field.value->kind == NodeKind::kRefused) return std::nullopt;
  if (field.value->kind == NodeKind::kMap) return KnownKeys(*field.value, names);
  const std::string hint =
      fmt::format("write {} {{key: value}} with keys out of: {}",
                  field.key != nullptr ? fmt::format("{}:", field.name) : "-", fmt::join(names, ", "));
  if (field.value->kind == NodeKind::kNull) {
    Report(field.key != nullptr ? *field.key : *field.value, fmt::format("{} has no value", Subject(field)), hint);
  } else {
    Report(*field.value, fmt::format("{} must be a mapping, not {}", Subject(field), KindName(*field.value)), hint);
  }
  return std::nullopt;
}

std::vector<Field> NodeReader::FreeKeys(const Field& field) const {
  std::vector<Field> fields;
  if (!field || field.value->kind == NodeKind::kRefused) return fields;
  if (field.value->kind != NodeKind::kMap) {
    const bool null = field.value->kind == NodeKind::kNull;
    Report(null ? *field.key : *field.value,
           null ? fmt::format("'{}' has no value", field.name)
                : fmt::format("'{}' must be a mapping, not {}", field.name, KindName(*field.value)),
           fmt::format("write 'name: value' below '{}', or leave the key out", field.name));
    return fields;
  }
  std::map<std::string_view, const YamlNode*> places;
  ForEachPair(*field.value, [&](const YamlNode& key, const YamlNode& value) {
    if (!IsTextKey(key)) return;
    const auto [place, added] = places.emplace(Text(key), &key);
    if (added) {
      fields.push_back({Text(key), &key, &value});
    } else if (Text(key) == "<<") {
      Report(key, "merge keys ('<<') are not supported", "write the keys out");
    } else {
      Report(key, fmt::format("duplicate key {}", Quoted(Text(key))), KeepOne(*place->second));
    }
  });
  return fields;
}

std::optional<std::string_view> NodeReader::Scalar(const Field& field) const {
  if (!field || field.value->kind == NodeKind::kRefused) return std::nullopt;
  const YamlNode& value = *field.value;
  if (value.kind == NodeKind::kNull) {
    Report(field.key != nullptr ? *field.key : value, fmt::format("{} has no value", Subject(field)),
           field.key != nullptr ? "write a value, in quotes if it is the word null, or leave the key out"
                                : "write a value, in quotes if it is the word null, or remove the entry");
    return std::nullopt;
  }
  if (value.kind != NodeKind::kScalar) {
    Report(value, fmt::format("{} must be text, not {}", Subject(field), KindName(value)),
           "write one value, in quotes if it holds any of ,[]{}");
    return std::nullopt;
  }
  const std::string_view text = Text(value);
  if (HoldsControl(text)) {
    Report(value, fmt::format("{} holds a control character", Subject(field)), "remove the escape that makes it");
    return std::nullopt;
  }
  return text;
}

std::optional<std::string_view> NodeReader::NonEmpty(const Field& field) const {
  const auto text = Scalar(field);
  if (!text || !text->empty()) return text;
  Report(field, {"is empty",
                 field.key != nullptr ? "write a value, or leave the key out" : "write a value, or remove the entry"});
  return std::nullopt;
}

std::optional<bool> NodeReader::Boolean(const Field& field) const {
  const auto text = Scalar(field);
  if (!text) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  Report(field, {fmt::format("must be true or false, not {}", Quoted(*text)), "write true or false, in lower case"});
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> NodeReader::Duration(const Field& field) const {
  const auto text = Scalar(field);
  if (!text) return std::nullopt;
  auto duration = ParseDuration(*text);
  if (!duration.value) Report(field, std::move(duration.complaint));
  return duration.value;
}

std::optional<int> NodeReader::Count(const Field& field) const {
  const auto text = Scalar(field);
  if (!text) return std::nullopt;
  int count = 0;
  const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (failed == std::errc() && end == text->data() + text->size() && count >= 0) return count;
  Report(field, {fmt::format("must be a whole number, not {}", Quoted(*text)), "write digits, as in 5; 0 is no limit"});
  return std::nullopt;
}

std::optional<std::size_t> NodeReader::Choice(const Field& field, std::span<const std::string_view> words) const {
  const auto text = Scalar(field);
  if (!text) return std::nullopt;
  const auto word = std::find(words.begin(), words.end(), *text);
  if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
  const std::vector<std::string> candidates(words.begin(), words.end());
  const auto hint = DidYouMeanHint(*text, candidates);
  Report(field, {fmt::format("must be one of {}, not {}", fmt::join(words, ", "), Quoted(*text)),
                 hint ? *hint : fmt::format("write {}", fmt::join(words, " or "))});
  return std::nullopt;
}

std::optional<std::string> NodeReader::InnerPath(const Field& field) const {
  const auto text = Scalar(field);
  if (!text) return std::nullopt;
  auto path = ParseInnerPath(*text);
  if (!path.value) Report(field, std::move(path.complaint));
  return std::move(path.value);
}

std::optional<MigrationId> NodeReader::Id(const Field& field) const {
  const auto text = Scalar(field);
  if (!text) return std::nullopt;
  if (const auto why = MigrationId::WhyNot(*text)) {
    Report(field, {fmt::format("is wrong: {}", *why), "write an id such as 20261122101500_create_users"});
    return std::nullopt;
  }
  return MigrationId::Trusted(std::string(*text));
}

bool NodeReader::IsList(const Field& field, std::string_view example) const {
  if (!field || field.value->kind == NodeKind::kRefused) return false;
  if (field.value->kind == NodeKind::kSequence) return true;
  if (field.value->kind == NodeKind::kNull) {
    Report(field.key != nullptr ? *field.key : *field.value, fmt::format("{} has no value", Subject(field)),
           fmt::format("write {} for an empty list", "[]"));
  } else if (field.value->kind == NodeKind::kScalar) {
    const std::string_view text = Text(*field.value);
    const bool plain_word = IsMadeOf(text, "_-./") && !text.empty() && example[0] != '{';
    Report(*field.value, fmt::format("{} must be a list, not text", Subject(field)),
           fmt::format("write [{}]", plain_word ? text : example));
  } else {
    Report(*field.value, fmt::format("{} must be a list, not {}", Subject(field), KindName(*field.value)),
           fmt::format("write [{}]", example));
  }
  return false;
}

std::vector<Dependency> NodeReader::Ids(const Field& list, std::string_view example) const {
  std::vector<Dependency> ids;
  if (!IsList(list, example)) return ids;
  const std::size_t items = list.value->size - 1;  // exact for a list of scalars
  ids.reserve(items);
  std::unordered_map<std::string_view, const YamlNode*> places;
  ForEachItem(*list.value, [&](const YamlNode& item) {
    auto id = Id({list.name, nullptr, &item});
    if (!id) return;
    if (items > 1) {
      const auto [place, added] = places.emplace(Text(item), &item);
      if (!added) {
        return Report(item, fmt::format("'{}' is listed twice in '{}'", id->str(), list.name), KeepOne(*place->second));
      }
    }
    ids.push_back({std::move(*id), At(item)});
  });
  return ids;
}

}  // namespace sqlmig
