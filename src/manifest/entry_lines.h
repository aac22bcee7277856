// The lines of a manifest that hold one whole entry each, `- {id: b, depends_on: [a], description: "Text"}`, read
// without the parser: it needs some 18 microseconds a line, which is most of what `apply` with nothing to do costs.
// The parser reads what is left and so judges where these lines stand; whatever is unusual about a line leaves it to
// the parser too, so that both ways give the same nodes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/yaml_node.h"

namespace sqlmig {

class EntryLines {
 public:
  // Lines below each other with the same indentation, of which the parser sees one empty map, `- {}`.
  struct Run {
    std::size_t offset = 0;       // of the map, in the whole text
    std::size_t rest_offset = 0;  // of the empty map, in rest()
    std::size_t end = 0;          // of the last map, in the whole text
    std::size_t lines = 0;        // missing in rest() up to here, those of the runs before included
    std::size_t first_node = 0;
    std::size_t end_node = 0;
  };

  // `text` must outlive the object. It has been checked to be UTF-8 without control characters.
  explicit EntryLines(std::string_view text);

  const std::vector<Run>& runs() const noexcept { return runs_; }
  // What the parser shall read.
  const std::string& rest() const noexcept { return rest_; }
  // The nodes of all runs; the text of a scalar is the part of the whole text at `YamlNode::text`.
  const std::vector<YamlNode>& nodes() const noexcept { return nodes_; }

 private:
  void Take(std::size_t line_start, std::size_t indentation, std::size_t map_end, std::size_t line_end);

  std::string_view text_;
  std::string rest_;
  std::size_t copied_ = 0;   // of text_ into rest_, or left out
  std::size_t run_end_ = 0;  // where the line after the last run starts
  std::size_t run_indentation_ = 0;
  std::vector<Run> runs_;
  std::vector<YamlNode> nodes_;
};

}  // namespace sqlmig
