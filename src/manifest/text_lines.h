// The lines of a YAML text as an editor sees them: where values end, and where a new line can go.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "manifest/yaml_document.h"

namespace sqlmig {

class TextLines {
 public:
  explicit TextLines(std::string_view text) : text_(text) {}

  std::size_t LineStart(std::size_t offset) const;
  // The offset behind the line's end, or the end of the text.
  std::size_t LineEnd(std::size_t offset) const;
  // From the line's start to `offset`.
  std::string_view Before(std::size_t offset) const {
    return text_.substr(LineStart(offset), offset - LineStart(offset));
  }
  // From `offset` to the line's end, which is not part of it.
  std::string_view Rest(std::size_t offset) const;
  // "\r\n" or "\n", as the line with the byte before `offset` ends; without one, as the first line does.
  std::string LineBreak(std::size_t offset) const;

  // The offset behind the bracket that closes the one at `offset`, or the text's end.
  std::size_t FlowEnd(std::size_t offset) const;
  // An offset in the last line of a node, as far as it can be told from its last token; lines of a block of text or of
  // a plain value may follow.
  std::size_t LastToken(const YamlNode& node) const;
  // From `line` (the start of one) over all lines that are indented by `column` or more, blank lines between them too.
  std::size_t SkipIndented(std::size_t line, std::size_t column) const;

 private:
  std::size_t QuoteEnd(std::size_t offset) const;

  std::string_view text_;
};

// Only spaces and tabs.
bool IsBlank(std::string_view text);
// Blank, or a comment behind at least one blank or at the start.
bool IsBlankOrComment(std::string_view text);

}  // namespace sqlmig
