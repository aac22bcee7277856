#include "manifest/text_lines.h"

#include <algorithm>

#include "manifest/yaml_syntax.h"

namespace sqlmig {

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

bool IsBlankOrComment(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos || text[first] == '#';
}

std::size_t TextLines::LineStart(std::size_t offset) const {
  const std::size_t newline = offset == 0 ? std::string_view::npos : text_.rfind('\n', offset - 1);
  if (newline != std::string_view::npos) return newline + 1;
  return text_.substr(0, kBom.size()) == kBom && offset >= kBom.size() ? kBom.size() : 0;
}

std::size_t TextLines::LineEnd(std::size_t offset) const {
  const std::size_t newline = text_.find('\n', offset);
  return newline == std::string_view::npos ? text_.size() : newline + 1;
}

std::string_view TextLines::Rest(std::size_t offset) const {
  std::string_view rest = text_.substr(offset, LineEnd(offset) - offset);
  if (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
  return rest;
}

std::string TextLines::LineBreak(std::size_t offset) const {
  std::size_t newline = offset == 0 ? std::string_view::npos : text_.substr(0, offset).rfind('\n');
  if (newline == std::string_view::npos) newline = text_.find('\n');
  const bool windows = newline != std::string_view::npos && newline > 0 && text_[newline - 1] == '\r';
  return windows ? "\r\n" : "\n";
}

std::size_t TextLines::QuoteEnd(std::size_t offset) const {
  const char quote = text_[offset];
  for (std::size_t i = offset + 1; i < text_.size(); ++i) {
    if (quote == '"' && text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text_.size() && text_[i + 1] == quote;
      if (!doubled) return i + 1;
      ++i;
    }
  }
  return text_.size();
}

std::size_t TextLines::FlowEnd(std::size_t offset) const {
  std::size_t depth = 0;
  bool fresh = true;  // a token may start here: only then a quote opens a quoted value
  for (std::size_t i = offset; i < text_.size(); ++i) {
    const char c = text_[i];
    const bool after_blank = i == 0 || text_[i - 1] == ' ' || text_[i - 1] == '\t' || text_[i - 1] == '\n';
    if (c == '#' && after_blank) {
      i = LineEnd(i) - 1;
    } else if (fresh && (c == '"' || c == '\'')) {
      i = QuoteEnd(i) - 1;
      fresh = false;
    } else if (c == '[' || c == '{') {
      ++depth;
      fresh = true;
    } else if (c == ']' || c == '}') {
      if (--depth == 0) return i + 1;
      fresh = false;
    } else if (c == ',' || c == ':') {
      fresh = true;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      fresh = false;
    }
  }
  return text_.size();
}

std::size_t TextLines::LastToken(const YamlNode& node) const {
  const std::size_t offset = node.offset;
  if (offset >= text_.size()) return text_.size();
  if (node.kind == NodeKind::kScalar) {
    const bool quoted = text_[offset] == '"' || text_[offset] == '\'';
    return quoted ? QuoteEnd(offset) - 1 : offset;
  }
  if (node.size == 1 || node.flow) return node.flow ? FlowEnd(offset) - 1 : offset;
  const YamlNode* last = nullptr;
  const YamlNode* const end = &node + node.size;
  for (const YamlNode* child = &node + 1; child < end; child += child->size) {
    // The place of an empty value is that of what follows it.
    if (child->kind != NodeKind::kNull) last = child;
  }
  return last == nullptr ? offset : LastToken(*last);
}

std::size_t TextLines::SkipIndented(std::size_t line, std::size_t column) const {
  std::size_t end = line;
  while (line < text_.size()) {
    const std::string_view content = Rest(line);
    const std::size_t indent = content.find_first_not_of(" \t");
    const std::size_t next = LineEnd(line);
    if (indent != std::string_view::npos) {
      if (indent < column || content.substr(0, 3) == "..." || content.substr(0, 3) == "---") break;
      end = next;
    }
    line = next;
  }
  return end;
}

}  // namespace sqlmig
