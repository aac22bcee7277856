// A YAML text as a flat list of nodes in document order, made from yaml-cpp's events in one pass: a node is followed by
// its children, and `size` leads to the next sibling. It is the strict subset that the manifest needs: one document,
// every scalar is text, and no anchors, aliases or tags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/problems.h"
#include "support/error.h"

namespace sqlmig {

enum class NodeKind : std::uint8_t {
  kScalar,
  kNull,      // nothing, `~` or a plain `null`
  kSequence,  // children: the items
  kMap,       // children: key, value, key, value; after a syntax error the last value may be missing
  kRefused,   // was reported already (an alias)
};

struct YamlNode {
  NodeKind kind = NodeKind::kNull;
  bool flow = false;         // [...] or {...}
  bool complete = true;      // false: a syntax error cut it off
  std::uint32_t offset = 0;  // of its first byte; of an empty value, that of the next token
  std::uint32_t line = 0;    // from 0
  std::uint32_t column = 0;  // in bytes, from 0
  std::uint32_t text = 0;    // scalars: where the text starts in the document's buffer
  std::uint32_t length = 0;
  std::uint32_t size = 1;  // nodes of the subtree, this one included
};

// Calls function(item) for the items of a sequence; without children for other nodes.
template <class Function>
void ForEachItem(const YamlNode& sequence, Function function) {
  const YamlNode* const end = &sequence + sequence.size;
  for (const YamlNode* item = &sequence + 1; item < end; item += item->size) function(*item);
}

// Calls function(key, value) for the pairs of a map.
template <class Function>
void ForEachPair(const YamlNode& map, Function function) {
  const YamlNode* const end = &map + map.size;
  for (const YamlNode* key = &map + 1; key < end;) {
    const YamlNode* const value = key + key->size;
    if (value >= end) return;
    function(*key, *value);
    key = value + value->size;
  }
}

class YamlDocument {
 public:
  // Never throws for any bytes: what is wrong goes to `problems`. After a syntax error the document holds what stands
  // before it. `text` must outlive the document.
  static YamlDocument Parse(std::string_view text, Problems& problems);

  // Null for an empty document.
  const YamlNode* root() const noexcept { return nodes_.empty() ? nullptr : nodes_.data(); }
  // False after a syntax error: what is not here may stand behind it.
  bool complete() const noexcept { return complete_; }

  // The value of a scalar; empty for other nodes.
  std::string_view Text(const YamlNode& node) const {
    return std::string_view(scalars_).substr(node.text, node.length);
  }
  TextPosition At(const YamlNode& node) const;
  // The file's text from the node's first byte on.
  std::string_view Source(const YamlNode& node) const { return source_.substr(node.offset); }

 private:
  class Builder;

  // What the parser accepts in silence.
  void RefuseUnclosedQuote(Problems& problems);
  void RefuseLateDirective(Problems& problems);

  std::string_view source_;
  std::vector<YamlNode> nodes_;
  std::string scalars_;
  bool ascii_ = true;
  bool complete_ = true;
};

}  // namespace sqlmig
