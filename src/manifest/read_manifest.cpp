#include "manifest/read_manifest.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "manifest/id_index.h"
#include "manifest/read_defaults.h"
#include "manifest/read_drift.h"
#include "manifest/read_fleet.h"
#include "manifest/read_migration.h"
#include "sqltext/probe_query.h"

namespace sqlmig {
namespace {

// The keys of a database come first, so that they have the same numbers at the top.
enum Key : std::size_t {
  kUrl,
  kDirectory,
  kFleet,
  kMigrations,
  kDefaults,
  kProbes,
  kDrift,
  kSchemaFile,
  kDatabaseKeyCount,
  kVersion = kDatabaseKeyCount,
  kProject,
  kDatabases,
  kTags,
  kLedger,
  kLog,
  kTopKeyCount
};
constexpr std::array<std::string_view, kTopKeyCount> kTopKeys = {
    "url",         "directory", "fleet",   "migrations", "defaults", "probes", "drift",
    "schema_file", "version",   "project", "databases",  "tags",     "ledger", "log"};
constexpr std::span<const std::string_view> kDatabaseKeys(kTopKeys.data(), kDatabaseKeyCount);
static_assert(kTopKeyCount <= kMaxKeys);

enum LedgerKey : std::size_t { kSchema, kReaders };
constexpr std::array<std::string_view, 2> kLedgerKeys = {"schema", "readers"};
enum LogKey : std::size_t { kFile, kLevel };
constexpr std::array<std::string_view, 2> kLogKeys = {"file", "level"};

constexpr std::size_t kMaxNameBytes = 63;  // of a name in PostgreSQL
// Looking for the nearest of very many ids costs time.
constexpr int kMaxSuggestions = 20;

class ManifestReader {
 public:
  ManifestReader(const YamlDocument& document, const Environment& environment, Problems& problems, Manifest& manifest)
      : reader_(document, problems), environment_(environment), manifest_(manifest) {}

  void Read(const YamlNode& root);

 private:
  void ReadDatabases(const Fields& top);
  bool IsDatabaseName(const Field& database, std::map<std::string, const YamlNode*>& variables);
  void ReadDatabase(const Fields& fields, DatabaseEntry& entry);
  void ReadMigrations(const Field& list, DatabaseEntry& entry, IdIndex& index);
  void CheckProbes(const Field& list);
  void ReadProject(const Field& field);
  void ReadLedger(const Field& field);
  void ReadReaders(const Field& field);
  void ReadLog(const Field& field);
  void ReadTags(const Field& field);
  void CheckRequirements();
  void CheckRequirement(const DatabaseEntry& entry, const Requirement& required);
  void CheckFleets();
  void ReportUnknownDatabase(TextPosition at, std::string_view name, std::string_view key);
  std::string SuggestId(std::string_view id, std::span<const IdIndex> indices);

