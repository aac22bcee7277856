// Loading a manifest beside what yaml-cpp alone costs: its event parser with a handler that does nothing, and its node
// tree. LoadManifest/5000 must stay within one and a half times EventsOnly/5000.
#include <optional>
#include <sstream>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>
#include <yaml-cpp/yaml.h>

#include "manifest/edit.h"
#include "manifest/manifest.h"

namespace {

class NoHandler : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

std::string Id(std::int64_t number) {
  return fmt::format("{}_create_table_number_{}", 20261122101500 + number, number);
}

// One migration a line, as `new` writes them.
std::string ManifestText(std::int64_t migrations) {
  std::string text = "version: 1\nproject: bench\nmigrations:\n";
  for (std::int64_t i = 0; i < migrations; ++i) {
    text += fmt::format("  - {{id: {}, depends_on: [{}], description: \"Creates the table with number {}\"}}\n", Id(i),
                        i == 0 ? "" : Id(i - 1), i);
  }
  return text;
}

sqlmig::LoadedManifest Load(const std::string& text) {
  return sqlmig::ParseManifest("migrations.yaml", text, [](std::string_view) { return std::optional<std::string>(); });
}

void EventsOnly(benchmark::State& state) {
  const std::string text = ManifestText(state.range(0));
  for (auto _ : state) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    NoHandler handler;
    while (parser.HandleNextDocument(handler)) {
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(EventsOnly)->Arg(5000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void LoadManifest(benchmark::State& state) {
  const std::string text = ManifestText(state.range(0));
  for (auto _ : state) {
    const sqlmig::LoadedManifest loaded = Load(text);
    if (!loaded.problems.empty()) state.SkipWithError("the manifest has problems");
    benchmark::DoNotOptimize(loaded.manifest.databases.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(LoadManifest)->Arg(5000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void NodeTree(benchmark::State& state) {
  const std::string text = ManifestText(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(YAML::Load(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(NodeTree)->Arg(5000)->Unit(benchmark::kMillisecond);

void AddMigration(benchmark::State& state) {
  const sqlmig::LoadedManifest loaded = Load(ManifestText(state.range(0)));
  const sqlmig::NewEntry entry{
      sqlmig::MigrationId::Parse("new"), {sqlmig::MigrationId::Parse(Id(state.range(0) - 1))}, "new", false};
  for (auto _ : state) benchmark::DoNotOptimize(sqlmig::WithMigration(loaded.manifest, "default", entry));
}
BENCHMARK(AddMigration)->Arg(5000)->Unit(benchmark::kMillisecond);

}  // namespace
