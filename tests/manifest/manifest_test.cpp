// What good manifests mean.
#include "manifest/manifest.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/ignored_drift.h"
#include "manifest/loading.h"
#include "manifest/probes.h"
#include "support/file.h"
#include "testing/temp_dir.h"

namespace sqlmig {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::Explain;
using ::testing::IsEmpty;
using testing::Load;
using ::testing::Pair;

constexpr const char* kSeveral = R"(version: 1
project: bot-constructor

databases:
  meta:
    url: ${BOT_META_URL}                # ${VAR} and ${VAR:-default}; optional
    directory: sql/meta
    migrations:
      - {id: 20261122101500_create_users, depends_on: [], description: "People who own bots"}
      - {id: 20261122103000_create_bots, depends_on: [20261122101500_create_users], description: "Bots and their databases"}
  bot:
    directory: sql/bot
    fleet:
      registry: meta                    # the database whose rows list the fleet's members
      query: SELECT slug AS name, database_url AS url FROM bots WHERE state = 'active' ORDER BY slug
    migrations: []
)";

std::vector<std::string> Ids(const std::vector<Dependency>& dependencies) {
  std::vector<std::string> ids;
  for (const Dependency& dependency : dependencies) ids.push_back(dependency.id.str());
  return ids;
}

TEST(ManifestTest, SeveralDatabases) {
  const LoadedManifest loaded = Load(kSeveral, {{"BOT_META_URL", "postgresql://db/meta"}});
  ASSERT_EQ(Explain(loaded.problems), "");
  const Manifest& manifest = loaded.manifest;
  EXPECT_EQ(manifest.file, "migrations.yaml");
  EXPECT_EQ(manifest.text, kSeveral);
  EXPECT_EQ(manifest.folder(), ".");
  EXPECT_EQ(manifest.project, "bot-constructor");
  EXPECT_TRUE(manifest.several);
  ASSERT_EQ(manifest.databases.size(), 2U);

  const DatabaseEntry& meta = manifest.databases[0];
  EXPECT_EQ(meta.name, "meta");
  EXPECT_EQ(meta.url, "postgresql://db/meta");
  EXPECT_EQ(meta.url_at, (TextPosition{6, 10}));
  EXPECT_EQ(meta.directory, "sql/meta");
  EXPECT_EQ(meta.declared_at, (TextPosition{5, 3}));
  EXPECT_FALSE(meta.fleet.has_value());
  ASSERT_EQ(meta.migrations.size(), 2U);
  const Migration& bots = meta.migrations[1];
  EXPECT_EQ(bots.id.str(), "20261122103000_create_bots");
  EXPECT_EQ(bots.description, "Bots and their databases");
  EXPECT_EQ(bots.declared_at, (TextPosition{10, 14}));
  ASSERT_EQ(bots.depends_on.size(), 1U);
  EXPECT_EQ(bots.depends_on[0].id.str(), "20261122101500_create_users");
  EXPECT_EQ(bots.depends_on[0].declared_at, (TextPosition{10, 55}));
  EXPECT_EQ(bots.up.kind, ScriptRef::Kind::kFile);
  EXPECT_EQ(bots.up.path, "sql/meta/20261122103000_create_bots/up.sql");
  EXPECT_EQ(bots.up.declared_at, bots.declared_at);
  EXPECT_EQ(bots.down.path, "sql/meta/20261122103000_create_bots/down.sql");
  EXPECT_TRUE(bots.up_transaction && bots.down_transaction);

  const DatabaseEntry& bot = manifest.databases[1];
  EXPECT_EQ(bot.name, "bot");
  EXPECT_FALSE(bot.url.has_value());
  EXPECT_THAT(bot.migrations, IsEmpty());
  ASSERT_TRUE(bot.fleet.has_value());
  EXPECT_EQ(bot.fleet->registry, "meta");
  EXPECT_EQ(bot.fleet->query,
            "SELECT slug AS name, database_url AS url FROM bots WHERE state = 'active' ORDER BY slug");
  EXPECT_EQ(bot.fleet->declared_at, (TextPosition{13, 5}));

  EXPECT_EQ(manifest.Find("bot"), &bot);
  EXPECT_EQ(manifest.Find("default"), nullptr);
  EXPECT_EQ(manifest.Location(bots.declared_at), (TextLocation{"migrations.yaml", {10, 14}}));
}

