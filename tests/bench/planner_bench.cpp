// Plans from nothing to all heads and back.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "testing/world.h"

namespace sqlmig::testing {
namespace {

DagNodes Nodes(std::int64_t count) {
  RandomDagOptions options;
  options.nodes = static_cast<std::size_t>(count);
  options.branches = 8;
  options.extra_percent = 5;
  return RandomDag(1, options);
}

void Sizes(benchmark::internal::Benchmark* bench) {
  bench->RangeMultiplier(10)->Range(1'000, 100'000)->Unit(benchmark::kMillisecond)->Complexity(benchmark::oNLogN);
}

// Everything applied, in the manifest's order.
void ApplyAll(World* world) {
  DagNodes rows;
  for (const Migration& migration : world->entry().migrations)
    rows.emplace_back(migration.id.str(), std::vector<std::string>{});
  world->ApplyUnknown(rows);
}

void BM_MakeSituation(benchmark::State& state) {
  World world(Nodes(state.range(0)));
  ApplyAll(&world);
  for (auto _ : state) benchmark::DoNotOptimize(MakeSituation(world.entry(), world.manifest(), world.state()));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_MakeSituation)->Apply(Sizes);

void BM_PlanUp(benchmark::State& state) {
  const World world(Nodes(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(MakePlan(world.situation(), GoalOfApply({}, world.situation())));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_PlanUp)->Apply(Sizes);

void BM_PlanDown(benchmark::State& state) {
  World world(Nodes(state.range(0)));
  ApplyAll(&world);
  RollbackRequest request;
  request.terms = ParseTargets({"base"});
  for (auto _ : state) {
    benchmark::DoNotOptimize(MakePlan(world.situation(), GoalOfRollback(request, world.situation())));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_PlanDown)->Apply(Sizes);

void BM_NothingToDo(benchmark::State& state) {
  World world(Nodes(state.range(0)));
  ApplyAll(&world);
  for (auto _ : state) {
    benchmark::DoNotOptimize(MakePlan(world.situation(), GoalOfApply({}, world.situation())));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_NothingToDo)->Apply(Sizes);

}  // namespace
}  // namespace sqlmig::testing
