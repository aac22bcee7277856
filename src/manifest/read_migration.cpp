#include "manifest/read_migration.h"

#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace sqlmig {
namespace {

enum Key : std::size_t {
  kId,
  kDependsOn,
  kDescription,
  kUp,
  kDown,
  kIrreversible,
  kTransaction,
  kRequires,
  kRequiresServer,
  kReplaces,
  kSettings,
  kLockTimeout,
  kStatementTimeout,
  kMaxBlocked,
  kMaxBlockedTime,
  kKeyCount
};
constexpr std::array<std::string_view, kKeyCount> kKeys = {"id",
                                                           "depends_on",
                                                           "description",
                                                           "up",
                                                           "down",
                                                           "irreversible",
                                                           "transaction",
                                                           "requires",
                                                           "requires_server",
                                                           "replaces",
                                                           "settings",
                                                           "lock_timeout",
                                                           "statement_timeout",
                                                           "max_blocked",
                                                           "max_blocked_time"};
static_assert(kKeyCount <= kMaxKeys);

constexpr std::string_view kExampleId = "20261122101500_create_users";

enum DirectionKey : std::size_t { kUpFlag, kDownFlag };
constexpr std::array<std::string_view, 2> kDirectionKeys = {"up", "down"};

Migration Blank(MigrationId id) {
  return {std::move(id), {}, {}, {}, {}, {}, true, true, {}, {}, {}, {}, {}};
}

// `up:` or `down:`: none, or a path.
ScriptRef ReadScript(const NodeReader& reader, const Field& field, const Migration& migration,
                     const std::string& directory, std::string_view file) {
  ScriptRef script;
  script.declared_at = migration.declared_at;
  if (field) {
    script.declared_at = reader.At(field);
    if (field.value->kind == NodeKind::kScalar && reader.Text(*field.value) == "none") {
      script.kind = ScriptRef::Kind::kNone;
      return script;
    }
    if (auto path = reader.InnerPath(field)) {
      if (*path == "." || reader.Text(*field.value).back() == '/') {
        reader.Report(field, {fmt::format("names a folder: {}", Quoted(reader.Text(*field.value))),
                              "write the path of the script, or none"});
      }
      script.path = std::move(*path);
      return script;
    }
  }
  std::string path;
  path.reserve(directory.size() + migration.id.str().size() + file.size() + 2);
  if (directory != ".") path.append(directory).append("/");
  script.path = std::move(path.append(migration.id.str()).append("/").append(file));
  return script;
}

void ReadIrreversible(const NodeReader& reader, const Fields& fields, Migration& migration) {
  const Field field = fields[kIrreversible];
  const auto reason = reader.NonEmpty(field);
  if (!reason) return;
  if (*reason == "true" || *reason == "false") {
    reader.Report(field, {"must be a reason, not true or false",
                          "say why there is no way back, as in \"the old column is gone\""});
  }
  if (fields[kDown]) {
    reader.Report(*fields[kDown].key, "'down' beside 'irreversible'",
                  "remove 'irreversible' if there is a way back, else 'down'");
  }
  migration.irreversible = *reason;
  migration.down.kind = ScriptRef::Kind::kMissing;
  migration.down.path.clear();
  migration.down.declared_at = reader.At(field);
}

void ReadTransaction(const NodeReader& reader, const Field& field, Migration& migration) {
  if (!field) return;
  if (field.value->kind == NodeKind::kMap) {
    const Fields directions = reader.KnownKeys(*field.value, kDirectionKeys);
    migration.up_transaction = reader.Boolean(directions[kUpFlag]).value_or(true);
    migration.down_transaction = reader.Boolean(directions[kDownFlag]).value_or(true);
    return;
  }
  if (field.value->kind == NodeKind::kSequence) {
    reader.Report(field, {"must be true, false or a mapping, not a list", "write false, or {up: false, down: true}"});
    return;
  }
  migration.up_transaction = migration.down_transaction = reader.Boolean(field).value_or(true);
}

void ReadRequires(const NodeReader& reader, const Field& field, Migration& migration) {
  if (!reader.IsList(field, fmt::format("meta/{}", kExampleId))) return;
  std::map<std::string_view, const YamlNode*> places;
  ForEachItem(*field.value, [&](const YamlNode& node) {
    const Field item{field.name, nullptr, &node};
    const auto text = reader.Scalar(item);
    if (!text) return;
    auto name = ParseRequirement(*text);
    if (!name.value) return reader.Report(item, std::move(name.complaint));
    const auto [place, added] = places.emplace(*text, &node);
    if (!added) {
      return reader.Report(node, fmt::format("{} is listed twice in '{}'", Quoted(*text), field.name),
                           reader.KeepOne(*place->second));
    }
    migration.required.push_back(
        {std::string(name.value->database), MigrationId::Trusted(std::string(name.value->id)), reader.At(node)});
  });
}

void ReadReplaces(const NodeReader& reader, const Field& field, Migration& migration) {
  if (!field) return;
  for (Dependency& replaced : reader.Ids(field, kExampleId)) {
    if (replaced.id == migration.id) {
      reader.Report(*field.key, fmt::format("'{}' replaces itself", migration.id.str()),
                    "list the ids that it stands for");
      continue;
    }
    migration.replaces.push_back(std::move(replaced.id));
  }
}

// What most migrations do not have.
void ReadRareKeys(const NodeReader& reader, const Fields& fields, Migration& migration) {
  ReadTransaction(reader, fields[kTransaction], migration);
  ReadRequires(reader, fields[kRequires], migration);
  if (const auto text = reader.Scalar(fields[kRequiresServer])) {
    auto required = ParseServerRequirement(*text);
    if (!required.value) reader.Report(fields[kRequiresServer], std::move(required.complaint));
    migration.requires_server = std::move(required.value);
  }
  ReadReplaces(reader, fields[kReplaces], migration);
  ReadSettings(reader, fields[kSettings], migration.settings);
  migration.settings.lock_timeout = reader.Duration(fields[kLockTimeout]);
  migration.settings.statement_timeout = reader.Duration(fields[kStatementTimeout]);
  migration.settings.max_blocked = reader.Count(fields[kMaxBlocked]);
  migration.settings.max_blocked_time = reader.Duration(fields[kMaxBlockedTime]);
}

}  // namespace

