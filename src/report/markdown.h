#pragma once

#include <string>

namespace sqlmig {

// Text for a cell of a Markdown table: pipes and line ends would break the row.
inline std::string MarkdownCell(const std::string& text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|' || c == '`' || c == '<' || c == '\\') cell += '\\';
    cell += c == '\n' || c == '\r' ? ' ' : c;
  }
  return cell;
}

}  // namespace sqlmig