  NodeReader reader_;
  const Environment& environment_;
  Manifest& manifest_;
  Defaults defaults_;
  std::vector<IdIndex> ids_;  // of each database
  int suggestions_ = 0;
};

void ManifestReader::Read(const YamlNode& root) {
  if (root.kind != NodeKind::kMap) {
    if (root.kind == NodeKind::kRefused) return;
    return reader_.Report(root, "a manifest must be a mapping of keys to values",
                          "start with 'version: 1' and 'migrations: []', or run 'sqlmig init'");
  }
  const Fields top = reader_.KnownKeys(root, kTopKeys);
  if (const auto version = reader_.Scalar(top[kVersion]); version && *version != "1") {
    reader_.Report(top[kVersion], {fmt::format("must be 1, not {}", Quoted(*version)),
                                   "write 'version: 1', or use the sqlmig that this manifest was written for"});
  }
  ReadProject(top[kProject]);
  defaults_.settings.lock_timeout = std::chrono::seconds(3);
  defaults_.settings.statement_timeout = std::chrono::milliseconds(0);
  defaults_ = ReadDefaults(reader_, top[kDefaults], std::move(defaults_));
  ReadLedger(top[kLedger]);
  ReadLog(top[kLog]);
  manifest_.several = static_cast<bool>(top[kDatabases]);
  if (manifest_.several) {
    CheckProbes(top[kProbes]);
    ReadDrift(reader_, top[kDrift], {});
    ReadDatabases(top);
  } else {
    DatabaseEntry& entry = manifest_.databases.emplace_back();
    entry.name = "default";
    entry.declared_at = reader_.At(root);
    entry.defaults = defaults_;
    ReadDatabase(top, entry);
  }
  ReadTags(top[kTags]);
  CheckRequirements();
  CheckFleets();
}

void ManifestReader::ReadProject(const Field& field) {
  const auto name = reader_.Scalar(field);
  if (!name) return;
  if (name->empty() || name->size() > 100 || !IsMadeOf(*name, "_-.")) {
    return reader_.Report(field, {fmt::format("is not a name: {}", Quoted(*name)),
                                  "use letters, digits, '_', '-' and '.', at most 100 of them"});
  }
  manifest_.project = *name;
}

void ManifestReader::ReadDatabases(const Fields& top) {
  for (const std::size_t key : {kUrl, kDirectory, kFleet, kMigrations, kSchemaFile}) {
    if (!top[key]) continue;
    reader_.Report(*top[key].key, fmt::format("'{}' beside 'databases'", kTopKeys[key]),
                   fmt::format("move '{}' into the database that it belongs to", kTopKeys[key]));
  }
  const std::vector<Field> databases = reader_.FreeKeys(top[kDatabases]);
  if (databases.empty() && top[kDatabases].value->kind == NodeKind::kMap && top[kDatabases].value->complete) {
    reader_.Report(top[kDatabases],
                   {"names no database", "add a database, or remove 'databases' and write 'migrations' at the top"});
  }
  manifest_.databases.reserve(databases.size());
  std::map<std::string, const YamlNode*> variables;
  for (const Field& database : databases) {
    if (!IsDatabaseName(database, variables)) continue;
    const auto fields = reader_.Map(database, kDatabaseKeys);
    if (!fields) continue;
    DatabaseEntry& entry = manifest_.databases.emplace_back();
    entry.name = database.name;
    entry.declared_at = reader_.At(database);
    entry.defaults = ReadDefaults(reader_, (*fields)[kDefaults], defaults_);
    ReadDatabase(*fields, entry);
  }
}

bool ManifestReader::IsDatabaseName(const Field& database, std::map<std::string, const YamlNode*>& variables) {
  const std::string_view name = database.name;
  if (name.empty() || name.size() > kMaxNameBytes || name[0] == '-' || !IsMadeOf(name, "_-")) {
    reader_.Report(
        *database.key, fmt::format("{} is not a name for a database", Quoted(name)),
        fmt::format("use letters, digits, '_' and '-', at most {} of them, not starting with '-'", kMaxNameBytes));
    return false;
  }
  const std::string variable = UrlVariable(name);  // two names with the same one could not be told apart
  const auto [place, added] = variables.emplace(variable, database.key);
  if (added) return true;
  reader_.Report(
      *database.key,
      fmt::format("the databases '{}' and '{}' share the variable {}", reader_.Text(*place->second), name, variable),
      "rename one of them, so that they differ in more than case or '-' for '_'");
  return false;
}

void ManifestReader::ReadDatabase(const Fields& fields, DatabaseEntry& entry) {
  if (fields[kUrl]) {
    entry.url_at = reader_.At(*fields[kUrl].value);
    entry.url = ReadUrl(reader_, fields[kUrl], environment_);
  }
  std::string directory = "sql";
  if (auto path = reader_.InnerPath(fields[kDirectory])) directory = std::move(*path);
  entry.directory = directory;
  if (auto path = reader_.InnerPath(fields[kSchemaFile])) entry.schema_file = std::move(*path);
  entry.fleet = ReadFleet(reader_, fields[kFleet], environment_);
  CheckProbes(fields[kProbes]);
  ReadDrift(reader_, fields[kDrift], {});
  IdIndex& index = ids_.emplace_back();
  const Field list = fields[kMigrations];
  if (!list || list.value->kind == NodeKind::kNull) return;
  ReadMigrations(list, entry, index);
}

// ReadProbes() takes them from there.
void ManifestReader::CheckProbes(const Field& list) {
  if (!reader_.IsList(list, "SELECT count(*) FROM users")) return;
  ForEachItem(*list.value, [&](const YamlNode& item) {
    const auto sql = reader_.NonEmpty(Field{list.name, nullptr, &item});
    if (!sql) return;
    if (const auto complaint = ComplaintOfProbe(std::string(*sql))) {
      reader_.Report(item, complaint->message, complaint->hint);
    }
  });
}

void ManifestReader::ReadMigrations(const Field& list, DatabaseEntry& entry, IdIndex& index) {
  if (!reader_.IsList(list, "{id: 20261122101500_create_users, depends_on: []}")) return;
  std::size_t count = 0;
  ForEachItem(*list.value, [&](const YamlNode&) { ++count; });
  entry.migrations.reserve(count);
  index.Reserve(count);
  const std::string directory = entry.directory.string();
  ForEachItem(*list.value, [&](const YamlNode& item) {
    auto migration = ReadMigration(reader_, item, directory);
    if (!migration) return;
    entry.migrations.push_back(std::move(*migration));
    const Migration& added = entry.migrations.back();
    const IdIndex::Declared* const first = index.Add(added.id.str(), added.declared_at);
    if (first == nullptr) return;
    const bool same = first->id == added.id.str();
    reader_.problems().Add(
        added.declared_at,
        same ? fmt::format("the id '{}' is declared twice", first->id)
             : fmt::format("the ids '{}' and '{}' differ in case only", first->id, added.id.str()),
        fmt::format("{}; the first is at {}:{}", same ? "rename or remove one of them" : "rename one of them",
                    first->at.line, first->at.column));
    if (same) entry.migrations.pop_back();
  });
}

void ManifestReader::ReadLedger(const Field& field) {
  const auto fields = reader_.Map(field, kLedgerKeys);
  if (!fields) return;
  if (const auto schema = reader_.NonEmpty((*fields)[kSchema])) {
    if (schema->size() > kMaxNameBytes || schema->substr(0, 3) == "pg_" || *schema == "information_schema") {
      reader_.Report(
          (*fields)[kSchema],
          {fmt::format("cannot be the name of a schema: {}", Quoted(*schema)),
           fmt::format("use a name of at most {} bytes that PostgreSQL does not keep for itself", kMaxNameBytes)});
    } else {
      manifest_.ledger.schema = *schema;
    }
  }
  ReadReaders((*fields)[kReaders]);
}

void ManifestReader::ReadReaders(const Field& field) {
  if (!reader_.IsList(field, "role")) return;
  std::map<std::string_view, const YamlNode*> places;
  ForEachItem(*field.value, [&](const YamlNode& item) {
    const Field role{field.name, nullptr, &item};
    const auto name = reader_.NonEmpty(role);
    if (!name) return;
    const auto [place, added] = places.emplace(*name, &item);
    if (!added) {
      return reader_.Report(item, fmt::format("{} is listed twice in 'readers'", Quoted(*name)),
                            reader_.KeepOne(*place->second));
    }
    if (name->size() > kMaxNameBytes) {
      return reader_.Report(role, {fmt::format("cannot be the name of a role: {}", Quoted(*name)),
                                   fmt::format("use at most {} bytes", kMaxNameBytes)});
    }
    manifest_.ledger.readers.emplace_back(*name);
  });
}

void ManifestReader::ReadLog(const Field& field) {
  const auto fields = reader_.Map(field, kLogKeys);
  if (!fields) return;
  if (const auto file = reader_.NonEmpty((*fields)[kFile])) {
    if (file->find("${") != std::string_view::npos) {
      reader_.Report((*fields)[kFile], {fmt::format("cannot hold a variable: {}", Quoted(*file)),
                                        "write the path itself, or use SQLMIG_LOG_FILE or --log-file"});
    }
    manifest_.log.file = *file;
  }
  if (const auto level = reader_.Choice((*fields)[kLevel], kLogLevels)) manifest_.log.level = kLogLevels[*level];
}

void ManifestReader::ReadTags(const Field& field) {
  if (!field) return;
  for (const Field& tag : reader_.FreeKeys(field)) {
    if (tag.name.empty() || tag.name[0] == '-' || !IsMadeOf(tag.name, "_-.+/")) {
      reader_.Report(*tag.key, fmt::format("{} is not a name for a tag", Quoted(tag.name)),
                     "use letters, digits, '_', '-', '.', '+' and '/', not starting with '-'");
      continue;
    }
    std::vector<Dependency> ids = reader_.Ids(tag, "20261122101500_create_users");
    if (tag.value->kind == NodeKind::kSequence && tag.value->size == 1 && reader_.CanMiss(*tag.value)) {
      reader_.Report(tag, {"names no migration", "list the ids of its heads, or remove the tag"});
    }
    for (const Dependency& dependency : ids) {
      const auto has = [&](const IdIndex& index) { return index.Has(dependency.id.str()); };
      if (!reader_.complete() || std::any_of(ids_.begin(), ids_.end(), has)) continue;
      reader_.problems().Add(dependency.declared_at,
                             fmt::format("tag '{}' names the unknown migration '{}'", tag.name, dependency.id.str()),
                             SuggestId(dependency.id.str(), ids_));
    }
    manifest_.tags.emplace(std::string(tag.name), std::move(ids));
  }
}

void ManifestReader::CheckRequirements() {
  for (const DatabaseEntry& entry : manifest_.databases) {
    for (const Migration& migration : entry.migrations) {
      for (const Requirement& required : migration.required) CheckRequirement(entry, required);
    }
  }
}

void ManifestReader::CheckRequirement(const DatabaseEntry& entry, const Requirement& required) {
  if (required.database == entry.name) {
    return reader_.problems().Add(required.declared_at,
                                  fmt::format("'{}' requires a migration of its own database", required.id.str()),
                                  fmt::format("write '{}' into 'depends_on'", required.id.str()));
  }
  if (!reader_.complete()) return;  // it may stand behind the syntax error
  const DatabaseEntry* const other = manifest_.Find(required.database);
  if (other == nullptr) return ReportUnknownDatabase(required.declared_at, required.database, "requires");
  const auto number = static_cast<std::size_t>(other - manifest_.databases.data());
  const std::span<const IdIndex> index(&ids_[number], 1);
  if (index.front().Has(required.id.str())) return;
  reader_.problems().Add(required.declared_at,
                         fmt::format("database '{}' has no migration '{}'", required.database, required.id.str()),
                         SuggestId(required.id.str(), index));
}

void ManifestReader::CheckFleets() {
  for (const DatabaseEntry& entry : manifest_.databases) {
    if (!entry.fleet || entry.fleet->registry.empty()) continue;
    if (entry.fleet->registry == entry.name) {
      reader_.problems().Add(entry.fleet->declared_at, fmt::format("the fleet '{}' is its own registry", entry.name),
                             "name the database whose rows list the members");
    } else if (reader_.complete() && manifest_.Find(entry.fleet->registry) == nullptr) {
      ReportUnknownDatabase(entry.fleet->declared_at, entry.fleet->registry, "registry");
    }
  }
}

void ManifestReader::ReportUnknownDatabase(TextPosition at, std::string_view name, std::string_view key) {
  std::vector<std::string> names;
  for (const DatabaseEntry& entry : manifest_.databases) names.push_back(entry.name);
  const auto hint = DidYouMeanHint(name, names);
  reader_.problems().Add(at, fmt::format("'{}' names the unknown database {}", key, Quoted(name)),
                         hint ? *hint : fmt::format("name one of: {}", fmt::join(names, ", ")));
}

std::string ManifestReader::SuggestId(std::string_view id, std::span<const IdIndex> indices) {
  if (suggestions_++ < kMaxSuggestions) {
    std::vector<std::string> candidates;
    for (const IdIndex& index : indices) index.AppendTo(candidates);
    // The index has no order, and the nearest of equally near ones shall always be the same.
    std::sort(candidates.begin(), candidates.end());
    if (auto hint = DidYouMeanHint(id, candidates)) return std::move(*hint);
  }
  return "declare it, or correct the id";
}

}  // namespace

void ReadManifest(const YamlDocument& document, const Environment& environment, Problems& problems,
                  Manifest& manifest) {
  if (const YamlNode* const root = document.root())
    ManifestReader(document, environment, problems, manifest).Read(*root);
}

}  // namespace sqlmig