TEST(ManifestTest, OneDatabaseWithAllDefaults) {
  const LoadedManifest loaded = Load("migrations:\n- {id: a, depends_on: []}\n");
  ASSERT_EQ(Explain(loaded.problems), "");
  const Manifest& manifest = loaded.manifest;
  EXPECT_EQ(manifest.project, "default");
  EXPECT_FALSE(manifest.several);
  EXPECT_THAT(manifest.tags, IsEmpty());
  EXPECT_EQ(manifest.ledger.schema, "sqlmig");
  EXPECT_THAT(manifest.ledger.readers, IsEmpty());
  EXPECT_EQ(manifest.log.file, "sqlmig.log");
  EXPECT_EQ(manifest.log.level, "info");
  ASSERT_EQ(manifest.databases.size(), 1U);
  const DatabaseEntry& entry = manifest.databases[0];
  EXPECT_EQ(entry.name, "default");
  EXPECT_FALSE(entry.url.has_value());
  EXPECT_EQ(entry.directory, "sql");
  EXPECT_THAT(entry.defaults.settings.settings, IsEmpty());
  EXPECT_EQ(entry.defaults.settings.lock_timeout, seconds(3));
  EXPECT_EQ(entry.defaults.settings.statement_timeout, milliseconds(0));
  EXPECT_EQ(entry.defaults.lock_deadline, minutes(10));
  EXPECT_EQ(entry.defaults.heads, HeadsPolicy::kMany);
  EXPECT_EQ(entry.defaults.late, Allowance::kAllow);
  EXPECT_EQ(entry.defaults.unknown, Allowance::kAllow);
  ASSERT_EQ(entry.migrations.size(), 1U);
  EXPECT_EQ(entry.migrations[0].up.path, "sql/a/up.sql");
}

TEST(ManifestTest, SchemaFileOfADatabase) {
  EXPECT_EQ(Load("schema_file: ./db//schema.sql\n").manifest.databases[0].schema_file, "db/schema.sql");
  EXPECT_EQ(Load("migrations: []\n").manifest.databases[0].schema_file, std::nullopt);
  const LoadedManifest loaded = Load("databases:\n  a: {schema_file: a.sql}\n  b: {}\n");
  ASSERT_EQ(Explain(loaded.problems), "");
  EXPECT_EQ(loaded.manifest.databases[0].schema_file, "a.sql");
  EXPECT_EQ(loaded.manifest.databases[1].schema_file, std::nullopt);
}

