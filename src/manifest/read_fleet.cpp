#include "manifest/read_fleet.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "support/text_position.h"

namespace sqlmig {
namespace {

enum Key : std::size_t { kRegistry, kQuery, kFile, kCommand, kUrl, kKeyCount };
constexpr std::array<std::string_view, kKeyCount> kKeys = {"registry", "query", "file", "command", "url"};

constexpr std::string_view kFleetHint = "give 'registry' and 'query', or 'file', or 'command'";

// The place of the byte at `offset` of a scalar, where its text is in the file as it is in the value; else its start.
TextPosition PlaceInside(const NodeReader& reader, const YamlNode& scalar, std::size_t offset) {
  TextPosition at = reader.At(scalar);
  const std::string_view before = reader.Text(scalar).substr(0, offset);
  std::string_view source = reader.Source(scalar);
  const bool quoted = !source.empty() && (source[0] == '"' || source[0] == '\'');
  if (quoted) source.remove_prefix(1);
  if (source.substr(0, before.size()) != before) return at;
  at.column += static_cast<int>(CountCharacters(before)) + (quoted ? 1 : 0);
  return at;
}

std::optional<Expansion> Expanded(const NodeReader& reader, const Field& field, const Environment& environment) {
  const auto text = reader.NonEmpty(field);
  if (!text) return std::nullopt;
  Expansion expansion = ExpandVariables(*text, environment);
  if (!expansion.wrong) return expansion;
  reader.problems().Add(PlaceInside(reader, *field.value, expansion.offset),
                        fmt::format("{} {}", Subject(field), expansion.wrong->message),
                        std::move(expansion.wrong->hint));
  return std::nullopt;
}

// A variable that is not set stays as it is written: whoever opens the file or runs the command names it.
std::string OrLiteral(std::optional<Expansion> expansion) {
  return expansion ? std::move(expansion->text) : std::string();
}

void CheckSource(const NodeReader& reader, const Fields& fields) {
  const bool registry = fields[kRegistry] || fields[kQuery];
  const int sources = (registry ? 1 : 0) + (fields[kFile] ? 1 : 0) + (fields[kCommand] ? 1 : 0);
  if (sources > 1) {
    const Field& second = fields[fields[kCommand] ? kCommand : kFile];
    reader.Report(*second.key, fmt::format("'{}' beside another list of members", second.name),
                  std::string(kFleetHint) + ", only one of them");
  }
  if (!reader.CanMiss(fields.map())) return;
  if (sources == 0) reader.Report(fields.map(), "a fleet without a list of its members", std::string(kFleetHint));
  if (registry && !fields[kQuery])
    reader.Report(*fields[kRegistry].key, "'registry' without 'query'",
                  "add 'query', which selects name and url of each member");
  if (registry && !fields[kRegistry])
    reader.Report(*fields[kQuery].key, "'query' without 'registry'",
                  "add 'registry', the database that the query runs in");
}

}  // namespace

std::optional<std::string> ReadUrl(const NodeReader& reader, const Field& field, const Environment& environment) {
  auto expansion = Expanded(reader, field, environment);
  if (!expansion || expansion->unset) return std::nullopt;
  std::string& url = expansion->text;
  while (!url.empty() && (url.back() == '\n' || url.back() == ' ')) url.pop_back();  // of a block of text
  if (url.empty()) return std::nullopt;
  return std::move(url);
}

std::optional<Fleet> ReadFleet(const NodeReader& reader, const Field& field, const Environment& environment) {
  const auto fields = reader.Map(field, kKeys);
  if (!fields) return std::nullopt;
  CheckSource(reader, *fields);
  Fleet fleet;
  fleet.declared_at = reader.At(field);
  if (const auto registry = reader.NonEmpty((*fields)[kRegistry])) fleet.registry = *registry;
  if (const auto query = reader.NonEmpty((*fields)[kQuery])) fleet.query = *query;
  fleet.file = OrLiteral(Expanded(reader, (*fields)[kFile], environment));
  fleet.command = OrLiteral(Expanded(reader, (*fields)[kCommand], environment));
  fleet.url = ReadUrl(reader, (*fields)[kUrl], environment).value_or("");
  return fleet;
}

}  // namespace sqlmig
