#pragma once

#include <array>
#include <utility>

namespace sqlmig {

enum class Format { kText, kJson, kMarkdown, kDot, kMermaid, kSvg };
inline constexpr std::array<std::pair<const char*, Format>, 6> kFormats = {{{"text", Format::kText},
                                                                            {"json", Format::kJson},
                                                                            {"markdown", Format::kMarkdown},
                                                                            {"dot", Format::kDot},
                                                                            {"mermaid", Format::kMermaid},
                                                                            {"svg", Format::kSvg}}};

// The forms that a result can be had in, by the last of them: what has Markdown has text and JSON too.
enum class Forms { kText, kJson, kMarkdown, kDrawings };

constexpr bool Has(Forms forms, Format format) {
  switch (format) {
    case Format::kText:
      return true;
    case Format::kJson:
      return forms != Forms::kText;
    case Format::kMarkdown:
      return forms == Forms::kMarkdown || forms == Forms::kDrawings;
    case Format::kDot:
    case Format::kMermaid:
    case Format::kSvg:
      return forms == Forms::kDrawings;
  }
  return false;
}

}  // namespace sqlmig