TEST(ManifestTest, EveryKeyOfAMigration) {
  const LoadedManifest loaded = Load(R"(databases:
  meta: {migrations: [{id: m1, depends_on: []}]}
  bot:
    directory: ./sql//bot/
    migrations:
      - id: "1"
        depends_on: []
      - id: 007
        depends_on:
          - "1"
        description: >-
          two lines,
          joined
        up: shared/./x/../007.up.sql
        irreversible: the old column is gone
        transaction: {up: false}
        requires: [meta/m1]
        requires_server: ">= 16"
        replaces: [old_1, old_2]
        settings: {work_mem: 1GB, Search_Path: "a, b", role: owner}
        lock_timeout: 10s
        statement_timeout: 1h
        max_blocked: 7
        max_blocked_time: 250ms
      - {id: c, depends_on: [007], up: none, down: none, transaction: false}
)");
  ASSERT_EQ(Explain(loaded.problems), "");
  const DatabaseEntry& bot = loaded.manifest.databases[1];
  EXPECT_EQ(bot.directory, "sql/bot");
  const Migration& full = bot.migrations[1];
  EXPECT_EQ(full.id.str(), "007");
  EXPECT_THAT(Ids(full.depends_on), ElementsAre("1"));
  EXPECT_EQ(full.description, "two lines, joined");
  EXPECT_EQ(full.up.path, "shared/007.up.sql");
  EXPECT_EQ(full.up.declared_at, (TextPosition{14, 9}));
  EXPECT_EQ(full.down.kind, ScriptRef::Kind::kMissing);
  EXPECT_EQ(full.down.declared_at, (TextPosition{15, 9}));
  EXPECT_EQ(full.irreversible, "the old column is gone");
  EXPECT_FALSE(full.transactional(Direction::kUp));
  EXPECT_TRUE(full.transactional(Direction::kDown));
  ASSERT_EQ(full.required.size(), 1U);
  EXPECT_EQ(full.required[0].database, "meta");
  EXPECT_EQ(full.required[0].id.str(), "m1");
  EXPECT_EQ(full.required[0].declared_at, (TextPosition{17, 20}));
  ASSERT_TRUE(full.requires_server.has_value());
  EXPECT_EQ(full.requires_server->compare, ServerRequirement::Compare::kGreaterEqual);
  EXPECT_EQ(full.requires_server->major, 16);
  EXPECT_EQ(full.requires_server->text, ">= 16");
  EXPECT_THAT(full.replaces, ElementsAre(MigrationId::Parse("old_1"), MigrationId::Parse("old_2")));
  EXPECT_THAT(full.settings.settings,
              ElementsAre(Pair("role", "owner"), Pair("search_path", "a, b"), Pair("work_mem", "1GB")));
  EXPECT_EQ(full.settings.lock_timeout, seconds(10));
  EXPECT_EQ(full.settings.statement_timeout, hours(1));
  EXPECT_EQ(full.settings.max_blocked, 7);
  EXPECT_EQ(full.settings.max_blocked_time, milliseconds(250));

  const Migration& empty = bot.migrations[2];
  EXPECT_EQ(empty.up.kind, ScriptRef::Kind::kNone);
  EXPECT_EQ(empty.down.kind, ScriptRef::Kind::kNone);
  EXPECT_FALSE(empty.up_transaction || empty.down_transaction);
  EXPECT_FALSE(empty.settings.lock_timeout.has_value());
}

TEST(ManifestTest, TheDatabasesDefaultsBeatTheFiles) {
  const LoadedManifest loaded = Load(R"(
databases:
  a:
    defaults:
      settings: {work_mem: 2GB}
      role: a_owner
      lock_timeout: 500ms
      heads: many
      unknown: refuse
  b: {}
defaults:
  settings: {work_mem: 1GB, myapp.tenant: x}
  search_path: app
  lock_timeout: 1min
  lock_deadline: 0
  statement_timeout: 5s
  max_blocked: 0
  heads: single
  late: refuse
)");
  ASSERT_EQ(Explain(loaded.problems), "");
  const Defaults& a = loaded.manifest.databases[0].defaults;
  EXPECT_THAT(a.settings.settings, ElementsAre(Pair("myapp.tenant", "x"), Pair("role", "a_owner"),
                                               Pair("search_path", "app"), Pair("work_mem", "2GB")));
  EXPECT_EQ(a.settings.lock_timeout, milliseconds(500));
  EXPECT_EQ(a.settings.statement_timeout, seconds(5));
  EXPECT_EQ(a.settings.max_blocked, 0);
  EXPECT_EQ(a.settings.max_blocked_time, std::nullopt);
  EXPECT_EQ(a.lock_deadline, milliseconds(0));
  EXPECT_EQ(a.heads, HeadsPolicy::kMany);
  EXPECT_EQ(a.late, Allowance::kRefuse);
  EXPECT_EQ(a.unknown, Allowance::kRefuse);
  const Defaults& b = loaded.manifest.databases[1].defaults;
  EXPECT_THAT(b.settings.settings,
              ElementsAre(Pair("myapp.tenant", "x"), Pair("search_path", "app"), Pair("work_mem", "1GB")));
  EXPECT_EQ(b.settings.lock_timeout, minutes(1));
  EXPECT_EQ(b.heads, HeadsPolicy::kSingle);
  EXPECT_EQ(b.unknown, Allowance::kAllow);
}