void ReadSettings(const NodeReader& reader, const Field& field, StepSettings& target) {
  for (const Field& setting : reader.FreeKeys(field)) {
    auto name = ParseSettingName(setting.name);
    if (!name.value) {
      reader.Report(*setting.key, std::move(name.complaint));
      continue;
    }
    const auto value = reader.Scalar(setting);
    if (!value) continue;
    if (!target.settings.emplace(*name.value, *value).second) {
      reader.Report(*setting.key, fmt::format("'{}' is set twice", *name.value),
                    "keep one of them: the names of settings know no case");
    }
  }
}

std::optional<Migration> ReadMigration(const NodeReader& reader, const YamlNode& entry, const std::string& directory) {
  if (entry.kind == NodeKind::kRefused) return std::nullopt;
  if (entry.kind != NodeKind::kMap) {
    reader.Report(entry, "an entry of 'migrations' must be a mapping",
                  fmt::format("write - {{id: {}, depends_on: []}}", kExampleId));
    return std::nullopt;
  }
  const Fields fields = reader.KnownKeys(entry, kKeys);
  const Field id_field = fields[kId];
  if (!id_field && reader.CanMiss(entry)) {
    reader.Report(entry, "a migration without 'id'", fmt::format("add 'id: {}'", kExampleId));
  }
  auto id = reader.Id(id_field);
  // The rest of an entry without an id is read too: what is wrong there is worth saying.
  Migration migration = Blank(id ? std::move(*id) : MigrationId::Trusted("?"));
  migration.declared_at = id_field ? reader.At(*id_field.value) : reader.At(entry);
  if (!fields[kDependsOn] && reader.CanMiss(entry)) {
    reader.Report(entry,
                  id_field && id ? fmt::format("migration '{}' has no 'depends_on'", migration.id.str())
                                 : "a migration without 'depends_on'",
                  "add 'depends_on: []' if it builds on nothing, else the ids that it builds on");
  }
  migration.depends_on = reader.Ids(fields[kDependsOn], kExampleId);
  if (const auto description = reader.Scalar(fields[kDescription])) migration.description = *description;
  migration.up = ReadScript(reader, fields[kUp], migration, directory, "up.sql");
  migration.down = ReadScript(reader, fields[kDown], migration, directory, "down.sql");
  ReadIrreversible(reader, fields, migration);
  ReadRareKeys(reader, fields, migration);
  if (migration.id.str() == "?") return std::nullopt;
  return migration;
}

}  // namespace sqlmig
