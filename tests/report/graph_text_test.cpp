#include <cstddef>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/graph_columns.h"
#include "report/graph_shapes.h"
#include "report/graph_view.h"
#include "testing/dag.h"
#include "testing/golden.h"

namespace sqlmig {
namespace {

using testing::Dag;
using testing::LinesOf;
using testing::RandomView;
using ::testing::UnorderedElementsAreArray;
using testing::ViewOf;

constexpr std::uint64_t kGraphs = 400;

// Reads a Unicode drawing back, knowing only what the box characters look like, so that what a person can see is what
// is compared with the graph. Sources are the migrations whose edge is on its way down in a lane.
class Reader {
 public:
  using Edges = std::vector<std::pair<std::string, std::string>>;

  static Edges Read(const std::string& drawing) {
    Reader reader;
    for (const std::string& line : LinesOf(drawing)) reader.ReadLine(line);
    reader.KeepOnly({});
    return reader.edges_;
  }

 private:
  struct Sides {
    bool up = false, down = false, side = false;
  };
  using Lanes = std::map<std::size_t, Sides>;

  static Sides SidesOf(std::string_view glyph) {
    static const std::map<std::string_view, Sides> kSides = {
        {"│", {true, true, false}}, {"╯", {true, false, true}}, {"╰", {true, false, true}}, {"┴", {true, false, true}},
        {"╮", {false, true, true}}, {"╭", {false, true, true}}, {"┬", {false, true, true}}, {"┤", {true, true, true}},
        {"├", {true, true, true}},  {"┼", {true, true, true}}};
    const auto found = kSides.find(glyph);
    return found == kSides.end() ? Sides{} : found->second;
  }

  void ReadLine(const std::string& line) {
    const std::size_t text = std::min(line.find('n'), line.size());
    Lanes lanes;
    std::string_view rest = std::string_view(line).substr(0, text);
    std::size_t node = static_cast<std::size_t>(-1);
    for (std::size_t column = 0; !rest.empty(); ++column) {
      const std::string_view glyph = FitColumns(rest, 1);
      rest.remove_prefix(glyph.size());
      if (glyph == "●" || glyph == "◆") {
        node = column;
      } else if (const Sides sides = SidesOf(glyph); sides.up || sides.down) {
        lanes[column] = sides;
      }
    }
    node < line.size() ? ReadNode(node, line.substr(text, line.find(' ', text) - text), lanes) : ReadJoin(lanes);
  }

  // What runs sideways beside a migration are its own edges.
  void ReadNode(std::size_t column, const std::string& id, Lanes lanes) {
    for (const std::string& source : sources_[column]) edges_.emplace_back(source, id);
    sources_.erase(column);
    for (const auto& [lane, sides] : lanes) {
      EXPECT_EQ(sides.up, sources_.count(lane) > 0) << id;
      if (sides.side) sources_[lane].push_back(id);
    }
    lanes[column] = {};
    KeepOnly(lanes);
    sources_[column] = {id};
    roots_[column] = id;
  }

  // What ends goes on in what passes.
  void ReadJoin(const Lanes& lanes) {
    std::vector<std::string> moving;
    for (const auto& [lane, sides] : lanes) {
      EXPECT_TRUE(sides.up);
      if (sides.down) continue;
      moving.insert(moving.end(), sources_[lane].begin(), sources_[lane].end());
      sources_.erase(lane);
    }
    for (const auto& [lane, sides] : lanes) {
      if (sides.side && sides.down) sources_[lane].insert(sources_[lane].end(), moving.begin(), moving.end());
    }
    KeepOnly(lanes);
  }

  // Only a root's lane may end without a sign.
  void KeepOnly(const Lanes& lanes) {
    for (auto it = sources_.begin(); it != sources_.end();) {
      if (lanes.count(it->first) > 0) {
        ++it;
        continue;
      }
      EXPECT_EQ(it->second, std::vector<std::string>{roots_[it->first]});
      it = sources_.erase(it);
    }
  }

  std::map<std::size_t, std::vector<std::string>> sources_;  // by column
  std::map<std::size_t, std::string> roots_;                 // the newest migration seen in each column
  Edges edges_;
};

GraphTextOptions Wide(bool unicode) {
  GraphTextOptions options;
  options.width = 0;
  options.unicode = unicode;
  return options;
}

std::string Unstyled(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b') {
      out += text[i];
      continue;
    }
    i = text.find('m', i);
  }
  return out;
}

TEST(GraphTextTest, WhatCanBeSeenIsTheGraph) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    SCOPED_TRACE(seed);
    const GraphView view = RandomView(seed);
    Reader::Edges edges;
    for (const GraphNode& node : view.nodes) {
      for (const std::size_t need : node.depends_on) edges.emplace_back(node.id, view.nodes[need].id);
    }
    EXPECT_THAT(Reader::Read(DrawGraph(view, Wide(true))), UnorderedElementsAreArray(edges));
  }
}