TEST(ManifestTest, ADatabaseHasTheProbesOfTheFileAndItsOwn) {
  const LoadedManifest loaded = Load(R"(version: 1
probes: [SELECT 1]
databases:
  a: {probes: ["SELECT 2", SELECT 3]}
  b: {}
)");
  ASSERT_THAT(loaded.problems, IsEmpty());
  std::vector<std::string> probes;
  for (const DatabaseEntry& database : loaded.manifest.databases) {
    for (const ProbeQuery& probe : ReadProbes(loaded.manifest, database)) {
      probes.push_back(database.name + ": " + probe.sql);
    }
  }
  EXPECT_THAT(probes, ElementsAre("a: SELECT 1", "a: SELECT 2", "a: SELECT 3", "b: SELECT 1"));
  EXPECT_EQ(ReadProbes(loaded.manifest, loaded.manifest.databases[0]).at(2).declared_at, (TextPosition{4, 28}));
}

TEST(ManifestTest, TheProbesOfAFileWithOneDatabaseAreItsOwn) {
  const LoadedManifest loaded = Load("probes:\n- SELECT 1\nmigrations: []\n");
  ASSERT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(ReadProbes(loaded.manifest, loaded.manifest.databases[0]).size(), 1U);
}

TEST(ManifestTest, ADatabaseIgnoresWhatTheFileDoesAndItsOwn) {
  const LoadedManifest loaded = Load(R"(version: 1
drift: {ignore: ["table public.tmp_*"]}
databases:
  a: {drift: {ignore: ["*:owner"]}}
  b: {}
)");
  ASSERT_THAT(loaded.problems, IsEmpty());
  std::vector<std::string> patterns;
  for (const DatabaseEntry& database : loaded.manifest.databases) {
    for (const IgnorePattern& pattern : ReadIgnoredDrift(loaded.manifest, database)) {
      patterns.push_back(database.name + ": " + pattern.text);
    }
  }
  EXPECT_THAT(patterns, ElementsAre("a: table public.tmp_*", "a: *:owner", "b: table public.tmp_*"));
}

TEST(ManifestTest, TagsLedgerAndLog) {
  const LoadedManifest loaded = Load(R"(migrations:
  - {id: a, depends_on: []}
  - {id: b, depends_on: []}
tags:
  v1.4.0: [a, b]
  release/2026-11: [b]
ledger: {schema: My Ledger, readers: [app, "Report Reader"]}
log: {file: off, level: debug}
)");
  ASSERT_EQ(Explain(loaded.problems), "");
  const Manifest& manifest = loaded.manifest;
  ASSERT_EQ(manifest.tags.size(), 2U);
  EXPECT_THAT(Ids(manifest.tags.at("v1.4.0")), ElementsAre("a", "b"));
  EXPECT_EQ(manifest.tags.at("v1.4.0")[1].declared_at, (TextPosition{5, 15}));
  EXPECT_THAT(Ids(manifest.tags.at("release/2026-11")), ElementsAre("b"));
  EXPECT_EQ(manifest.ledger.schema, "My Ledger");
  EXPECT_THAT(manifest.ledger.readers, ElementsAre("app", "Report Reader"));
  EXPECT_EQ(manifest.log.file, "off");
  EXPECT_EQ(manifest.log.level, "debug");
}

