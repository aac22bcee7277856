// Graphs as projects have them, of a thousand, ten thousand and a hundred thousand migrations.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "graph/graph.h"
#include "graph/graphs.h"

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

void BM_GraphBuild(benchmark::State& state) {
  const std::vector<Graph::Input> inputs = InputsOf(Nodes(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Graph::Input> copy = inputs;
    state.ResumeTiming();
    benchmark::DoNotOptimize(Graph::Build(std::move(copy)));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_GraphBuild)->Apply(Sizes);

void BM_AncestorsOfHeads(benchmark::State& state) {
  const Graph graph = Build(Nodes(state.range(0)));
  const NodeSet heads = graph.Heads();
  for (auto _ : state) benchmark::DoNotOptimize(graph.AncestorsOf(heads));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_AncestorsOfHeads)->Apply(Sizes);

void BM_DescendantsOfRoots(benchmark::State& state) {
  const Graph graph = Build(Nodes(state.range(0)));
  const NodeSet roots = graph.Roots();
  for (auto _ : state) benchmark::DoNotOptimize(graph.DescendantsOf(roots));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(BM_DescendantsOfRoots)->Apply(Sizes);

}  // namespace
}  // namespace sqlmig::testing
