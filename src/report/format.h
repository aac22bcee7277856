#pragma once

namespace sqlmig {

// The last three draw graphs; only `graph` has them.
enum class Format { kText, kJson, kMarkdown, kDot, kMermaid, kSvg };

constexpr bool IsDrawing(Format format) {
  return format == Format::kDot || format == Format::kMermaid || format == Format::kSvg;
}

}  // namespace sqlmig