TEST(ManifestTest, VariablesAreReplacedInUrlsAndFleetsOnly) {
  const testing::Variables variables = {{"HOST", "db.internal"}, {"EMPTY", ""}, {"DIR", "/etc/bots"}};
  const LoadedManifest loaded = Load(R"(databases:
  a: {url: "postgresql://u:p$$x$1@${HOST}/${NAME:-a}?x=${EMPTY:-y}"}
  b: {url: "${UNSET}"}
  c: {url: "${EMPTY}"}
  d: {url: "$HOST"}
  e:
    fleet: {file: "${DIR}/members", url: "postgresql://${HOST}/"}
  f:
    fleet: {command: "list ${UNSET} ${HOST}"}
    migrations:
      - {id: x, depends_on: [], description: "costs ${HOST}"}
)",
                                     variables);
  ASSERT_EQ(Explain(loaded.problems), "");
  const auto& databases = loaded.manifest.databases;
  EXPECT_EQ(databases[0].url, "postgresql://u:p$x$1@db.internal/a?x=y");
  EXPECT_FALSE(databases[1].url.has_value());
  EXPECT_FALSE(databases[2].url.has_value());
  EXPECT_EQ(databases[3].url, "$HOST");
  EXPECT_EQ(databases[4].fleet->file, "/etc/bots/members");
  EXPECT_EQ(databases[4].fleet->url, "postgresql://db.internal/");
  EXPECT_EQ(databases[5].fleet->command, "list ${UNSET} db.internal");
  EXPECT_EQ(databases[5].migrations[0].description, "costs ${HOST}");
}

TEST(ManifestTest, EveryScalarIsText) {
  const LoadedManifest loaded = Load(
      "project: 1.10\nmigrations:\n  - {id: 0x1F, depends_on: [], description: no}\n  - {id: \"null\", depends_on: "
      "[0x1F]}\n");
  ASSERT_EQ(Explain(loaded.problems), "");
  EXPECT_EQ(loaded.manifest.project, "1.10");
  EXPECT_EQ(loaded.manifest.databases[0].migrations[0].id.str(), "0x1F");
  EXPECT_EQ(loaded.manifest.databases[0].migrations[0].description, "no");
  EXPECT_EQ(loaded.manifest.databases[0].migrations[1].id.str(), "null");
}

TEST(ManifestTest, LineEndsByteOrderMarkAndDocumentMarkersAreNoMatter) {
  for (const char* text :
       {"\xEF\xBB\xBFmigrations:\r\n  - {id: a, depends_on: []}\r\n",
        "---\nmigrations: [{id: a, depends_on: []}]\n...\n", "%YAML 1.2\n---\nmigrations: [{id: a, depends_on: []}]",
        "{\"migrations\": [{\"id\": \"a\", \"depends_on\": []}]}"}) {
    const LoadedManifest loaded = Load(text);
    EXPECT_EQ(Explain(loaded.problems), "") << text;
    ASSERT_EQ(loaded.manifest.databases[0].migrations.size(), 1U) << text;
    EXPECT_EQ(loaded.manifest.databases[0].migrations[0].id.str(), "a");
  }
}

TEST(ManifestTest, ColumnsCountCodePoints) {
  const LoadedManifest loaded =
      Load("migrations:\n  - {description: \"\xC3\xA9\xC3\xA9 \xF0\x9F\x98\x80\", id: a, depends_on: []}\n");
  ASSERT_EQ(Explain(loaded.problems), "");
  EXPECT_EQ(loaded.manifest.databases[0].migrations[0].declared_at, (TextPosition{2, 31}));
}

TEST(ManifestTest, IsReadFromAFile) {
  const testing::TempDir folder;
  std::ofstream(folder / "m.yaml") << kSeveral;
  const LoadedManifest loaded = LoadManifest(folder / "m.yaml", [](std::string_view) { return std::nullopt; });
  EXPECT_EQ(Explain(loaded.problems), "");
  EXPECT_EQ(loaded.manifest.folder(), folder.path());
  try {
    LoadManifest(folder / "none.yaml", [](std::string_view) { return std::nullopt; });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
  }
}

}  // namespace
}  // namespace sqlmig