TEST(GraphTextTest, LinesFitTheTerminalAndIdsAreWhole) {
  for (std::uint64_t seed = 0; seed < kGraphs; ++seed) {
    GraphView view = RandomView(seed);
    for (GraphNode& node : view.nodes) {
      node.id = "20261122101500_" + node.id;
      node.description = "Something that is longer than what fits beside it, \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E";
    }
    for (const int width : {40, 60, 80, 132}) {
      GraphTextOptions options;
      options.width = width;
      options.unicode = seed % 2 == 0;
      SCOPED_TRACE(std::to_string(seed) + " at " + std::to_string(width));
      const std::string drawing = DrawGraph(view, options);
      for (const std::string& line : LinesOf(drawing)) {
        EXPECT_LE(ColumnsOf(line), static_cast<std::size_t>(width)) << line;
        EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
      }
      for (const GraphNode& node : view.nodes) EXPECT_NE(drawing.find("  " + node.id), std::string::npos) << node.id;
    }
  }
}

TEST(GraphTextTest, ColoursDoNotChangeTheText) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    GraphView view = RandomView(seed);
    view.with_state = seed % 2 == 0;
    for (GraphNode& node : view.nodes) node.mark = GraphNode::Mark::kPending;
    GraphTextOptions options;
    options.unicode = seed % 3 != 0;
    options.width = 50;
    const std::string plain = DrawGraph(view, options);
    options.color = true;
    const std::string colored = DrawGraph(view, options);
    EXPECT_NE(colored, plain);
    EXPECT_EQ(Unstyled(colored), plain) << seed;
  }
}

TEST(GraphTextTest, AsciiIsAscii) {
  GraphView view = RandomView(35);
  view.with_state = true;
  GraphTextOptions options;
  options.unicode = false;
  options.width = 34;
  for (const char c : DrawGraph(view, options)) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
}

TEST(GraphTextTest, AnIdIsCutOnlyWhenTheTerminalIsNarrowerThanIt) {
  GraphView view = ViewOf(Dag("a; b<-a"));
  view.nodes[0].id = std::string(30, 'x');
  view.nodes[1].id = std::string(31, 'y');
  GraphTextOptions options;
  options.width = 30;
  EXPECT_EQ(DrawGraph(view, options), "●  " + std::string(26, 'y') + "…\n●  " + std::string(30, 'x') + "\n");
}

TEST(GraphTextTest, LanesThatDoNotFitBecomeAnEllipsis) {
  std::string dag;
  std::string merged;
  for (int i = 0; i < 40; ++i) {
    dag += "r" + std::to_string(i) + ";";
    merged += (i == 0 ? "" : ",") + ("r" + std::to_string(i));
  }
  const GraphView view = ViewOf(Dag(dag + "m<-" + merged));
  testing::ExpectGolden("graph/octopus-40.txt", DrawGraph(view, {}));
  testing::ExpectGolden("graph/octopus-40.ascii.txt", DrawGraph(view, {.width = 80, .color = false, .unicode = false}));
}

TEST(GraphTextTest, ControlCharactersDoNotReachTheTerminal) {
  GraphView view = ViewOf(Dag("a"));
  view.nodes[0].id = "a\x1b[31m";
  view.nodes[0].description = "two\nlines\tand \x07 \xff \xE2\x80\xAE";
  EXPECT_EQ(DrawGraph(view, {}), "●  a [31m (head)  two lines and   ? ?\n");
}

TEST(GraphTextTest, NoNodesNoText) {
  EXPECT_EQ(DrawGraph({}, {}), "");
}

TEST(GraphTextTest, AnyWidthIsSurvived) {
  for (int width = -3; width < 12; ++width) {
    for (const bool unicode : {false, true}) {
      GraphTextOptions options;
      options.width = width;
      options.unicode = unicode;
      EXPECT_FALSE(DrawGraph(RandomView(35), options).empty());
    }
  }
}

TEST(GraphTextTest, FiveThousandInAChain) {
  GraphView view;
  view.nodes.resize(5000);
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    view.nodes[i].id = std::to_string(i);
    if (i > 0) view.nodes[i].depends_on = {i - 1};
  }
  EXPECT_EQ(LinesOf(DrawGraph(view, {})).size(), 5000U);
}

TEST(GraphColumnsTest, WideAndCombiningCharactersCount) {
  EXPECT_EQ(ColumnsOf("abc"), 3U);
  EXPECT_EQ(ColumnsOf("\xE6\x97\xA5\xE6\x9C\xAC"), 4U);
  EXPECT_EQ(ColumnsOf("e\xCC\x81"), 1U);
  EXPECT_EQ(ColumnsOf("\xF0\x9F\x90\x98"), 2U);
  EXPECT_EQ(ColumnsOf("\xff\xc3"), 2U);
  EXPECT_EQ(FitColumns("a\xE6\x97\xA5"
                       "b",
                       2),
            "a");
  EXPECT_EQ(OnOneLine("a\xF0\x9F\x90\x98\xF0\x9F"
                      "b\r\n"),
            "a\xF0\x9F\x90\x98??b  ");
}

}  // namespace
}  // namespace sqlmig
