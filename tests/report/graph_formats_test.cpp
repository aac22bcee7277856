// Named shapes in every drawing, compared with tests/golden/graph/.
#include <array>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "report/graph_shapes.h"
#include "report/graph_view.h"
#include "testing/dag.h"
#include "testing/golden.h"

namespace sqlmig {
namespace {

using testing::Dag;
using testing::ExpectGolden;
using testing::ViewOf;

struct Shape {
  const char* name;
  const char* dag;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << shape.name;
}

constexpr Shape kShapes[] = {
    {"chain", "a; b<-a; c<-b; d<-c"},
    {"diamond", "a; b<-a; c<-a; d<-b,c"},
    {"parallel", "a; b1<-a; c1<-a; b2<-b1; c2<-c1; b3<-b2; c3<-c2; m<-b3,c3; n<-m"},
    {"nested", "a; b<-a; c<-a; d<-b; e<-b; f<-d,e; g<-f,c; h<-g"},
    {"roots", "a; b; c; a2<-a; b2<-b; c2<-c; m<-a2,b2,c2"},
    {"disconnected", "a; a2<-a; b; c; c2<-c; c3<-c2"},
    {"heads", "a; b<-a; c<-a; d<-a; e<-d; f<-a"},
    {"octopus", "a; b<-a; c<-a; d<-a; e<-a; f<-a; m<-b,c,d,e,f"},
    {"criss-cross", "a; b<-a; c<-a; d<-b,c; e<-b,c; f<-d,e"},
    {"long-edges", "a; b<-a; c<-b; d<-c; e<-a,d; f<-e; g<-b,f; h<-g"},
};

// Dates and slugs as in real manifests, so that the drawings have real widths.
GraphView Dressed(const Shape& shape) {
  GraphView view = ViewOf(Dag(shape.dag));
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    GraphNode& node = view.nodes[i];
    node.description = "Adds what " + node.id + " needs";
    node.id = std::to_string(20261122101500 + i * 100) + "_" + node.id;
    node.up_path = "sql/" + node.id + "/up.sql";
    if (!node.merge) node.down_path = "sql/" + node.id + "/down.sql";
  }
  return view;
}

// Every state, the older ones applied.
GraphView WithState(GraphView view) {
  using Mark = GraphNode::Mark;
  constexpr std::array<Mark, 6> kNewest = {Mark::kPending, Mark::kInterrupted, Mark::kApplied,
                                           Mark::kLate,    Mark::kEdited,      Mark::kUnknown};
  view.with_state = true;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    const std::size_t age = view.nodes.size() - 1 - i;
    view.nodes[i].mark = age < kNewest.size() ? kNewest[age] : Mark::kApplied;
    view.nodes[i].current = age == 2;
  }
  return view;
}

GraphView Hostile() {
  GraphView view = ViewOf(Dag("a; b<-a; c<-a"));
  view.database = "ma\"in <&>";
  view.nodes[0].id = "a\"]; x --> y %% \\";
  view.nodes[0].description = "`code` <script>alert('1')</script> #quot; \\N [x](y) {z} |w| & \"q\"\nsecond line";
  view.nodes[0].up_path = "sql/a b/\"up\"?x=<1>&y#z.sql";
  view.nodes[1].description = "**bold** _it_ https://example.org ~tilde~ $x$ ]]> -->";
  view.nodes[1].up_path = "javascript:alert(1)";
  view.nodes[1].down_path = "//example.org/down.sql";
  view.nodes[2].description = "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 \x01\x1b[31m \xff end";
  return view;
}

class GraphShapeTest : public ::testing::TestWithParam<Shape> {};

TEST_P(GraphShapeTest, LooksAsItDid) {
  const std::string base = std::string("graph/") + GetParam().name;
  const GraphView view = Dressed(GetParam());
  const GraphView state = WithState(view);
  GraphTextOptions ascii;
  ascii.unicode = false;
  ExpectGolden(base + ".txt", DrawGraph(view, {}));
  ExpectGolden(base + ".ascii.txt", DrawGraph(view, ascii));
  ExpectGolden(base + ".state.txt", DrawGraph(state, {}));
  ExpectGolden(base + ".state.ascii.txt", DrawGraph(state, ascii));
  ExpectGolden(base + ".dot", GraphDot(view));
  ExpectGolden(base + ".mmd", GraphMermaid(view));
  ExpectGolden(base + ".svg", GraphSvg(view));
}

INSTANTIATE_TEST_SUITE_P(Shapes, GraphShapeTest, ::testing::ValuesIn(kShapes), [](const auto& shape) {
  std::string name;
  for (const char* c = shape.param.name; *c != '\0'; ++c) {
    if (*c != '-') name += *c;
  }
  return name;
});

TEST(GraphFormatsTest, EveryStateInEveryDrawing) {
  const GraphView view = WithState(Dressed(kShapes[3]));
  GraphTextOptions colors;
  colors.color = true;
  ExpectGolden("graph/states.ansi.txt", DrawGraph(view, colors));
  ExpectGolden("graph/states.dot", GraphDot(view));
  ExpectGolden("graph/states.mmd", GraphMermaid(view));
  ExpectGolden("graph/states.svg", GraphSvg(view));
}

TEST(GraphFormatsTest, NamesAndTextsCannotBreakOut) {
  const GraphView view = Hostile();
  ExpectGolden("graph/hostile.dot", GraphDot(view));
  ExpectGolden("graph/hostile.mmd", GraphMermaid(view));
  ExpectGolden("graph/hostile.svg", GraphSvg(view));
}

TEST(GraphFormatsTest, NoNodes) {
  GraphView view;
  view.database = "empty";
  ExpectGolden("graph/empty.dot", GraphDot(view));
  ExpectGolden("graph/empty.mmd", GraphMermaid(view));
  ExpectGolden("graph/empty.svg", GraphSvg(view));
}

TEST(GraphFormatsTest, AProjectOfTwoHundred) {
  testing::RandomDagOptions options;
  options.nodes = 200;
  GraphView view = ViewOf(testing::RandomDag(7, options));
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    view.nodes[i].description = "Adds the table of things that people own";
    view.nodes[i].id = std::to_string(20261122101500 + i) + "_" + view.nodes[i].id;
  }
  ExpectGolden("graph/project-200.txt", DrawGraph(view, {}));
  ExpectGolden("graph/project-200.svg", GraphSvg(view));
}

}  // namespace
}  // namespace sqlmig
