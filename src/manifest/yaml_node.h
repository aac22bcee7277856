// A value, key or item of a YAML text.
#pragma once

#include <cstdint>

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

  friend bool operator==(const YamlNode&, const YamlNode&) = default;
};

}  // namespace sqlmig
