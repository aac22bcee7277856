// A YAML text as a flat list of nodes in document order, made from yaml-cpp's events in one pass: a node is followed by
// its children, and `size` leads to the next sibling. It is the strict subset that the manifest needs: one document,
// every scalar is text, and no anchors, aliases or tags.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/problems.h"
#include "manifest/yaml_node.h"
#include "support/error.h"

namespace sqlmig {

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

  // The same, all of it by the parser: what Parse() is tested against.
  static YamlDocument ParseWithoutShortcut(std::string_view text, Problems& problems);

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

  // All nodes, for comparisons.
  std::span<const YamlNode> nodes() const noexcept { return nodes_; }

 private:
  class Builder;
  enum class Shortcut : bool { kNo, kYes };

  static YamlDocument Parse(std::string_view text, Problems& problems, Shortcut shortcut);
  // False: the parser has to read everything, and the document is as before.
  bool ParseAroundEntryLines(std::string_view body);
  void ParseWhole(std::string_view body, Problems& problems);

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
